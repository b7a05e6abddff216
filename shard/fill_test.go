package shard_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

// TestFillOfThoseWhoLook: who looks at a key before it is written knows what is replaced, so that nothing counts twice
// although the count need not be exact. Only blind writes may, and the fill tells of them.
func TestFillOfThoseWhoLook(t *testing.T) {
	for _, blind := range []bool{false, true} {
		now := int64(1_000_000)
		base := memory.New(memory.WithClock(func() int64 { return now }), memory.AsBase())
		e, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{Manual: true, NowMillis: func() int64 { return now }})
		if err != nil {
			t.Fatal(err)
		}
		draw, twice := rand.New(rand.NewPCG(7, 7)), 0
		for range storetest.Times(2000, 20_000) {
			now += draw.Int64N(5)
			err := e.Update(ctx, store.Whole(), func(tx store.Tx) error { return jot(tx, draw, blind, now) })
			if err != nil && !errors.Is(err, errRegretted) {
				t.Fatal(err)
			}
			got, want := e.Fill(), walked(t, e)
			got.Pending = 0
			if draw.IntN(3) == 0 {
				want = settled(t, e)
			}
			switch {
			case got.Blind > 0 && blind:
				twice++
			case got != want:
				t.Fatalf("the fill is %+v, counted are %+v", got, want)
			}
		}
		if blind && twice == 0 {
			t.Error("nobody wrote blindly")
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

var errRegretted = errors.New("regretted")

// jot writes and removes a few keys, takes some of that back, and flushes.
func jot(tx store.Tx, draw *rand.Rand, blind bool, now int64) error {
	var points []store.Savepoint
	for range 1 + draw.IntN(6) {
		k := store.Key{DB: draw.IntN(2), Name: fmt.Append(nil, "k", draw.IntN(4))}
		h := store.Head{Type: store.String, Bytes: 16 + draw.Int64N(100)}
		if draw.IntN(3) == 0 {
			h.ExpireAt = now + draw.Int64N(10)
		}
		point, err := tx.Savepoint()
		points = append(points, point)
		if err == nil && !(blind && draw.IntN(2) == 0) {
			_, err = tx.Heads(nil, k)
		}
		if err != nil {
			return err
		}
		switch draw.IntN(12) {
		case 0, 1:
			_, err = tx.Drop(k)
		case 2:
			err = tx.Flush(k.DB)
		default:
			err = tx.PutHead(k, h)
		}
		if err == nil && draw.IntN(5) == 0 {
			to := draw.IntN(len(points))
			err, points = tx.Rollback(points[to]), points[:to]
		}
		if err != nil {
			return err
		}
	}
	if draw.IntN(8) == 0 {
		return errRegretted
	}
	return nil
}

// settled is the fill as the file has it, which knows nothing of what lay above it.
func settled(t *testing.T, e *shard.Engine) store.Fill {
	t.Helper()
	if err := e.Shards()[0].Flush(ctx); err != nil {
		t.Fatal(err)
	}
	f := e.Fill()
	f.Pending = 0
	return f
}

// walked is the fill as a walk over all keys has it.
func walked(t *testing.T, e *shard.Engine) (sum store.Fill) {
	t.Helper()
	spaces, err := e.Keyspaces(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spaces {
		sum = sum.Plus(store.Fill{Data: s.Bytes, Keys: s.Keys, Volatile: s.Expires})
	}
	return sum
}

// TestFillAfterRegrettedFlush: what was read behind a flush that is taken back tells nothing of what a write replaces.
func TestFillAfterRegrettedFlush(t *testing.T) {
	e := openBases(t, memory.New(memory.AsBase()))
	k, h := store.Key{Name: []byte("k")}, store.Head{Type: store.String, Bytes: 20}
	put := func(tx store.Tx) error { return tx.PutHead(k, h) }
	if err := errors.Join(e.Update(ctx, store.One(k), put), e.Shards()[0].Flush(ctx)); err != nil {
		t.Fatal(err)
	}
	err := e.Update(ctx, store.Whole(), func(tx store.Tx) error {
		point, err := tx.Savepoint()
		err = errors.Join(err, tx.Flush(0))
		if err == nil {
			_, err = tx.Heads(nil, k)
		}
		return errors.Join(err, tx.Rollback(point), put(tx))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Fill(), settled(t, e); got.Keys-got.Blind != want.Keys {
		t.Errorf("the fill is %+v, counted are %+v", got, want)
	}
}
