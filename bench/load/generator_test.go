package load

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"larder/bench/wire"
)

// echo answers OK to each command, refuses those named NO, and counts.
func echo(t *testing.T, seen *atomic.Int64) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	serve := func(c net.Conn) {
		defer c.Close()
		for in := bufio.NewReader(c); ; {
			for _, want := range []string{"*1", "$2"} {
				if line, err := in.ReadString('\n'); err != nil || strings.TrimSpace(line) != want {
					return
				}
			}
			name, err := in.ReadString('\n')
			if err != nil {
				return
			}
			seen.Add(1)
			answer := "+OK\r\n"
			if strings.HasPrefix(name, "NO") {
				answer = "-NO\r\n"
			}
			io.WriteString(c, answer)
		}
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return ln.Addr().String()
}

// What a Make appends at once is one command, however many answers it has.
func TestCommandsInFlightAreCounted(t *testing.T) {
	var seen atomic.Int64
	job := Job{Addr: echo(t, &seen), Conns: 2, Seconds: 60, MaxOps: 40, Depth: 4, Replies: 3, Make: func(c *wire.Conn, _ *rand.Rand) {
		c.Append("GO")
		c.Append("NO")
		c.Append("GO")
	}}
	out := Run(context.Background(), job)
	if out.Hist.Count() != 40 || out.Errors != 40 || seen.Load() != 120 {
		t.Errorf("%d commands, %d refused, %d sent: %v", out.Hist.Count(), out.Errors, seen.Load(), out.Err)
	}
}
