package guard

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// connected is a guarded connection over the loopback, and its peer.
func connected(t *testing.T) (*Conn, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	far, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	far.SetDeadline(time.Now().Add(30 * time.Second))
	return NewConn(near, NewLimits(), &Traffic{}), far
}

// TryWrite takes what the socket takes and leaves the rest, without waiting; a write behind it goes on from there.
func TestTryWriteDoesNotWait(t *testing.T) {
	c, far := connected(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	n, err := c.TryWrite(want)
	if err != nil || n >= len(want) {
		t.Fatalf("wrote %d of %d: %v", n, len(want), err)
	}
	again, err := c.TryWrite(want[n:])
	if err != nil || n+again >= len(want) {
		t.Fatalf("wrote %d more of %d: %v", again, len(want)-n, err)
	}
	n += again
	done := make(chan error, 1)
	go func() { _, err := c.Write(want[n:]); done <- err }()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the bytes are not those written: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if out := c.traffic.Out.Load(); out != int64(len(want)) {
		t.Errorf("%d bytes are counted", out)
	}
	c.Close()
	if _, err := c.TryWrite(want); err == nil {
		t.Error("writes to a closed connection")
	}
}

// A connection of another kind takes nothing at once.
func TestTryWriteOfOthers(t *testing.T) {
	wire := &packets{}
	c := NewConn(wire, NewLimits(), &Traffic{})
	if n, err := c.TryWrite([]byte("x")); n != 0 || err != nil || wire.written.Len() != 0 {
		t.Errorf("wrote %d: %v", n, err)
	}
}

// The end of the client's side is told once all it has sent is read, and before Read says so.
func TestOnEnd(t *testing.T) {
	c, far := connected(t)
	ended := 0
	c.OnEnd(func() {
		ended++
		c.Write([]byte("last"))
	})
	far.Write([]byte(bulks("PING")))
	far.(*net.TCPConn).CloseWrite()
	p := make([]byte, window)
	if n, err := c.Read(p); string(p[:n]) != bulks("PING") || err != nil || ended != 0 {
		t.Fatalf("%q %v, ended %d times", p[:n], err, ended)
	}
	if _, err := c.Read(p); err != io.EOF || ended != 1 {
		t.Fatalf("%v, ended %d times", err, ended)
	}
	c.Close()
	if got, _ := io.ReadAll(far); string(got) != "last" {
		t.Errorf("the peer reads %q", got)
	}
}
