package shard_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// slow is a base whose settles wait, and fail, on demand.
type slow struct {
	store.Base
	number  int
	began   chan int      // gets the number of each settle that begins
	release chan struct{} // settles go on when it is closed
	mu      sync.Mutex
	fails   error
	refused atomic.Int64 // settles that have failed
}

func (s *slow) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	s.mu.Lock()
	fails := s.fails
	s.mu.Unlock()
	if fails != nil {
		s.refused.Add(1)
		return fails
	}
	select {
	case s.began <- s.number:
	default: // nobody looks any more
	}
	<-s.release
	return s.Base.Settle(ctx, fn)
}

func (s *slow) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

type roomy struct {
	*shard.Engine
	bases   []*slow
	began   chan int
	release chan struct{}
	once    sync.Once
}

// flow lets all settles go on.
func (r *roomy) flow() { r.once.Do(func() { close(r.release) }) }

func openRoom(t *testing.T, shards int, bytes int64) *roomy {
	t.Helper()
	r := &roomy{began: make(chan int, 100), release: make(chan struct{})}
	var bases []store.Base
	for i := range shards {
		b := &slow{Base: memory.New(memory.AsBase()), number: i, began: r.began, release: r.release}
		r.bases, bases = append(r.bases, b), append(bases, b)
	}
	j, err := shard.Open(t.TempDir(), bases, shard.Options{OverlayBytes: bytes, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	r.Engine = j
	t.Cleanup(func() {
		r.flow()
		j.Close()
	})
	return r
}

// write sets keys until a shard has so many bytes in memory.
func (r *roomy) write(t *testing.T, shard int, bytes int64) {
	t.Helper()
	for i := 0; r.bytes(shard) < bytes; i++ {
		r.set(t, shard, i)
	}
}

func (r *roomy) set(t *testing.T, shard, key int) {
	t.Helper()
	if err := r.trySet(shard, key); err != nil {
		t.Error(err)
	}
}

func (r *roomy) trySet(shard, key int) error {
	k := store.Key{Name: fmt.Append(nil, "key ", key)}
	return r.Shards()[shard].Update(context.Background(), store.One(k), func(tx store.Tx) error {
		return store.SetString(tx, k, make([]byte, 300), 0)
	})
}

// one is more than a key of set takes.
const one = 600

func (r *roomy) bytes(shard int) int64 { return r.Shards()[shard].Bytes() }

func (r *roomy) wantBegin(t *testing.T, shard int) {
	t.Helper()
	select {
	case got := <-r.began:
		if got != shard {
			t.Fatalf("shard %d settles, want %d", got, shard)
		}
	case <-time.After(time.Minute):
		t.Fatalf("shard %d does not settle", shard)
	}
}

func (r *roomy) wantNone(t *testing.T) {
	t.Helper()
	select {
	case got := <-r.began:
		t.Fatalf("shard %d settles", got)
	default:
	}
}

// TestLargestSettles fills the room from several shards: the largest generation settles, and not before there is
// little room left.
func TestLargestSettles(t *testing.T) {
	const half = 64 << 10
	r := openRoom(t, 4, half)
	r.write(t, 0, half/2)
	r.write(t, 2, half*5/8)
	r.write(t, 1, half*3/8-2*one)
	r.wantNone(t)
	r.write(t, 1, half*3/8+one)
	r.wantBegin(t, 2)
}

// TestOneShardAlone writes to one shard alone, as one hot key does: its generation may be three eighths of the room.
func TestOneShardAlone(t *testing.T) {
	const half = 64 << 10
	r := openRoom(t, 4, half)
	r.write(t, 3, half*3/4-2*one)
	r.wantNone(t)
	r.write(t, 3, half*3/4)
	r.wantBegin(t, 3)
}

// TestRoomIsBounded has writers of all shards wait while nothing settles, and go on when it does.
func TestRoomIsBounded(t *testing.T) {
	const half, writers = 64 << 10, 4
	r := openRoom(t, writers, half)
	taken := func() (n int64) {
		for i := range writers {
			n += r.bytes(i)
		}
		return n
	}
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			for k := range 4 * half / one { // more than a shard may take: one that is ahead of the others waits, too
				r.set(t, i, k)
			}
		})
	}
	stalled := func() (n int64) {
		for _, e := range r.Shards() {
			n += e.Stalls.Load()
		}
		return n
	}
	for stalled() < writers {
		if n := taken(); n > 2*half+writers*one {
			t.Fatalf("%d bytes are taken of %d", n, 2*half)
		}
		time.Sleep(time.Millisecond)
	}
	if n := taken(); n < 2*half || n > 2*half+writers*one {
		t.Fatalf("writers wait while %d bytes are taken of %d", n, 2*half)
	}
	r.flow()
	done.Wait()
}

// TestFailingShardLeavesRoom has one shard's file take nothing: its writers are told so at once and the others' are
// not, what frees space passes, and it goes on when the file does.
func TestFailingShardLeavesRoom(t *testing.T) {
	const half = 64 << 10
	r := openRoom(t, 4, half)
	r.flow()
	r.bases[0].fail(errors.New("no space"))
	refused := error(nil)
	for k := 0; refused == nil && k < 4*half/one; k++ {
		refused = r.trySet(0, k)
	}
	if !errors.Is(refused, &store.Error{Code: store.CodeIO}) {
		t.Fatalf("a shard that cannot settle has taken all that was written: %v", refused)
	}
	for k := range 8 * half / one {
		r.set(t, 1, k)
	}
	e := r.Shards()[0]
	drop := func(key int) error {
		k := store.Key{Name: fmt.Append(nil, "key ", key)}
		return e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			n, err := tx.Drop(k)
			if err == nil && n != 1 {
				t.Errorf("key %d: %d dropped", key, n)
			}
			return err
		})
	}
	if err := drop(0); err != nil {
		t.Errorf("a key cannot be deleted: %v", err)
	}
	if err := e.Update(context.Background(), store.Whole(), flushAll); err != nil {
		t.Errorf("a database cannot be flushed: %v", err)
	}
	if err := e.Flush(context.Background()); err == nil {
		t.Error("everything is said to have settled")
	}
	r.bases[0].fail(nil)
	for r.trySet(0, 1) != nil || e.Flush(context.Background()) != nil {
		time.Sleep(time.Millisecond)
	}
	if n := sizes(t, e); n != [3]int64{1} {
		t.Errorf("sizes %v", n)
	}
}

// TestOneShardLeavesRoom holds up the settle of a shard that goes on writing: before its file has answered nobody knows
// whether it will take the generation, so it must not have taken the others' room meanwhile.
func TestOneShardLeavesRoom(t *testing.T) {
	const half = 64 << 10
	r := openRoom(t, 4, half)
	written := make(chan struct{})
	go func() {
		defer close(written)
		for k := range 4 * half / one {
			r.set(t, 0, k)
		}
	}()
	for r.Shards()[0].Stalls.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if n := r.bytes(0); n > 2*half*3/4+one {
		t.Fatalf("one shard has taken %d bytes of %d", n, 2*half)
	}
	r.write(t, 1, half/4)
	r.flow()
	<-written
}

// TestFailingShardBeyondTheScope has writers whose scope does not name it write to a shard whose file takes nothing: they
// are refused when it has its part of the room, and nobody waits for it with the line behind.
func TestFailingShardBeyondTheScope(t *testing.T) {
	const half = 64 << 10
	r := openRoom(t, 2, half)
	r.flow()
	r.bases[0].fail(errors.New("no space"))
	r.write(t, 0, half*3/4) // which begins to settle
	for r.bases[0].refused.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	low, high := store.Key{Name: []byte("bar")}, store.Key{Name: []byte("foo")} // slots 5061 and 12182
	var err error
	for i := 0; err == nil && i < 8*half/one; i++ {
		err = r.Update(t.Context(), store.One(high), func(tx store.Tx) error {
			if err := store.SetString(tx, high, []byte("v"), 0); err != nil {
				return err
			}
			k := store.Key{DB: i, Name: low.Name}
			return store.SetString(tx, k, make([]byte, 300), 0)
		})
	}
	if err == nil || r.bytes(0) > half*3/4+half/2+2*one {
		t.Fatalf("%d bytes of %d, and then %v", r.bytes(0), half, err)
	}
	r.set(t, 1, 1)
	r.bases[0].fail(nil)
	for err != nil { // until it has settled
		err = r.Update(t.Context(), store.One(low), func(tx store.Tx) error { return store.SetString(tx, low, []byte("v"), 0) })
	}
}
