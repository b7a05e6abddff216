package shard_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// openOrdered returns one engine over n shards whose layers may take so many bytes.
func openOrdered(n int, bytes int64) storetest.Open {
	return func(t *testing.T, clock func() int64) store.Engine {
		var bases []store.Base
		for range n {
			bases = append(bases, memory.New(memory.WithClock(clock), memory.AsBase()))
		}
		return ordered(t, t.TempDir(), bases, clock, bytes)
	}
}

func openOrderedSQLite(n int, bytes int64) storetest.Open {
	return func(t *testing.T, clock func() int64) store.Engine {
		dir := t.TempDir()
		var bases []store.Base
		for i := range n {
			base, err := sqlite.Open(filepath.Join(dir, string(rune('a'+i))), sqlite.Options{NowMillis: clock, CacheBytes: 1 << 20, Ordered: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { base.Close() })
			bases = append(bases, base)
		}
		return ordered(t, dir, bases, clock, bytes)
	}
}

func ordered(t *testing.T, dir string, bases []store.Base, clock func() int64, bytes int64) store.Engine {
	j, err := shard.Open(dir, bases, shard.Options{OverlayBytes: bytes, NowMillis: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return settling{j.Order, j.Shards()}
}

// settling is an engine over all shards with the upkeep of each.
type settling struct {
	*shard.Order
	shards []*shard.Shard
}

// Check settles every shard and looks for damage.
func (s settling) Check(ctx context.Context, fix bool) (all []store.Finding, err error) {
	for _, e := range s.shards {
		found, err := e.Check(ctx, fix)
		if err != nil {
			return all, err
		}
		for _, f := range found {
			if !f.Audited {
				return all, fmt.Errorf("%s: %s", f.Subject, f.Problem)
			}
		}
		all = append(all, found...)
	}
	return all, nil
}

// Sweep gives each shard its part.
func (s settling) Sweep(ctx context.Context, n int) (more bool, err error) {
	for _, e := range s.shards {
		left, err := e.Sweep(ctx, max(1, n/len(s.shards)))
		if err != nil {
			return false, err
		}
		more = more || left
	}
	if !more {
		_, err = s.Check(ctx, false)
	}
	return more, err
}

func TestConformanceInOneOrder(t *testing.T) {
	storetest.Run(t, openOrdered(3, 1<<20))
}

func TestConformanceInOneOrderWithTinyOverlay(t *testing.T) {
	storetest.Run(t, openOrdered(3, 8<<10))
}

func TestConformanceInOneOrderOverSQLite(t *testing.T) {
	storetest.Run(t, openOrderedSQLite(2, 1<<20))
}

func TestRandomHistoriesInOneOrder(t *testing.T) {
	for seed, bytes := range []int64{8 << 10, 64 << 10, 1 << 20} {
		storetest.RunRandom(t, uint64(seed), storetest.Times(400, 1000), reference, openOrdered(3, bytes))
		storetest.RunRandom(t, uint64(seed), storetest.Times(200, 600), reference, openOrderedSQLite(2, bytes))
	}
}

// TestReplayInOneOrder runs transactions of several clients at the same time, over layers so small that they settle all
// the time, and replays them in the order of the log.
func TestReplayInOneOrder(t *testing.T) {
	for seed, open := range []storetest.Open{
		openOrdered(3, 8<<10), openOrdered(4, 64<<10), openOrdered(1, 16<<10), openOrderedSQLite(3, 16<<10),
	} {
		storetest.Replay{Seed: uint64(seed), Clients: 6, Steps: storetest.Times(500, 30_000), Reference: reference, Subject: open,
			Moment: shard.Moment}.Run(t)
	}
}

// TestLongGroupsEnd: those who wait while somebody writes do not all get one long record, and one reply time: a group ends.
func TestLongGroupsEnd(t *testing.T) {
	e := openOrdered(2, 16<<20)(t, func() int64 { return 1 }).(settling)
	entered, begin := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = e.Update(ctx, store.One(nth(0)), func(tx store.Tx) error {
			close(entered)
			<-begin
			return store.SetString(tx, nth(0), []byte("v"), 0)
		})
	})
	<-entered
	const writers = 12
	appends := func() int64 {
		sizes, err := e.shards[0].Sizes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return sizes[0].Appends
	}
	before := appends()
	for i := range writers {
		all.Go(func() {
			err := e.Update(ctx, store.One(nth(i)), func(tx store.Tx) error { return store.SetString(tx, nth(i), make([]byte, 100<<10), 0) })
			if err != nil {
				t.Error(err)
			}
		})
	}
	for e.Waiting() < writers {
		runtime.Gosched()
	}
	close(begin)
	all.Wait()
	if n := appends() - before; n < 1+writers/3 || n > 1+writers {
		t.Errorf("%d writers of 100 KB who had waited took %d records", writers, n)
	}
}
