// A cycle expires and sweeps within its budget, syncs and checkpoints when that is due, and reports failures; eviction
// keeps to the limit by the policy, whatever the values and however many writers there are.
package cull_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"larder/cull"
	"larder/store"
	"larder/store/memory"
)

var ctx = context.Background()

// bench is an engine with a log that only a checkpoint empties, and clocks set by hand.
type bench struct {
	*memory.Engine
	millis  atomic.Int64 // the engine's clock
	seconds atomic.Int64 // the loop's, moved by step at every look
	step    int64
	wal     int64
	synced  atomic.Int64
	broken  error
}

func newBench() *bench {
	b := &bench{}
	b.millis.Store(1000)
	b.Engine = memory.New(memory.WithClock(b.millis.Load))
	return b
}

func (b *bench) now() time.Time { return time.Unix(b.seconds.Add(b.step), 0) }

func (b *bench) Sync(context.Context) error {
	b.synced.Add(1)
	return b.broken
}

func (b *bench) Checkpoint(context.Context) error {
	b.wal = 0
	return b.broken
}

func (b *bench) Sizes(context.Context) ([]store.Size, error) {
	return []store.Size{{WAL: 0}, {WAL: b.wal}}, nil
}

func (b *bench) fill(t *testing.T, n int, expireAt int64) {
	t.Helper()
	err := b.Update(ctx, store.Whole(), func(tx store.Tx) error {
		for i := range n {
			k := store.Key{DB: i % 3, Name: fmt.Appendf(nil, "k%d-%d", expireAt, i)}
			id, err := tx.NewID(k)
			if err != nil {
				return err
			}
			if _, err := tx.PutItems(id, store.Members, store.Item{Field: []byte("m")}); err != nil {
				return err
			}
			if err := tx.PutHead(k, store.Head{Type: store.Set, ID: id, ExpireAt: expireAt}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) keys(t *testing.T) (keys, orphans int64) {
	t.Helper()
	sizes, err := b.Engine.Sizes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return sizes[0].Keys, sizes[0].Orphans
}

func TestCycleExpiresAndSweeps(t *testing.T) {
	b := newBench()
	l := cull.New(b, cull.Options{Now: b.now, Keys: 10, Rows: 7})
	b.fill(t, 100, 2000)
	b.fill(t, 5, 9000)
	b.fill(t, 5, 0)
	l.Cycle(ctx)
	if keys, _ := b.keys(t); keys != 110 || l.Stats().Expired.Load() != 0 {
		t.Errorf("too early: %d keys left", keys)
	}
	b.millis.Store(2001)
	l.Cycle(ctx)
	keys, orphans := b.keys(t)
	if keys != 10 || orphans != 0 || l.Stats().Expired.Load() != 100 {
		t.Errorf("%d keys and %d orphans left, %d expired", keys, orphans, l.Stats().Expired.Load())
	}
	if s := l.Stats(); s.Cycles.Load() != 2 || s.CapReached.Load() != 0 || s.Sweeps.Load() == 0 || s.Failures.Load() != 0 {
		t.Errorf("%d cycles, %d capped, %d sweeps", s.Cycles.Load(), s.CapReached.Load(), s.Sweeps.Load())
	}
}

// Every look at the clock costs a second: a budget of four allows a few steps and no more.
func TestCycleKeepsToItsBudget(t *testing.T) {
	b := newBench()
	b.step = 1
	l := cull.New(b, cull.Options{Now: b.now, Keys: 10, Rows: 1, Budget: 4 * time.Second})
	b.fill(t, 100, 500)
	l.Cycle(ctx)
	s := l.Stats()
	if n := s.Expired.Load(); n == 0 || n > 40 || s.CapReached.Load() != 1 || s.Busy.Load() == 0 {
		t.Errorf("%d keys expired, capped %d times, busy %d", n, s.CapReached.Load(), s.Busy.Load())
	}
	if s.Sweeps.Load() == 0 {
		t.Error("nothing was swept")
	}
	for range 200 {
		l.Cycle(ctx)
	}
	if keys, orphans := b.keys(t); keys != 0 || orphans != 0 {
		t.Errorf("%d keys and %d orphans are left in the end", keys, orphans)
	}
}

func TestSetActive(t *testing.T) {
	b := newBench()
	l := cull.New(b, cull.Options{Now: b.now})
	b.fill(t, 10, 500)
	l.SetActive(false)
	l.Cycle(ctx)
	if keys, _ := b.keys(t); keys != 10 {
		t.Errorf("%d keys left while expiry was off", keys)
	}
	l.SetActive(true)
	l.Cycle(ctx)
	if keys, _ := b.keys(t); keys != 0 {
		t.Errorf("%d keys left", keys)
	}
}

// stale gives hints about keys that have not expired.
type stale struct{ *bench }

func (stale) Expired(context.Context, int64, int) ([]store.Due, error) {
	return []store.Due{{Key: store.Key{Name: []byte("not expired")}, ExpireAt: 1}}, nil
}

func TestStaleHintsEndTheCycle(t *testing.T) {
	b := newBench()
	l := cull.New(stale{b}, cull.Options{Now: b.now, Keys: 1}) // the clock stands still: no budget would end it
	l.Cycle(ctx)
	if l.Stats().Expired.Load() != 0 {
		t.Error("something expired")
	}
}

// through counts the transactions that go through it.
type through struct {
	store.Engine
	updates int
}

func (c *through) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	c.updates++
	return c.Engine.Update(ctx, s, fn)
}

func TestExpiryGoesThrough(t *testing.T) {
	b := newBench()
	c := &through{Engine: b}
	b.fill(t, 3, 500)
	cull.New(b, cull.Options{Now: b.now, Through: c}).Cycle(ctx)
	if c.updates != 3 {
		t.Errorf("%d updates went through", c.updates)
	}
}

func TestDisk(t *testing.T) {
	b := newBench()
	l := cull.New(b, cull.Options{Now: b.now, CheckpointBytes: 1000, CheckpointAge: time.Minute})
	s := l.Stats()
	at := func(second int64, syncs, checkpoints int64) {
		t.Helper()
		b.seconds.Store(second)
		l.Disk(ctx)
		if s.Syncs.Load() != syncs || s.Checkpoints.Load() != checkpoints {
			t.Errorf("second %d: %d syncs and %d checkpoints, want %d and %d", second, s.Syncs.Load(), s.Checkpoints.Load(), syncs, checkpoints)
		}
	}
	at(1, 0, 0) // not promised
	l.SetSyncing(true)
	at(1, 0, 0) // not a second later
	at(2, 1, 0)
	b.wal = 999
	at(3, 2, 0)
	b.wal = 1000
	at(4, 3, 1)
	b.wal = 1
	at(63, 4, 1)
	at(64, 5, 2)
	at(200, 6, 2) // an empty log is left alone
}

func TestFailuresAreReported(t *testing.T) {
	b := newBench()
	b.broken = errors.New("disk")
	var heard []string
	l := cull.New(b, cull.Options{Now: b.now, CheckpointBytes: 1, Report: func(chore string, err error) {
		heard = append(heard, chore+" "+err.Error())
	}})
	l.SetSyncing(true)
	b.wal = 5
	b.seconds.Store(10)
	l.Disk(ctx)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	l.Cycle(ctx)
	closed := store.ErrClosed.Error()
	if got, want := fmt.Sprint(heard), fmt.Sprint([]string{"sync disk", "checkpoint disk", "expire " + closed, "sweep " + closed}); got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
	if n := l.Stats().Failures.Load(); n != 4 {
		t.Errorf("%d failures", n)
	}
}

func TestStartAndStop(t *testing.T) {
	b := newBench()
	b.fill(t, 50, 500)
	l := cull.New(b, cull.Options{Tick: time.Millisecond, SyncEvery: time.Millisecond})
	l.SetSyncing(true)
	l.Start()
	for left := int64(1); left > 0 || b.synced.Load() == 0; {
		left, _ = b.keys(t)
	}
	l.Stop()
	l.Stop()
	synced, cycles := b.synced.Load(), l.Stats().Cycles.Load()
	if cycles == 0 || synced != b.synced.Load() {
		t.Errorf("%d cycles, %d syncs", cycles, synced)
	}
	cull.New(b, cull.Options{}).Stop() // never started
}

// restful is a bench whose logs keep their files until it rests.
type restful struct {
	*bench
	share, kept, settles int64
	rests                int
}

func (r *restful) Sizes(context.Context) ([]store.Size, error) {
	return []store.Size{{WAL: r.kept}, {WAL: r.wal, WALShare: r.share, Settles: r.settles}}, nil
}

func (r *restful) Rest(context.Context) error {
	r.rests++
	r.wal, r.kept = 0, 0
	return nil
}

// A log is folded when it has passed its share, and nothing stays of any once two looks in a row have seen no change.
func TestLogsOfRestingFilesGo(t *testing.T) {
	r := &restful{bench: newBench(), share: 500, kept: 10}
	l := cull.New(r, cull.Options{Now: r.now, CheckpointBytes: 1000, CheckpointAge: time.Hour})
	look := func(when string, checkpoints int64, rests int) {
		t.Helper()
		r.seconds.Add(1)
		l.Disk(ctx)
		if n := l.Stats().Checkpoints.Load(); n != checkpoints || r.rests != rests {
			t.Errorf("%s: %d checkpoints and %d rests, want %d and %d", when, n, r.rests, checkpoints, rests)
		}
	}
	r.wal = 499
	look("below the share", 0, 0)
	r.wal = 500
	look("at the share", 1, 0)
	for range 5 {
		r.settles++
		look("while generations settle", 1, 0)
	}
	look("at rest once", 1, 0)
	look("at rest twice", 2, 1)
	for range 5 {
		look("with nothing left", 2, 1)
	}
}
