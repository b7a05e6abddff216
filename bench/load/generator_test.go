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
	"time"

	"larder/bench/wire"
)

// echo answers OK to each command, refuses those named NO, and counts. The fifth waits for so long.
func echo(t *testing.T, seen *atomic.Int64, stall time.Duration) string {
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
			if seen.Add(1) == 5 && stall > 0 {
				time.Sleep(stall)
			}
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
	three := func(c *wire.Conn, _ *rand.Rand) {
		c.Append("GO")
		c.Append("NO")
		c.Append("GO")
	}
	job := Job{Addr: echo(t, &seen, 0), Conns: 2, Seconds: 60, MaxOps: 40, Depth: 4, Replies: 3, Make: three}
	out := Run(context.Background(), job)
	if out.Hist.Count() != 40 || out.Errors != 40 || seen.Load() != 120 {
		t.Errorf("%d commands, %d refused, %d sent: %v", out.Hist.Count(), out.Errors, seen.Load(), out.Err)
	}
}

// A stall that keeps a hundred commands from being sent is in the latencies of about a hundred, not of one.
func TestWhatIsDueDuringAStallCountsIt(t *testing.T) {
	var seen atomic.Int64
	const stall, every = 200 * time.Millisecond, 2 * time.Millisecond
	addr := echo(t, &seen, stall)
	out := Run(context.Background(), Job{Addr: addr, Conns: 1, Seconds: 60, MaxOps: 200, Every: every,
		Make: func(c *wire.Conn, _ *rand.Rand) { c.Append("GO") }})
	if kept := out.Hist.Quantile(0.75); out.Err != nil || kept < float64(stall/4/time.Microsecond) {
		t.Errorf("a quarter of 200 commands waited %v us or longer: %v", kept, out.Err)
	}
}

// A stall that outlasts the job has kept commands from being sent all the same.
func TestWhatAStallAtTheEndKeptIsCounted(t *testing.T) {
	var seen atomic.Int64
	addr := echo(t, &seen, 600*time.Millisecond)
	out := Run(context.Background(), Job{Addr: addr, Conns: 1, Seconds: 0.3, Every: 2 * time.Millisecond,
		Make: func(c *wire.Conn, _ *rand.Rand) { c.Append("GO") }})
	if out.Err != nil || out.Hist.Count() < 100 {
		t.Errorf("%d commands were counted of those that were due in 600 ms: %v", out.Hist.Count(), out.Err)
	}
}
