package shard_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

var ctx = context.Background()

// of returns an Open of n shards, each made by inner.
func of(n int, inner storetest.Open) storetest.Open {
	return func(t *testing.T, clock func() int64) store.Engine {
		var engines []store.Engine
		clock = shard.Steady(clock)
		for range n {
			engines = append(engines, inner(t, clock))
		}
		return shard.New(engines)
	}
}

func openMemory(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock))
}

func openRerunning(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock), memory.WithReruns(1))
}

func TestConformance(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { storetest.Run(t, of(n, openMemory)) })
	}
}

func TestRandomHistory(t *testing.T) {
	for _, n := range []int{2, 4, 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { storetest.RunRandom(t, uint64(n), 400, openMemory, of(n, openMemory)) })
	}
}

// Every shard runs its part twice, the first time for nothing: what the callers' fn did must still
// be there once.
func TestRandomHistoryOfRerunningShards(t *testing.T) {
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { storetest.RunRandom(t, uint64(n), 400, openMemory, of(n, openRerunning)) })
	}
}

// A clock that moves with every look gives each shard of a transaction a time of its own.
func TestRandomHistoryOfSkewedClocks(t *testing.T) {
	skewed := func(t *testing.T, clock func() int64) store.Engine {
		late := 0
		var engines []store.Engine
		for range 3 {
			late++
			offset := int64(late)
			engines = append(engines, memory.New(memory.WithClock(func() int64 { return clock() - 3 + offset })))
		}
		return shard.New(engines)
	}
	f := skewed(t, func() int64 { return 1000 })
	put := func(tx store.Tx) error {
		var errs []error
		for i := range 30 {
			k := store.Key{Name: fmt.Appendf(nil, "k%d", i)}
			errs = append(errs, tx.PutHead(k, store.Head{Type: store.String, ExpireAt: 999}))
		}
		return errors.Join(errs...)
	}
	if err := f.Update(ctx, store.Whole(), put); err != nil {
		t.Fatal(err)
	}
	err := f.Update(ctx, store.Whole(), func(tx store.Tx) error {
		if tx.Now().UnixMilli() != 1000 {
			t.Errorf("Now is %v", tx.Now())
		}
		for i := range 30 {
			k := store.Key{Name: fmt.Appendf(nil, "k%d", i)}
			heads, err := tx.Heads(nil, k)
			if err != nil || heads[0].Exists() {
				t.Errorf("%s: %+v %v", k.Name, heads, err)
			}
			if _, ok, _ := tx.RandomKey(0); ok {
				t.Error("a random key")
			}
			remove := tx.Expire
			want := 1
			if i%2 == 0 {
				remove, want = tx.Drop, 0
			}
			if n, err := remove(k); n != want || err != nil {
				t.Errorf("removing %s: %d %v, want %d", k.Name, n, err, want)
			}
		}
		left, err := tx.Size(0)
		if left != 0 {
			t.Errorf("%d keys are left", left)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hooked calls a hook before its next View.
type hooked struct {
	*memory.Engine
	hook func()
}

func (h *hooked) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if hook := h.hook; hook != nil {
		h.hook = nil
		hook()
	}
	return h.Engine.View(ctx, s, fn)
}

// Between the snapshots of two shards, somebody writes to the first and then to the second: whoever sees the
// later write must see the earlier one.
func TestSnapshotsOfOneMoment(t *testing.T) {
	keys, late := onShards(2), &hooked{Engine: memory.New()}
	f := shard.New([]store.Engine{memory.New(), late})
	late.hook = func() {
		for _, k := range keys {
			if err := f.Update(ctx, store.One(k), putAll([]store.Key{k})); err != nil {
				t.Error(err)
			}
		}
	}
	err := f.View(ctx, store.One(keys...), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, keys...)
		if heads[1].Exists() && !heads[0].Exists() {
			t.Error("the second write is there, the first is not")
		}
		return err
	})
	if err != nil || late.hook != nil {
		t.Fatal(err)
	}
}

// joining is an engine that commits together with its peers, and runs fn once more for nothing before.
type joining struct{ *memory.Engine }

func (j joining) Join(ctx context.Context, peers []store.Engine, fn func([]store.Tx) error) error {
	again := errors.New("again")
	if err := nest(ctx, peers, nil, func(txs []store.Tx) error { _ = fn(txs); return again }); !errors.Is(err, again) {
		return err
	}
	return nest(ctx, peers, nil, fn)
}

func nest(ctx context.Context, peers []store.Engine, txs []store.Tx, fn func([]store.Tx) error) error {
	if len(txs) == len(peers) {
		return fn(txs)
	}
	return peers[len(txs)].Update(ctx, store.Whole(), func(tx store.Tx) error {
		return nest(ctx, peers, append(txs, tx), fn)
	})
}

func openJoining(_ *testing.T, clock func() int64) store.Engine {
	return joining{memory.New(memory.WithClock(clock))}
}

func TestJoiningShards(t *testing.T) {
	storetest.Run(t, of(3, openJoining))
	storetest.RunRandom(t, 11, 400, openMemory, of(3, openJoining))
}

// failing is an engine whose next Updates run fn and fail then.
type failing struct {
	*memory.Engine
	left int
}

var errDisk = &store.Error{Code: store.CodeFull, Message: "no space"}

func (f *failing) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if f.left == 0 {
		return f.Engine.Update(ctx, s, fn)
	}
	f.left--
	return f.Engine.Update(ctx, s, func(tx store.Tx) error { return errors.Join(fn(tx), errDisk) })
}

// onShards returns a key for each of n shards.
func onShards(n int) []store.Key {
	keys := make([]store.Key, n)
	for i, found := 0, 0; found < n; i++ {
		k := store.Key{Name: fmt.Append(nil, i)}
		if at := int(store.Slot(k.Name)) * n >> 14; keys[at].Name == nil {
			keys[at] = k
			found++
		}
	}
	return keys
}

func putAll(keys []store.Key) func(store.Tx) error {
	return func(tx store.Tx) error {
		for _, k := range keys {
			if err := tx.PutHead(k, store.Head{Type: store.String}); err != nil {
				return err
			}
		}
		return nil
	}
}

// The innermost shard commits first: if it fails nothing is stored, if an outer one does the
// error says that something is.
func TestFailingShard(t *testing.T) {
	keys := onShards(3)
	for broken, stored := range []int64{2, 1, 0} {
		var engines []store.Engine
		for i := range 3 {
			e := &failing{Engine: memory.New()}
			if i == broken {
				e.left = 1
			}
			engines = append(engines, e)
		}
		f := shard.New(engines)
		err := f.Update(ctx, store.One(keys...), putAll(keys))
		if !errors.Is(err, errDisk) {
			t.Errorf("shard %d: %v", broken, err)
		}
		var size int64
		if err := f.View(ctx, store.Whole(), func(tx store.Tx) (err error) { size, err = tx.Size(0); return err }); err != nil {
			t.Fatal(err)
		}
		if size != stored {
			t.Errorf("shard %d failed: %d keys are stored, want %d", broken, size, stored)
		}
		if err := f.Update(ctx, store.One(keys...), putAll(keys)); err != nil {
			t.Errorf("after shard %d failed once: %v", broken, err)
		}
	}
}

func TestCancelledBeforeItBegins(t *testing.T) {
	f := of(2, openMemory)(t, func() int64 { return 1 })
	gone, cancel := context.WithCancel(ctx)
	cancel()
	for _, s := range []store.Scope{store.One(onShards(2)...), store.Whole()} {
		for _, run := range []func(context.Context, store.Scope, func(store.Tx) error) error{f.View, f.Update} {
			if err := run(gone, s, func(store.Tx) error { t.Error("fn ran"); return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		}
	}
}

// Once it has begun, an Update over several shards is finished on all of them.
func TestCancelledInside(t *testing.T) {
	keys := onShards(3)
	f := of(3, openMemory)(t, func() int64 { return 1 })
	going, cancel := context.WithCancel(ctx)
	if err := f.Update(going, store.One(keys...), func(tx store.Tx) error { cancel(); return putAll(keys)(tx) }); err != nil {
		t.Fatal(err)
	}
}

func TestPanicLetsTheGatesGo(t *testing.T) {
	keys := onShards(3)
	f := of(3, openMemory)(t, func() int64 { return 1 })
	boom := func(store.Tx) error { panic("boom") }
	batch := func() {
		var jobs []*store.Job
		for _, k := range keys {
			jobs = append(jobs, &store.Job{Scope: store.One(k), Write: true, Fn: boom})
		}
		store.Batch(ctx, f, jobs)
	}
	for i, run := range []func(){
		func() { _ = f.View(ctx, store.One(keys[0]), boom) },
		func() { _ = f.Update(ctx, store.One(keys[0]), boom) },
		func() { _ = f.View(ctx, store.Whole(), boom) },
		func() { _ = f.Update(ctx, store.Whole(), boom) },
		batch,
	} {
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("run %d: recovered %v", i, p)
				}
			}()
			run()
		}()
		if err := f.Update(ctx, store.Whole(), putAll(keys)); err != nil {
			t.Errorf("run %d: %v", i, err)
		}
	}
}

func TestIDsKeepToTheirShard(t *testing.T) {
	keys := onShards(2)
	f := of(2, openMemory)(t, func() int64 { return 1 })
	err := f.Update(ctx, store.One(keys...), func(tx store.Tx) error {
		id, err := tx.NewID(keys[0])
		if err != nil {
			return err
		}
		if tx.SameShard(keys[0], keys[1]) {
			t.Error("keys of two shards are said to be on one")
		}
		return tx.PutHead(keys[1], store.Head{Type: store.Set, ID: id})
	})
	if err == nil {
		t.Error("an id was put under a key of another shard")
	}
}

func TestShardOfFindings(t *testing.T) {
	f := of(3, openMemory)(t, func() int64 { return 1 })
	if rows, err := f.(store.Sizer).Sizes(ctx); len(rows) != 3 || err != nil {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func BenchmarkView(b *testing.B) {
	for _, n := range []int{1, 4} {
		f := of(n, openMemory)(nil, func() int64 { return 1 })
		empty := func(store.Tx) error { return nil }
		scope := store.One(store.Key{Name: []byte("key")})
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				_ = f.View(ctx, scope, empty)
			}
		})
	}
}
