package shard_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
)

// written counts the heads that settle.
type written struct {
	store.Base
	heads atomic.Int64
}

func (w *written) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	return w.Base.Settle(ctx, func(tx store.BaseTx) error { return fn(&writtenTx{tx, w}) })
}

type writtenTx struct {
	store.BaseTx
	w *written
}

func (t *writtenTx) PutHead(k store.Key, h store.Head) error {
	t.w.heads.Add(1)
	return t.BaseTx.PutHead(k, h)
}

// flushAll empties databases 0 and 1 and leaves 2.
func flushAll(tx store.Tx) error {
	if err := tx.Flush(0); err != nil {
		return err
	}
	return tx.Flush(1)
}

func setIn(t *testing.T, e store.Engine, db, n int) {
	t.Helper()
	for i := range n {
		k := store.Key{DB: db, Name: fmt.Appendf(nil, "key%d", i)}
		err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			id, err := tx.NewID(k)
			if err != nil {
				return err
			}
			if _, err := tx.PutItems(id, store.Fields, store.Item{Field: []byte("f"), Value: []byte("v")}); err != nil {
				return err
			}
			return tx.PutHead(k, store.Head{Type: store.Hash, ID: id, Len: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func sizes(t *testing.T, e store.Engine) (n [3]int64) {
	t.Helper()
	err := e.View(context.Background(), store.Whole(), func(tx store.Tx) (err error) {
		for db := range n {
			if n[db], err = tx.Size(db); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// openWritten is an engine over a base that counts.
func openWritten(t *testing.T) (*shard.Engine, *written) {
	t.Helper()
	base := &written{Base: sqliteBase(t)}
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j, base
}

// TestFlushSettlesNothingElse writes to the base only what the flush leaves.
func TestFlushSettlesNothingElse(t *testing.T) {
	j, base := openWritten(t)
	e := j.Shards()[0]
	setIn(t, e, 0, 300)
	setIn(t, e, 1, 200)
	setIn(t, e, 2, 7)
	if err := e.Update(context.Background(), store.Whole(), flushAll); err != nil {
		t.Fatal(err)
	}
	if n := sizes(t, e); n != [3]int64{0, 0, 7} {
		t.Errorf("sizes %v after a flush", n)
	}
	if n := base.heads.Load(); n != 0 {
		t.Errorf("%d heads settled for a flush", n)
	}
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := base.heads.Load(); n != 7 {
		t.Errorf("%d heads settled, not 7", n)
	}
	setIn(t, e, 0, 2)
	if n := sizes(t, e); n != [3]int64{2, 0, 7} {
		t.Errorf("sizes %v after more writes", n)
	}
}

// Whoever has asked for it hears of a generation before the base does.
func TestOnSettleComesFirst(t *testing.T) {
	j, base := openWritten(t)
	var before []int64
	j.OnSettle(func() { before = append(before, base.heads.Load()) })
	e := j.Shards()[0]
	for i := range 2 {
		setIn(t, e, i, 5)
		if err := e.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(before, []int64{0, 5}) {
		t.Errorf("%v heads had settled at the calls, want 0 and 5", before)
	}
}

// TestFlushAfterMoves renames keys out of a database that is then emptied.
func TestFlushAfterMoves(t *testing.T) {
	e := openOver(t, func() int64 { return 1 })
	setIn(t, e, 0, 10)
	if err := e.(*shard.Shard).Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	from, to := store.Key{DB: 0, Name: []byte("key3")}, store.Key{DB: 2, Name: []byte("key3")}
	err := e.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, from)
		if err != nil {
			return err
		}
		return tx.Move(from, to, heads[0])
	})
	if err == nil {
		err = e.Update(context.Background(), store.Whole(), flushAll)
	}
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = e.(*shard.Shard).Sweep(context.Background(), 100); err != nil {
			t.Fatal(err)
		}
	}
	err = e.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, to)
		if err != nil {
			return err
		}
		items, err := tx.Items(nil, heads[0].ID, store.Fields, []byte("f"))
		if err == nil && !items[0].Found {
			t.Error("a key moved out of the database lost its item")
		}
		return err
	})
	if err != nil || sizes(t, e) != [3]int64{0, 0, 1} {
		t.Errorf("sizes %v, error %v", sizes(t, e), err)
	}
}

// TestCrashInFlush finds all keys or none after a crash at any step of a flush of all shards and of its settling.
func TestCrashInFlush(t *testing.T) {
	dir := t.TempDir()
	var copies []crash
	var mu sync.Mutex
	watching := false
	s := start(t, dir, shard.WithSteps(shard.Options{}, func(name string) {
		mu.Lock()
		defer mu.Unlock()
		if watching {
			copies = append(copies, crash{step: name, dir: copyDir(t, dir)})
		}
	}))
	setIn(t, s, 0, 40)
	setIn(t, s, 2, 5)
	watch := func(on bool) {
		mu.Lock()
		defer mu.Unlock()
		watching = on
	}
	for _, e := range s.Shards() {
		if err := e.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	watch(true)
	if err := s.Update(context.Background(), store.Whole(), flushAll); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.Shards() {
		if err := e.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	watch(false)
	s.stop(t)
	recorded, settled := false, false
	for _, c := range copies {
		recorded, settled = recorded || c.step == "after append", settled || c.step == "settle before commit"
		again := start(t, c.dir, shard.Options{})
		n := sizes(t, again)
		again.stop(t)
		if n[2] != 5 || n[0] != 0 && n[0] != 40 || recorded && n[0] != 0 {
			t.Errorf("%s: sizes %v", c.step, n)
		}
	}
	if !recorded || !settled {
		t.Errorf("%d copies", len(copies))
	}
}

// TestFlushWaitsForNoFile empties everything while a generation settles that no file takes, and what is written
// afterwards is there beside nothing else; also once the file takes it.
func TestFlushWaitsForNoFile(t *testing.T) {
	r := openRoom(t, 1, 1<<20)
	e := r.Shards()[0]
	setIn(t, e, 0, 30)
	setIn(t, e, 2, 3)
	r.Tend()
	r.Tend() // idle: it settles
	r.wantBegin(t, 0)
	setIn(t, e, 0, 40)
	if err := e.Update(context.Background(), store.Whole(), flushAll); err != nil {
		t.Fatal(err)
	}
	setIn(t, e, 1, 2)
	want := [3]int64{0, 2, 3}
	if n := sizes(t, e); n != want {
		t.Errorf("sizes %v, want %v", n, want)
	}
	r.flow()
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := sizes(t, e); n != want {
		t.Errorf("sizes %v once settled, want %v", n, want)
	}
}

// TestFlushIsAccountedFor counts keys exactly before and after a flush settles, with some of them in the base.
func TestFlushIsAccountedFor(t *testing.T) {
	e := openSQLite(t, func() int64 { return 1 }).(*shard.Shard)
	e.Exact(true)
	want := func(step string, keys int64) {
		t.Helper()
		if n := e.Fill().Keys; n != keys {
			t.Errorf("%s: %d keys are accounted for, not %d", step, n, keys)
		}
	}
	setIn(t, e, 0, 30)
	setIn(t, e, 2, 3)
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	setIn(t, e, 0, 40)
	setIn(t, e, 2, 4)
	want("written", 44)
	for range 2 {
		if err := e.Update(context.Background(), store.Whole(), flushAll); err != nil {
			t.Fatal(err)
		}
		want("flushed", 4)
	}
	setIn(t, e, 0, 2)
	want("written again", 6)
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	want("settled", 6)
}

// TestFlushDropsLayers takes the memory of what it empties back at once, also behind a View, and repeated flushes keep
// nothing.
func TestFlushDropsLayers(t *testing.T) {
	j, _ := openWritten(t)
	e := j.Shards()[0]
	setIn(t, e, 2, 1)
	small := e.Bytes()
	setIn(t, e, 0, 500)
	err := e.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		if err := e.Update(context.Background(), store.Whole(), flushAll); err != nil {
			return err
		}
		n, err := tx.Size(0)
		if err == nil && n != 500 {
			t.Errorf("a View from before the flush sees %d keys", n)
		}
		return err
	})
	for range 50 {
		if err == nil {
			err = e.Update(context.Background(), store.Whole(), flushAll)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := e.Bytes(); n != small {
		t.Errorf("%d bytes are left, want %d", n, small)
	}
}
