package shard_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// fullLog is an engine of one shard whose log finds no blocks on demand.
type fullLog struct {
	store.Engine
	engine *shard.Engine
	full   atomic.Bool
	dir    string
}

func openFull(t *testing.T, dir string) *fullLog {
	t.Helper()
	f := &fullLog{dir: dir}
	j, err := shard.Open(dir, []store.Base{memory.New(memory.AsBase())}, shard.WithFullDisk(shard.Options{Manual: true}, &f.full))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	f.engine, f.Engine = j, j.Shards()[0]
	return f
}

func (f *fullLog) set(n int) error {
	k := store.Key{Name: fmt.Append(nil, "k", n)}
	return f.Update(context.Background(), store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) })
}

func (f *fullLog) drop(n int) error {
	k := store.Key{Name: fmt.Append(nil, "k", n)}
	return f.Update(context.Background(), store.One(k), func(tx store.Tx) error {
		_, err := tx.Drop(k)
		return err
	})
}

func (f *fullLog) want(t *testing.T, keys int64) {
	t.Helper()
	if n := sizes(t, f)[0]; n != keys {
		t.Errorf("%d keys, want %d", n, keys)
	}
}

// TestFullLogTakesWhatFrees refuses what needs space, takes deletions and flushes into the reserve, has them after a
// crash, and takes everything once there is space.
func TestFullLogTakesWhatFrees(t *testing.T) {
	f := openFull(t, t.TempDir())
	for n := range 10 {
		if err := f.set(n); err != nil {
			t.Fatal(err)
		}
	}
	full := &store.Error{Code: store.CodeFull}
	f.full.Store(true)
	if err := f.set(10); !errors.Is(err, full) {
		t.Errorf("a write to a full disk: %v", err)
	}
	if err := f.drop(0); err != nil {
		t.Errorf("a deletion on a full disk: %v", err)
	}
	f.full.Store(false) // nobody has looked: what has become free belongs to the reserve first
	if err := f.set(10); !errors.Is(err, full) {
		t.Errorf("a write while the reserve is in use: %v", err)
	}
	f.want(t, 9)
	openFull(t, copyDir(t, f.dir)).want(t, 9)
	f.full.Store(true)
	if err := f.Update(context.Background(), store.Whole(), flushAll); err != nil {
		t.Errorf("a flush on a full disk: %v", err)
	}
	f.want(t, 0)
	openFull(t, copyDir(t, f.dir)).want(t, 0)
	f.full.Store(false)
	f.engine.Tend()
	if err := f.set(11); err != nil {
		t.Errorf("a write once there is space: %v", err)
	}
	f.want(t, 1)
	openFull(t, copyDir(t, f.dir)).want(t, 1)
}

// TestGroupOnFullDisk has jobs of one group that need space fail by themselves.
func TestGroupOnFullDisk(t *testing.T) {
	f := openFull(t, t.TempDir())
	if err := f.set(0); err != nil {
		t.Fatal(err)
	}
	f.full.Store(true)
	a, b := store.Key{Name: []byte("k0")}, store.Key{Name: []byte("k1")}
	jobs := []*store.Job{
		{Scope: store.One(b), Write: true, Fn: func(tx store.Tx) error { return store.SetString(tx, b, []byte("v"), 0) }},
		{Scope: store.One(a), Write: true, Fn: func(tx store.Tx) error {
			_, err := tx.Drop(a)
			return err
		}},
	}
	store.Batch(context.Background(), f.Engine, jobs)
	if !errors.Is(jobs[0].Err, &store.Error{Code: store.CodeFull}) || jobs[1].Err != nil {
		t.Errorf("the write: %v; the deletion: %v", jobs[0].Err, jobs[1].Err)
	}
	f.want(t, 0)
}

// TestReserveLastsForFlush deletes until the reserve is used up: a flush still passes.
func TestReserveLastsForFlush(t *testing.T) {
	f := openFull(t, t.TempDir())
	for n := range 3 {
		if err := f.set(n); err != nil {
			t.Fatal(err)
		}
	}
	long := make([]byte, 60<<10)
	key := func(n int) store.Key { return store.Key{Name: append(fmt.Append(nil, n), long...)} }
	for n := range 100 {
		err := f.Update(context.Background(), store.One(key(n)), func(tx store.Tx) error {
			return tx.PutHead(key(n), store.Head{Type: store.String})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f.full.Store(true)
	var err error
	for n := 0; err == nil && n < 100; n++ {
		err = f.Update(context.Background(), store.One(key(n)), func(tx store.Tx) error {
			_, err := tx.Drop(key(n))
			return err
		})
	}
	if !errors.Is(err, &store.Error{Code: store.CodeFull}) {
		t.Fatalf("the reserve has no end: %v", err)
	}
	if err := f.drop(1); err != nil {
		t.Errorf("a short deletion: %v", err)
	}
	if err := f.Update(context.Background(), store.Whole(), flushAll); err != nil {
		t.Errorf("a flush at the end of the reserve: %v", err)
	}
	f.want(t, 0)
}

// TestFullLogTakesWhatLeavesSmallCollections: a small collection that loses something is written, shorter than it was,
// in its head or beside it, and what comes back from items lies in its head. What would grow is refused.
func TestFullLogTakesWhatLeavesSmallCollections(t *testing.T) {
	full := &store.Error{Code: store.CodeFull}
	low, wide := &store.Limits{HashMaxListpackEntries: 2, HashMaxListpackValue: 64}, store.DefaultLimits()
	wide.HashMaxListpackEntries = 10_000
	for size, limits := range map[int][2]*store.Limits{ // fields, and limits before and with the full disk
		5: {wide, wide}, 60: {wide, wide}, 200: {wide, wide}, // in the head, beside it, in items
		6:    {{HashMaxListpackEntries: 512, HashMaxListpackValue: 8}, low}, // in the head, where it would not be any more
		4100: {wide, wide},                                                  // too many for numbers, and then few enough
	} {
		f := openFull(t, t.TempDir())
		k := store.Key{Name: []byte("h")}
		hash := func(do func(*store.HashKey) error) error {
			return f.Update(context.Background(), store.One(k), func(tx store.Tx) error {
				h, err := store.OpenHash(limited{tx, limits[0]}, k)
				if err == nil {
					err = do(h)
				}
				return err
			})
		}
		put := func(n int) error {
			return hash(func(h *store.HashKey) error {
				_, err := h.Set(store.Item{Field: fmt.Append(nil, "field", n), Value: fmt.Appendf(nil, "%040d", n)})
				return err
			})
		}
		for n := range size {
			if err := put(n); err != nil {
				t.Fatal(err)
			}
		}
		f.full.Store(true)
		limits[0] = limits[1]
		if err := put(size); !errors.Is(err, full) {
			t.Errorf("%d fields, one more on a full disk: %v", size, err)
		}
		for n := range size {
			err := hash(func(h *store.HashKey) error { _, err := h.Remove(fmt.Append(nil, "field", n)); return err })
			if err != nil {
				t.Fatalf("%d fields, number %d removed on a full disk: %v", size, n, err)
			}
		}
		f.want(t, 0)
	}
}

// limited is a transaction under limits of its own.
type limited struct {
	store.Tx
	limits *store.Limits
}

func (l limited) Limits() *store.Limits { return l.limits }
