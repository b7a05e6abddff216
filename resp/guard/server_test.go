package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/redcon"
)

// echo answers each command with its number of arguments, its name and the size of its last argument.
func echo(rc redcon.Conn, cmd redcon.Command) {
	conn := rc.NetConn().(*Conn)
	args := conn.Args(cmd.Args)
	if string(args[0]) == "AUTH" {
		conn.Restrict(false)
	}
	rc.WriteString(fmt.Sprintf("%d %s %d", len(args), args[0], len(args[len(args)-1])))
}

// served is a redcon server behind a guard, and one client of it.
type served struct {
	client net.Conn
	closed chan error // from redcon's closed callback
}

func serve(t *testing.T, limits *Limits, handler func(redcon.Conn, redcon.Command), accept func(redcon.Conn) bool) served {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := served{closed: make(chan error, 8)}
	guarded := NewListener(ln, limits, &Traffic{})
	done := make(chan error, 1)
	go func() {
		done <- redcon.Serve(guarded, handler, accept, func(_ redcon.Conn, err error) { s.closed <- err })
	}()
	if s.client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.client.Close()
		guarded.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s served) send(t *testing.T, in string) {
	t.Helper()
	if _, err := io.WriteString(s.client, in); err != nil {
		t.Fatal(err)
	}
}

func (s served) expect(t *testing.T, want string) {
	t.Helper()
	_ = s.client.SetReadDeadline(time.Now().Add(30 * time.Second))
	got := make([]byte, len(want))
	if n, err := io.ReadFull(s.client, got); err != nil || string(got) != want {
		t.Fatalf("want %q, got %q, %v", want, got[:n], err)
	}
}

func (s served) expectEnd(t *testing.T) {
	t.Helper()
	_ = s.client.SetReadDeadline(time.Now().Add(30 * time.Second))
	rest, err := io.ReadAll(s.client)
	if len(rest) > 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("want the end, got %q, %v", rest, err)
	}
}

func TestServer(t *testing.T) {
	s := serve(t, NewLimits(), echo, nil)
	s.send(t, "\r\n*0\r\nset \"a\\x41b\" 'c d'\n"+bulks("PING")+bulks("SET", "k", strings.Repeat("x", 5000))+bulks("GET", "k")+bulks(""))
	s.expect(t, "+3 set 3\r\n+1 PING 4\r\n+3 SET 5000\r\n+2 GET 1\r\n+1  0\r\n")

	const size = 20 << 20
	s.send(t, fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n", size))
	if _, err := s.client.Write(bytes.Repeat([]byte("x"), size)); err != nil {
		t.Fatal(err)
	}
	s.send(t, "\r\n"+bulks("PING"))
	s.expect(t, fmt.Sprintf("+3 SET %d\r\n+1 PING 4\r\n", size))

	const many = 1_000_000
	s.send(t, fmt.Sprintf("*%d\r\n", many)+strings.Repeat("$1\r\nx\r\n", many)+bulks("PING"))
	s.expect(t, fmt.Sprintf("+%d x 1\r\n+1 PING 4\r\n", many))
}

// The error comes behind the replies to all commands before it, then the connection ends, and the reason is known.
func TestServerRefusesInOrder(t *testing.T) {
	for in, text := range map[string]string{
		"*1\r\n$9223372036854775800\r\nabc": invalidLength,
		"*2147483648\r\n":                   invalidCount,
		"get \"a\r\n":                       unbalancedQuotes,
		"*2\r\n$1\r\na\r\nfoo\r\n":          "expected '$', got 'f'",
	} {
		s := serve(t, NewLimits(), echo, nil)
		s.send(t, strings.Repeat(bulks("PING"), 1000)+"get k\n"+in)
		s.expect(t, strings.Repeat("+1 PING 4\r\n", 1000)+"+2 get 1\r\n-ERR Protocol error: "+text+"\r\n")
		s.expectEnd(t)
		var refusal *ProtocolError
		if err := <-s.closed; !errors.As(err, &refusal) || refusal.text != text {
			t.Errorf("closed with %v", err)
		}
	}
}

func TestServerAuthenticatesInsideAPipeline(t *testing.T) {
	restrict := func(rc redcon.Conn) bool { rc.NetConn().(*Conn).Restrict(true); return true }
	s := serve(t, NewLimits(), echo, restrict)
	many := strings.Repeat("k ", 20)
	s.send(t, bulks("PING")+bulks("AUTH", "x")+bulks(strings.Fields(many)...))
	s.expect(t, "+1 PING 4\r\n+2 AUTH 1\r\n+20 k 1\r\n")

	s = serve(t, NewLimits(), echo, restrict)
	s.send(t, bulks("PING")+bulks(strings.Fields(many)...))
	s.expect(t, "+1 PING 4\r\n-ERR Protocol error: unauthenticated multibulk length\r\n")
	s.expectEnd(t)
}

func TestServerClosesOverTheQueryBuffer(t *testing.T) {
	limits := NewLimits()
	limits.QueryBuffer.Store(1 << 20)
	s := serve(t, limits, echo, nil)
	_, _ = io.WriteString(s.client, "*1\r\n$100000000\r\n"+strings.Repeat("x", 4<<20)) // the server may close before the end of it
	s.expectEnd(t)
	if err := <-s.closed; err != ErrQueryBuffer {
		t.Errorf("closed with %v", err)
	}
}

// A value is moved while its buffer grows, once on the whole, and never again.
func TestLargeValueIsNotCopiedAround(t *testing.T) {
	const size = 32 << 20
	head := fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n", size)
	in := append(append([]byte(head), make([]byte, size)...), "\r\n"...)
	conn := NewConn(&packets{in: split(in, 64<<10, nil)}, NewLimits(), &Traffic{})
	rd := redcon.NewReader(conn)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cmd, err := rd.ReadCommand()
	if err != nil {
		t.Fatal(err)
	}
	args := conn.Args(cmd.Args)
	runtime.ReadMemStats(&after)
	if len(args) != 3 || len(args[2]) != size {
		t.Fatalf("%d arguments", len(args))
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > size*2+size/8 {
		t.Errorf("allocated %d bytes for a value of %d", took, size)
	}
	if conn.backlog.buf != nil {
		t.Error("the connection keeps a buffer")
	}
}

// parked runs a handler that blocks under a watch until its context ends or release is closed.
func parked(t *testing.T, limits *Limits, release chan struct{}, causes chan error) served {
	return serve(t, limits, func(rc redcon.Conn, cmd redcon.Command) {
		conn := rc.NetConn().(*Conn)
		args := conn.Args(cmd.Args)
		if string(args[0]) != "BLPOP" {
			rc.WriteString(string(args[0]))
			return
		}
		ctx, stop := conn.Watch(context.Background())
		defer stop()
		causes <- nil
		select {
		case <-ctx.Done():
			causes <- context.Cause(ctx)
		case <-release:
			rc.WriteString("popped")
		}
	}, nil)
}

func TestWatchSeesThePeerGo(t *testing.T) {
	causes := make(chan error, 2)
	s := parked(t, NewLimits(), nil, causes)
	s.send(t, bulks("BLPOP"))
	<-causes
	s.send(t, bulks("PING")) // unread input must not hide the end behind it
	s.client.Close()
	if err := <-causes; err != io.EOF && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("cause %v", err)
	}
}

func TestWatchKeepsWhatItReads(t *testing.T) {
	release, causes := make(chan struct{}), make(chan error, 1)
	s := parked(t, NewLimits(), release, causes)
	s.send(t, bulks("BLPOP"))
	<-causes
	s.send(t, bulks("PING")+"get k\n"+bulks("SET", strings.Repeat("x", 100_000))+"*1\r\n$4\r")
	close(release)
	s.expect(t, "+popped\r\n+PING\r\n+get\r\n+SET\r\n")
	s.send(t, "\nLAST\r\n")
	s.expect(t, "+LAST\r\n")
}

func TestWatchIsBounded(t *testing.T) {
	limits := NewLimits()
	limits.QueryBuffer.Store(1 << 20)
	causes := make(chan error, 2)
	s := parked(t, limits, nil, causes)
	s.send(t, bulks("BLPOP"))
	<-causes
	go func() { _, _ = io.WriteString(s.client, strings.Repeat(bulks("PING"), 1<<20)) }()
	if err := <-causes; err != ErrQueryBuffer {
		t.Fatalf("cause %v", err)
	}
}

// Starting and stopping at any moment loses no byte and never ends a connection that lives.
func TestWatchStopsAnywhere(t *testing.T) {
	s := serve(t, NewLimits(), func(rc redcon.Conn, cmd redcon.Command) {
		conn := rc.NetConn().(*Conn)
		args := conn.Args(cmd.Args)
		ctx, stop := conn.Watch(context.Background())
		if len(args[0])%2 == 0 {
			runtime.Gosched()
		}
		stop()
		stop()
		if cause := context.Cause(ctx); cause != context.Canceled {
			rc.WriteError(fmt.Sprint(cause))
			return
		}
		rc.WriteString(string(args[0]))
	}, nil)
	const rounds = 2000
	go func() {
		for i := range rounds {
			_, _ = io.WriteString(s.client, bulks(fmt.Sprint(i)))
		}
	}()
	for i := range rounds {
		s.expect(t, fmt.Sprintf("+%d\r\n", i))
	}
}

// failing is a listener whose first calls of Accept fail.
type failing struct {
	net.Listener
	failures int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.failures--; f.failures >= 0 {
		return nil, syscall.EMFILE
	}
	return nil, net.ErrClosed
}

func (f *failing) Close() error { return nil }

func TestListenerPausesAndCloses(t *testing.T) {
	l := NewListener(&failing{failures: 3}, NewLimits(), &Traffic{})
	for want := firstPause; want <= 4*firstPause; want *= 2 {
		if _, err := l.Accept(); !errors.Is(err, syscall.EMFILE) || l.pause != want {
			t.Fatalf("%v, pause %v, want %v", err, l.pause, want)
		}
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
