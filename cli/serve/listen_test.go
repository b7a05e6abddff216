package serve

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"larder/resp/param"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// newParams are the defaults but for "name", "value" pairs.
func newParams(t *testing.T, pairs ...string) *param.Set {
	t.Helper()
	p := param.New()
	for i := 0; i < len(pairs); i += 2 {
		if err := p.Assign(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// freePort is a port of 127.0.0.1 that nobody had a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
}

func change(p *param.Set, words ...string) error {
	var line [][]byte
	for _, w := range words {
		line = append(line, []byte(w))
	}
	return p.Change(line, true)
}

// greets reports whether a connection to the address comes out of the doors.
func greets(t *testing.T, d *doors, addr string) bool {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	got, err := d.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	return got.RemoteAddr().String() == conn.LocalAddr().String()
}

func openDoors(t *testing.T, p *param.Set) *doors {
	t.Helper()
	d, err := listen(p, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestPortMoves(t *testing.T) {
	first, second := freePort(t), freePort(t)
	p := newParams(t, "port", first, "bind", "127.0.0.1")
	d := openDoors(t, p)
	if !greets(t, d, "127.0.0.1:"+first) {
		t.Fatal("does not listen")
	}
	stays, err := net.Dial("tcp", "127.0.0.1:"+first)
	if err != nil {
		t.Fatal(err)
	}
	defer stays.Close()
	ours, err := d.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if err := change(p, "port", second); err != nil {
		t.Fatal(err)
	}
	if !greets(t, d, "127.0.0.1:"+second) || greets(t, d, "127.0.0.1:"+first) {
		t.Error("the port did not move")
	}
	if _, err := io.WriteString(ours, "x"); err != nil {
		t.Error("a connection did not stay:", err)
	}
	if err := change(p, "port", "0"); err != nil || len(d.Addrs()) != 0 {
		t.Error(err, d.Addrs())
	}
}

func TestARefusedMoveChangesNothing(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := freePort(t)
	p := newParams(t, "port", port, "bind", "127.0.0.1")
	d := openDoors(t, p)
	if err := change(p, "port", fmt.Sprint(taken.Addr().(*net.TCPAddr).Port)); err == nil || !strings.Contains(err.Error(), "Unable to listen on this port") {
		t.Error(err)
	}
	if err := change(p, "bind", "192.0.2.1"); err == nil || !strings.Contains(err.Error(), "Failed to bind to specified addresses.") {
		t.Error(err)
	}
	if p.String("port") != port || !greets(t, d, "127.0.0.1:"+port) {
		t.Error("it does not listen where it did")
	}
}

func TestMissingAddresses(t *testing.T) {
	openDoors(t, newParams(t, "port", freePort(t), "bind", "127.0.0.1 -192.0.2.1"))
	for _, bind := range []string{"127.0.0.1 192.0.2.1", "-192.0.2.1"} {
		if d, err := listen(newParams(t, "port", freePort(t), "bind", bind), quiet()); err == nil {
			d.Close()
			t.Error("listens on", bind)
		}
	}
}

func TestOccupiedPort(t *testing.T) {
	for _, r := range []struct{ answer, who string }{
		{"+PONG\r\n", "a Redis server"}, {"-NOAUTH Authentication required.\r\n", "a Redis server"}, {"HTTP/1.1 400\r\n", "another program"},
	} {
		ln, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := ln.Accept(); err == nil {
				io.WriteString(conn, r.answer)
				conn.Close()
			}
		}()
		port := fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
		_, err = listen(newParams(t, "port", port, "bind", "127.0.0.1"), quiet())
		if want := "port " + port + " is taken by " + r.who + ": stop it or choose another port with --port"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		ln.Close()
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	d := openDoors(t, newParams(t, "port", "0", "unixsocket", path, "unixsocketperm", "700"))
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, err := d.Accept(); err != nil {
		t.Error(err)
	} else {
		got.Close()
	}
	if h := hint(d.Addrs(), 0); h != "redis-cli -s "+path {
		t.Error(h)
	}
}

// TestSilentClientsOfTLSAreBounded: no more than maxclients may put off agreeing on keys.
func TestSilentClientsOfTLSAreBounded(t *testing.T) {
	const dir = "../../resp/secure/testdata/"
	port := freePort(t)
	d := openDoors(t, newParams(t, "port", "0", "tls-port", port, "bind", "127.0.0.1", "maxclients", "2",
		"tls-auth-clients", "no", "tls-cert-file", dir+"cert.pem", "tls-key-file", dir+"encrypted.pem",
		"tls-key-file-pass", "secret"))
	var conns [3]net.Conn
	for i := range conns {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for conns[i] = conn; i < 2 && d.shakes.Load() <= int64(i); {
			runtime.Gosched()
		}
	}
	if _, err := conns[2].Read(make([]byte, 1)); err == nil {
		t.Error("the third is told something")
	}
	if err := tls.Client(conns[0], &tls.Config{InsecureSkipVerify: true}).Handshake(); err != nil {
		t.Error("the first may not go on, though the third was closed:", err)
	}
}
