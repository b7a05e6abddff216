package resp_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"larder/resp"
	"larder/resp/param"
	"larder/store"
	"larder/store/memory"
)

// idle is background work that does nothing.
type idle struct{}

func (idle) SetActive(bool)    {}
func (idle) Capped() int64     { return 0 }
func (idle) BusyMillis() int64 { return 0 }
func (idle) ResetStats()       {}
func (idle) Overdue(context.Context) (time.Duration, float64, error) {
	return 0, 0, nil
}

// served is a server on a loopback port over four shards in memory.
type served struct {
	*resp.Server
	addr   string
	params *param.Set
}

// abroad makes every connection come from an address that is not of this machine.
type abroad struct{ net.Listener }

type stranger struct{ net.Conn }

func (stranger) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}
}

func (a abroad) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return stranger{c}, nil
}

// serve starts a server with parameters given as "name=value".
func serve(t testing.TB, params ...string) *served {
	t.Helper()
	return serveThrough(t, func(ln net.Listener) net.Listener { return ln }, params...)
}

func serveThrough(t testing.TB, through func(net.Listener) net.Listener, params ...string) *served {
	t.Helper()
	return serveOn(t, memory.New(), through, params...)
}

func serveOn(t testing.TB, engine store.Engine, through func(net.Listener) net.Listener, params ...string) *served {
	t.Helper()
	set := param.New()
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		if err := set.Assign(name, value); err != nil {
			t.Fatal(p, err)
		}
	}
	server, err := resp.New(resp.Options{Engine: engine, Params: set, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Background: func(resp.Through) resp.Background { return resp.Background{Upkeep: idle{}} }, Stop: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- server.Serve(through(ln)) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &served{Server: server, addr: ln.Addr().String(), params: set}
}

// caller is one connection of a test.
type caller struct {
	testing.TB
	net.Conn
	in *bufio.Reader
}

func (s *served) dial(t testing.TB) *caller {
	t.Helper()
	conn, err := net.Dial("tcp4", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return &caller{t, conn, bufio.NewReader(conn)}
}

// do sends a line of words and returns the reply as one line of text.
func (c *caller) do(line string) string {
	c.Helper()
	c.send(line)
	return c.reply()
}

// want compares the reply to a line.
func (c *caller) want(line, reply string) {
	c.Helper()
	if got := c.do(line); got != reply {
		c.Errorf("%s: got %s, want %s", line, got, reply)
	}
}

// send writes lines as one packet.
func (c *caller) send(lines ...string) {
	c.Helper()
	var packet strings.Builder
	for _, line := range lines {
		words := strings.Fields(line)
		fmt.Fprintf(&packet, "*%d\r\n", len(words))
		for _, w := range words {
			fmt.Fprintf(&packet, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	if _, err := io.WriteString(c.Conn, packet.String()); err != nil {
		c.Fatal(err)
	}
}

// reply reads one reply: "+OK", "-ERR ...", ":1", "text", "nil", "[a b]"; "EOF" at the end.
func (c *caller) reply() string {
	c.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "EOF"
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return "nil"
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(c.in, b); err != nil {
			c.Fatal(err)
		}
		return string(b[:n])
	case '*', '~', '%', '>':
		if n < 0 {
			return "nil"
		}
		if line[0] == '%' {
			n *= 2
		}
		parts := make([]string, n)
		for i := range parts {
			parts[i] = c.reply()
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	return line
}

// info is a field of INFO.
func (c *caller) info(field string) string {
	c.Helper()
	for line := range strings.Lines(c.do("INFO everything")) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), field+":"); found {
			return value
		}
	}
	return "missing"
}
