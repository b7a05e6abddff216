package unread

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"

	"larder/resp/reply"
)

// onDisk is how many bytes the output's files take.
func (o *Output) onDisk(t *testing.T) (files int, size int64) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	seen := map[*spillFile]bool{}
	for _, p := range append([]piece{{file: o.queue.file}}, o.queue.front...) {
		if p.file == nil || seen[p.file] {
			continue
		}
		seen[p.file] = true
		var st syscall.Stat_t
		if err := syscall.Fstat(int(p.file.Fd()), &st); err != nil {
			t.Fatal(err)
		}
		size += st.Blocks * 512
	}
	return len(seen), size
}

// inMemory is how many unread bytes the output holds in memory.
func (o *Output) inMemory() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.queue.memory
	for _, p := range o.queue.front {
		n += int64(len(p.bytes))
	}
	return n
}

func numbered(i, size int) []byte {
	b := fmt.Appendf(nil, "%d:", i)
	for len(b) < size {
		b = append(b, byte('a'+i%26))
	}
	return b
}

// A session goes on although nobody reads: what is unread goes to one file, and comes out whole, in order. What has
// been read is given back to the disk.
func TestUnreadRepliesGoToAFile(t *testing.T) {
	r := newReader(t, 0, 0)
	const n, size, lot = 300, 64 << 10, 30
	r.near.free.Store(100_000) // the socket takes one reply and a half
	var want bytes.Buffer
	r.Hold()
	for i := range n {
		b := numbered(i, size)
		want.Write(b)
		r.send(b)
		clear(b) // the session uses its buffer again
	}
	r.LetGo()
	if m := r.inMemory(); m > memoryMost+size {
		t.Errorf("%d bytes in memory", m)
	}
	files, full := r.onDisk(t)
	if files != 1 || full < (n-10)*size {
		t.Errorf("%d files of %d bytes", files, full)
	}
	got := append([]byte(nil), r.near.kept.Bytes()...)
	for i := 0; len(got) < want.Len(); i++ {
		got = append(got, r.read(t, min(lot*size, want.Len()-len(got)))...)
		left := int64(want.Len() - len(got))
		if _, now := r.onDisk(t); now > left+3*freeStep {
			t.Errorf("%d bytes are unread and %d on disk", left, now)
		}
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("the bytes are not those sent")
	}
	r.Finish()
	if files, _ := r.onDisk(t); files != 0 {
		t.Errorf("%d files are left", files)
	}
	if n, size := r.Pending(); n != 0 || size != 0 {
		t.Errorf("%d bytes are left", size)
	}
}

// A client that is behind for ever does not keep a file that grows for ever.
func TestFilesAreReplaced(t *testing.T) {
	r := newReader(t, 0, 0)
	const size = 1 << 20
	piece := make([]byte, size)
	r.Hold()
	for range 8 {
		r.send(piece)
	}
	most := int64(0)
	for range 5 * spillMost / size {
		r.send(piece)
		r.read(t, size)
		r.mu.Lock()
		if r.queue.file != nil {
			most = max(most, r.queue.file.end)
		}
		r.mu.Unlock()
	}
	if files, size := r.onDisk(t); files > 2 || most > spillMost+20*size {
		t.Errorf("%d files, of %d bytes, one was written up to %d", files, size, most)
	}
	r.read(t, 8*size)
}

// Replies, messages from many goroutines and long replies keep one order through memory and files: that of each
// goroutine, and replies whole.
func TestOneOrderThroughTheFile(t *testing.T) {
	r := newReader(t, 0, 0)
	const pushers, each, replies = 4, 400, 300
	var all sync.WaitGroup
	for w := range pushers {
		all.Go(func() {
			for i := range each {
				r.Push(numbered(w*each+i, 1+rand.IntN(10_000)))
				r.Push([]byte("\n"))
			}
		})
	}
	all.Go(func() {
		w := Writer{out: r.Output}
		for i := range replies {
			r.Hold()
			switch i % 10 {
			case 3:
				l := reply.NewList(2, reply.Array)
				for range 20 {
					l.Bytes(numbered(i, 100_000))
				}
				w.Add(l.Done(), 2)
			default:
				w.Add(reply.Bytes(numbered(i, 20_000)), 2)
			}
			w.addMessages(math.MaxInt)
			w.Send()
			r.LetGo()
		}
	})
	all.Wait()
	if m := r.inMemory(); m > 2*memoryMost+(2<<20) {
		t.Errorf("%d bytes in memory", m)
	}
	if files, _ := r.onDisk(t); files > 3 {
		t.Errorf("%d files", files)
	}
	_, total := r.Pending()
	got := r.read(t, int(total))
	for w := range pushers {
		rest := []byte(got)
		for i := range each {
			at := bytes.Index(rest, fmt.Appendf(nil, "%d:", w*each+i))
			if at < 0 {
				t.Fatalf("message %d of %d is missing or out of order", i, w)
			}
			rest = rest[at:]
		}
	}
	rest := []byte(got)
	for i := range replies {
		whole := reply.Bytes(numbered(i, 20_000)).Append(nil, 2)
		if i%10 == 3 {
			whole = []byte("*20\r\n")
			for range 20 {
				whole = reply.Bytes(numbered(i, 100_000)).Append(whole, 2)
			}
		}
		at := bytes.Index(rest, whole)
		if at < 0 {
			t.Fatalf("reply %d is missing, torn or out of order", i)
		}
		rest = rest[at+len(whole):]
	}
}

// A long reply to a client that reads nothing does not hold its session up, and is not copied if it is the first.
func TestLongReplyIsHandedOver(t *testing.T) {
	r := newReader(t, 0, 0)
	long := func() (reply.Reply, []byte) {
		l := reply.NewList(2, reply.Array)
		for i := range 50 {
			l.Bytes(numbered(i, 100_000))
		}
		var whole bytes.Buffer
		whole.WriteString("*50\r\n")
		for i := range 50 {
			whole.Write(reply.Bytes(numbered(i, 100_000)).Append(nil, 2))
		}
		return l.Done(), whole.Bytes()
	}
	w := Writer{out: r.Output}
	r.Hold()
	first, want := long()
	w.Add(first, 2)
	if files, _ := r.onDisk(t); files != 1 {
		t.Errorf("%d files for the first", files)
	}
	second, more := long()
	w.Add(second, 2)
	r.LetGo()
	want = append(want, more...)
	if files, _ := r.onDisk(t); files != 2 {
		t.Errorf("%d files", files)
	}
	if got := r.read(t, len(want)); got != string(want) {
		t.Error("the replies are not those sent")
	}
}

// The limits count what is in files as well.
func TestLimitCountsFiles(t *testing.T) {
	r := newReader(t, 3<<20, 0)
	r.Hold()
	sent := 0
	for b := make([]byte, 64<<10); r.dropped.Load() == 0 && sent < 100; sent++ {
		r.send(b)
	}
	if sent < 47 || sent > 49 {
		t.Errorf("dropped after %d of 48 pieces", sent)
	}
	if files, _ := r.onDisk(t); files != 0 {
		t.Error("its file is left")
	}
	r.send([]byte("more")) // does nothing
	r.LetGo()
	r.Finish()
	if _, err := r.far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client's connection: %v, want EOF", err)
	}
}

// A soft limit ends a client's time although nothing more is added, and so does a limit that has been lowered.
func TestLimitsAreEnforced(t *testing.T) {
	r := newReader(t, 0, 10)
	r.Push([]byte("more than ten bytes"))
	r.Enforce()
	if r.dropped.Load() == 0 { // 0 seconds are allowed
		t.Error("the soft limit does not bind")
	}
	r = newReader(t, 0, 0)
	r.Push(make([]byte, 1000))
	lower := &Limits{}
	lower.Normal.Hard = 100
	r.limits.Store(lower)
	r.Enforce()
	if r.dropped.Load() != 1 {
		t.Error("the lowered limit does not bind")
	}
}

// A client whose file cannot be made is dropped with the reason; its session does not hang.
func TestNoRoomForTheFile(t *testing.T) {
	t.Setenv("TMPDIR", "/nonexistent")
	r := newReader(t, 0, 0)
	r.Hold()
	for b, i := make([]byte, 64<<10), 0; r.dropped.Load() == 0 && i < 1000; i++ {
		r.send(b)
	}
	r.LetGo()
	r.Finish()
	if why := r.why.Load(); why == nil || !errors.Is(*why, os.ErrNotExist) {
		t.Errorf("dropped for %v", why)
	}
}

// A client that reads all along costs no more memory than one that does not, however long the pipeline.
func TestReaderCostsLittleMemory(t *testing.T) {
	r := newReader(t, 0, 0)
	go io.Copy(io.Discard, r.far)
	r.Hold()
	for b, i := make([]byte, 64<<10), 0; i < 500; i++ {
		r.send(b)
		if m := r.inMemory(); m > memoryMost+64<<10 {
			t.Fatalf("%d bytes in memory", m)
		}
	}
	r.LetGo()
	r.Finish()
	if r.dropped.Load() != 0 {
		t.Error("dropped")
	}
}

// A client who asks in one pipeline for more than its hard limit is sent nothing, as in Redis, though its socket would
// take it.
func TestPipelineOverTheLimitIsNotSent(t *testing.T) {
	r := newReader(t, 100_000, 0)
	r.near.free.Store(1 << 20)
	w := Writer{out: r.Output}
	r.Hold()
	for range 15 {
		w.Add(reply.Bytes(make([]byte, 10_000)), 2)
	}
	w.Send()
	r.LetGo()
	if r.dropped.Load() != 1 || r.near.kept.Len() != 0 {
		t.Errorf("dropped %d times, sent %d bytes", r.dropped.Load(), r.near.kept.Len())
	}
	r = newReader(t, 1<<30, 0)
	r.near.free.Store(1 << 20)
	w = Writer{out: r.Output}
	r.Hold()
	for range 100 {
		w.Add(reply.Bytes(make([]byte, 10_000)), 2)
		if len(w.buf) > memoryMost+10_100 {
			t.Fatalf("%d bytes wait for a distant limit", len(w.buf))
		}
	}
	w.Send()
	r.LetGo()
	r.Finish()
}
