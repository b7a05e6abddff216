package wire

import (
	"errors"
	"io"
	"net"
	"testing"
)

// answering is the address of a server that sends text to whoever connects.
func answering(t *testing.T, text string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		if c, err := ln.Accept(); err == nil {
			io.WriteString(c, text)
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	return ln.Addr().String()
}

// A refusal inside EXEC's answer must not leave the rest of the answer to the commands that follow.
func TestARefusalInAnArrayIsReadToItsEnd(t *testing.T) {
	c, err := Dial(answering(t, "*3\r\n+OK\r\n-OOM full\r\n$2\r\nab\r\n+NEXT\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var refused ServerError
	if _, err := c.Receive(); !errors.As(err, &refused) || refused != "OOM full" {
		t.Errorf("EXEC answered %v", err)
	}
	if r, err := c.Receive(); err != nil || r.Text != "NEXT" {
		t.Errorf("the next answer is %+v, %v", r, err)
	}
}
