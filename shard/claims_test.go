package shard_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

// doubter is a base that looks whether the items of which a generation says that they are new are that.
type doubter struct {
	*memory.Engine
	news *atomic.Int64
}

func (d *doubter) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	return d.Engine.Settle(ctx, func(tx store.BaseTx) error { return fn(&doubtingTx{tx, d.news}) })
}

type doubtingTx struct {
	store.BaseTx
	news *atomic.Int64
}

func (t *doubtingTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	for _, it := range items {
		if !it.New {
			continue
		}
		t.news.Add(1)
		if there, err := t.has(id, p, it); there || err != nil {
			return store.Change{}, fmt.Errorf("an item of part %d at %d, %q is new, and there: %v, %v", p, it.Pos, it.Field, there, err)
		}
	}
	return t.BaseTx.PutItems(id, p, items...)
}

func (t *doubtingTx) has(id store.ID, p store.Part, it store.Item) (bool, error) {
	if p.Class() == store.Placed {
		n, err := t.Count(id, p, store.Positions(it.Pos, it.Pos))
		return n > 0, err
	}
	found, err := t.Items(nil, id, p, it.Field)
	return err == nil && found[0].Found, err
}

// TestWhatSettlesIsNewAsItSays: files do not look for items that a generation says are new. Histories of all kinds settle
// again and again into bases that do.
func TestWhatSettlesIsNewAsItSays(t *testing.T) {
	var news atomic.Int64
	doubted := func(t *testing.T, clock func() int64) store.Engine {
		base := &doubter{memory.New(memory.WithClock(clock), memory.AsBase()), &news}
		e, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: 16 << 10, NowMillis: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		return e.Shards()[0]
	}
	for seed := uint64(1); seed <= 4; seed++ {
		storetest.RunRandom(t, seed, storetest.Times(600, 2000), reference, doubted)
	}
	if news.Load() == 0 {
		t.Error("no item was new")
	}
}
