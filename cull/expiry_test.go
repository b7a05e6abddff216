package cull_test

import (
	"context"
	"testing"
	"time"

	"larder/cull"
	"larder/store"
)

// While hardly any command is served a cycle goes on for most of a tick; while there are many it keeps to its budget, and to
// twice that once it is late.
func TestBudgetFollowsLoad(t *testing.T) {
	b := newBench()
	b.step = 1 // each look at the clock costs a second: what a cycle removes tells how long it went on
	served := int64(0)
	l := cull.New(b, cull.Options{Now: b.now, Keys: 1, Tick: 80 * time.Second, Budget: 10 * time.Second,
		Served: func() int64 { return served }})
	b.fill(t, 500, 500)
	removes := func(commands int64) int64 {
		served += commands
		before := l.Stats().Expired.Load()
		l.Cycle(ctx)
		return l.Stats().Expired.Load() - before
	}
	for i, want := range []struct{ commands, least, most int64 }{
		{1000, 5, 10}, {1000, 15, 20}, {1000, 15, 20}, {3, 60, 70}, {0, 60, 70}, {65, 15, 20},
	} {
		if n := removes(want.commands); n < want.least || n > want.most {
			t.Errorf("cycle %d with %d commands removed %d keys", i, want.commands, n)
		}
	}
	if n := l.Stats().CapReached.Load(); n != 6 {
		t.Errorf("%d cycles were cut short", n)
	}
	for range 10 {
		removes(0)
	}
	if n := removes(1000); n != 0 || l.Stats().CapReached.Load() > 16 {
		t.Error("the store is not clean in the end")
	}
	capped := l.Stats().CapReached.Load()
	b.fill(t, 500, 3000) // and nothing is late any more
	b.millis.Store(3001)
	if n := removes(1000); n > 10 {
		t.Errorf("%d keys were removed at once", n)
	}
	if l.Stats().CapReached.Load() != capped+1 {
		t.Error("it was not counted")
	}
}

// A cycle that leaves only work for the sweep was not cut short.
func TestSweepIsNoLateExpiry(t *testing.T) {
	b := newBench()
	b.step = 1
	l := cull.New(b, cull.Options{Now: b.now, Keys: 1000, Rows: 1, Budget: 10 * time.Second})
	b.fill(t, 500, 500)
	l.Cycle(ctx)
	if keys, orphans := b.keys(t); keys != 0 || orphans == 0 || l.Stats().CapReached.Load() != 0 {
		t.Errorf("%d keys and %d orphans are left, %d cycles were cut short", keys, orphans, l.Stats().CapReached.Load())
	}
}

func TestOverdue(t *testing.T) {
	b := newBench()
	l := cull.New(b, cull.Options{Now: b.now, Keys: 10})
	want := func(lag time.Duration, stale float64) {
		t.Helper()
		o, err := l.Overdue(ctx)
		if err != nil || o.Lag != lag || o.Stale != stale {
			t.Errorf("%+v, %v; want %v and %v", o, err, lag, stale)
		}
	}
	want(0, 0)
	b.fill(t, 30, 2000)
	b.fill(t, 10, 3000)
	b.fill(t, 30, 0)
	want(0, 0)
	b.millis.Store(2500)
	l.SetActive(false) // it is told whoever does not remove them
	l.Cycle(ctx)
	want(500*time.Millisecond, 0.75)
	l.SetActive(true)
	l.Cycle(ctx)
	want(0, 0)
}

// greedy removes some of the keys that a step is told of before the step does.
type greedy struct{ *bench }

func (g greedy) Expired(ctx context.Context, now int64, n int) ([]store.Due, error) {
	due, err := g.bench.Expired(ctx, now, n)
	for _, d := range due {
		err := g.Update(ctx, store.One(d.Key), func(tx store.Tx) error { _, err := store.Expire(tx, d.Key); return err })
		if err != nil {
			return nil, err
		}
	}
	return due, err
}

// A step whose keys another has removed does not end CACHE EXPIRE: more are left.
func TestExpireGoesOnBesideOthers(t *testing.T) {
	b := newBench()
	b.fill(t, 100, 500)
	if _, err := cull.New(greedy{b}, cull.Options{Keys: 10}).Expire(ctx); err != nil {
		t.Fatal(err)
	}
	if keys, _ := b.keys(t); keys != 0 {
		t.Errorf("%d keys are left", keys)
	}
}
