package unread

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
	"larder/store"
)

// pipe is a connection that holds nothing: a write ends when it is read. What it takes without waiting is up to free.
type pipe struct {
	net.Conn
	free atomic.Int64 // bytes that TryWrite still takes
	kept bytes.Buffer // what it took
}

func (p *pipe) TryWrite(b []byte) (int, error) {
	n := int(min(int64(len(b)), p.free.Load()))
	p.free.Add(-int64(n))
	p.kept.Write(b[:n])
	return n, nil
}

// reader is the far end of an output.
type reader struct {
	*Output
	near    *pipe
	far     net.Conn
	dropped atomic.Int64
	why     atomic.Pointer[error]
	at      atomic.Uint64 // the moment of what is pushed
}

// newReader makes an output over a pipe.
func newReader(t *testing.T, hard, soft uint64) *reader {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	var limits atomic.Pointer[Limits]
	l := param.OutputLimit{Hard: hard, Soft: soft}
	limits.Store(&Limits{Normal: l, PubSub: l})
	r := &reader{near: &pipe{Conn: near}, far: far}
	client := &cmd.Client{Close: func() { near.Close() }}
	r.Output = New(r.near, client, r.at.Load, &limits, func(why error) { r.why.Store(&why); r.dropped.Add(1) })
	t.Cleanup(r.Close)
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
		r.Push(m)
	}
	if got := r.read(t, want.Len()); got != want.String() {
		t.Error("messages are not in the order they were pushed in")
	}
}

// Whoever has yet to authenticate may leave hardly anything unread.
func TestOutputOfStrangers(t *testing.T) {
	stranger := true
	r := newReader(t, 0, 0)
	r.client.Stranger = func() bool { return stranger }
	r.Push(make([]byte, strangerMost))
	if r.dropped.Load() != 0 {
		t.Error("dropped within the limit")
	}
	stranger = false
	r.Push(make([]byte, 1))
	if r.dropped.Load() != 0 {
		t.Error("dropped though it has authenticated")
	}
	stranger = true
	r.Push(make([]byte, 1))
	if r.dropped.Load() != 1 {
		t.Error("not dropped past the limit")
	}
}

func TestRepliesComeFirst(t *testing.T) {
	r := newReader(t, 0, 0)
	r.Hold()
	r.Push([]byte("message"))
	r.send([]byte("reply "))
	r.LetGo()
	if got := r.read(t, 13); got != "reply message" {
		t.Errorf("read %q", got)
	}
	r.Finish()
	r.Hold()
	r.Push([]byte("behind"))
	if got := r.collect(math.MaxInt); len(got) != 1 || string(got[0].bytes) != "behind" {
		t.Errorf("collected %v", got)
	}
	if n, size := r.Pending(); n != 0 || size != 0 {
		t.Errorf("%d blocks of %d bytes are left", n, size)
	}
	r.LetGo()
}

// What is held keeps its moment, and goes out in the order it came in: before a reply what is of its moment or an earlier
// one, the rest behind it, also if the client does not read and all of it goes through the file.
func TestHeldMessagesKeepTheirMoments(t *testing.T) {
	r := newReader(t, 0, 0)
	big := strings.Repeat("x", memoryMost)
	r.Hold()
	r.send([]byte(big))
	for moment, message := range []string{"a", "b", "c"} {
		r.at.Store(uint64(moment + 1))
		r.Push([]byte(message + big))
	}
	w := NewWriter(r.Output)
	w.Reach(&store.Job{Moment: 2})
	r.Push([]byte("d" + big)) // of a later moment, though the reply is not encoded yet
	w.AddAhead()
	w.Line([]byte("reply"))
	w.AddBehind()
	w.LetGo()
	want := big + "a" + big + "b" + big + "reply" + "c" + big + "d" + big
	if got := r.read(t, len(want)); got != want {
		t.Errorf("read %s", strings.ReplaceAll(got, big, "."))
	}
	r.Finish()
	if _, size := r.Pending(); size != 0 {
		t.Errorf("%d bytes are left", size)
	}
}

// A subscriber that does not read is dropped at its hard limit; the publisher and the other
// subscriber do not notice.
func TestSlowClientIsDroppedAlone(t *testing.T) {
	slow, fast := newReader(t, 1000, 0), newReader(t, 1000, 0)
	message := []byte(strings.Repeat("x", 100))
	var got sync.WaitGroup
	got.Go(func() { io.CopyN(io.Discard, fast.far, 100*100) })
	for range 100 {
		slow.Push(message)
		fast.Push(message)
		for _, n := fast.Pending(); n > 500; _, n = fast.Pending() { // it reads, but not at once
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
	r.Hold()
	r.Push([]byte("more than ten bytes"))
	if r.dropped.Load() != 0 {
		t.Fatal("dropped the moment the soft limit was passed")
	}
	for r.dropped.Load() == 0 { // 0 seconds are allowed: the next message is too late
		r.Push(nil)
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
				r.Push([]byte("m"))
			}
		})
	}
	all.Go(func() {
		for range each {
			r.Hold()
			group := []byte("(")
			for _, m := range r.collect(math.MaxInt) {
				group = append(group, m.bytes...)
			}
			r.send(append(group, ')'))
			r.LetGo()
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
