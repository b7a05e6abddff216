package resp

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"larder/resp/cmd"
	"larder/resp/param"
)

// reader is the far end of an output.
type reader struct {
	*output
	far     net.Conn
	dropped atomic.Int64
}

// newReader makes an output over a pipe, which holds nothing: a write ends when it is read.
func newReader(t *testing.T, hard, soft uint64) *reader {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	var limits atomic.Pointer[outputLimits]
	l := param.OutputLimit{Hard: hard, Soft: soft}
	limits.Store(&outputLimits{normal: l, pubsub: l})
	r := &reader{far: far}
	client := &cmd.Client{Close: func() { near.Close() }}
	r.output = &output{conn: near, client: client, moment: func() uint64 { return 0 }, limits: &limits, tooSlow: func() { r.dropped.Add(1) }}
	return r
}

func (r *reader) read(t *testing.T, n int) string {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(r.far, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOutputKeepsTheOrder(t *testing.T) {
	r := newReader(t, 0, 0)
	var want bytes.Buffer
	for i := range 5000 {
		m := fmt.Appendf(nil, "%d,", i)
		want.Write(m)
		r.push(m)
	}
	if got := r.read(t, want.Len()); got != want.String() {
		t.Error("messages are not in the order they were pushed in")
	}
}

func TestRepliesComeFirst(t *testing.T) {
	r := newReader(t, 0, 0)
	r.hold()
	r.push([]byte("message"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.conn.Write([]byte("reply "))
		r.letGo()
	}()
	if got := r.read(t, 13); got != "reply message" {
		t.Errorf("read %q", got)
	}
	<-done
	r.hold()
	r.push([]byte("behind"))
	if got := string(r.appendTo([]byte("reply "), math.MaxInt)); got != "reply behind" {
		t.Errorf("appended %q", got)
	}
	if n, size := r.pending(); n != 0 || size != 0 {
		t.Errorf("%d messages of %d bytes are left", n, size)
	}
	r.letGo()
}

// A subscriber that does not read is dropped at its hard limit; the publisher and the other
// subscriber do not notice.
func TestSlowClientIsDroppedAlone(t *testing.T) {
	slow, fast := newReader(t, 1000, 0), newReader(t, 1000, 0)
	message := []byte(strings.Repeat("x", 100))
	var got sync.WaitGroup
	got.Go(func() { io.CopyN(io.Discard, fast.far, 100*100) })
	for range 100 {
		slow.push(message)
		fast.push(message)
		for _, n := fast.pending(); n > 500; _, n = fast.pending() { // it reads, but not at once
		}
	}
	got.Wait()
	if slow.dropped.Load() != 1 || fast.dropped.Load() != 0 {
		t.Errorf("dropped: slow %d times, fast %d times", slow.dropped.Load(), fast.dropped.Load())
	}
	if _, err := slow.far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the slow client's connection: %v, want EOF", err)
	}
}

func TestSoftLimitNeedsTime(t *testing.T) {
	r := newReader(t, 0, 10)
	r.hold()
	r.push([]byte("more than ten bytes"))
	if r.dropped.Load() != 0 {
		t.Fatal("dropped the moment the soft limit was passed")
	}
	for r.dropped.Load() == 0 { // 0 seconds are allowed: the next message is too late
		r.push(nil)
	}
}

// TestNoPublisherWaits pushes from many goroutines while the session serves and lets go.
func TestNoPublisherWaits(t *testing.T) {
	r := newReader(t, 0, 0)
	const writers, each = 8, 200
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				r.push([]byte("m"))
			}
		})
	}
	all.Go(func() {
		for range each {
			r.hold()
			r.conn.Write(append(r.appendTo([]byte("("), math.MaxInt), ')'))
			r.letGo()
		}
	})
	got := r.read(t, writers*each+2*each)
	all.Wait()
	if n := strings.Count(got, "m"); n != writers*each {
		t.Errorf("%d messages arrived, want %d", n, writers*each)
	}
	if strings.Count(got, "(") != each || strings.Count(got, ")") != each {
		t.Error("replies are not whole")
	}
}
