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

var errShard = errors.New("a shard fails")

// unable is a base that cannot always tell what has expired.
type unable struct {
	store.Base
	fails atomic.Bool
}

func (u *unable) Expiring(context.Context, store.Due, int64, int) ([]store.Due, error) {
	if u.fails.Load() {
		return nil, errShard
	}
	return nil, nil
}

// A step of expiry has keys of every shard, the earliest first, never more than asked for, and a shard that fails is heard
// of without keeping the others from it.
func TestExpiredOfEveryShard(t *testing.T) {
	broken := &unable{Base: memory.New(memory.AsBase())}
	bases := []store.Base{memory.New(memory.AsBase()), broken, memory.New(memory.AsBase())}
	e, err := shard.Open(t.TempDir(), bases, shard.Options{Manual: true, NowMillis: func() int64 { return 1000 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	const n = 300
	for i := range n {
		k := store.Key{Name: fmt.Append(nil, "k", i)}
		err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			return tx.PutHead(k, store.Head{Type: store.String, ExpireAt: 500 + int64(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range bases { // whichever shard it begins with
		due, err := e.Expired(context.Background(), 1000, 30)
		if err != nil || len(due) != 30 || due[0].ExpireAt != 500 {
			t.Fatalf("%d keys, %v", len(due), err)
		}
		homes := map[int]int{}
		for _, d := range due {
			homes[int(store.Slot(d.Key.Name))*len(bases)>>14]++
		}
		if len(homes) != 3 || homes[0] != 10 || homes[1] != 10 {
			t.Errorf("shards have %v of a step", homes)
		}
		if one, err := e.Expired(context.Background(), 1000, 1); err != nil || len(one) != 1 || one[0].ExpireAt != 500 {
			t.Errorf("the earliest is %v, %v", one, err)
		}
	}
	broken.fails.Store(true)
	total := 0
	for {
		due, err := e.Expired(context.Background(), 1000, 30)
		if len(due) == 0 {
			if !errors.Is(err, errShard) {
				t.Error("the failure is not heard of:", err)
			}
			break
		}
		for _, d := range due {
			if err := e.Update(context.Background(), store.One(d.Key), func(tx store.Tx) error { _, err := store.Expire(tx, d.Key); return err }); err != nil {
				t.Fatal(err)
			}
			total++
		}
	}
	if total < n/2 || total == n {
		t.Errorf("%d keys of two shards were removed", total)
	}
}
