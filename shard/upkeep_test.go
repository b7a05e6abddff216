package shard_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

var errShard = errors.New("a shard fails")

// unable cannot tell what has expired.
type unable struct{ *memory.Engine }

func (unable) Expired(context.Context, int64, int) ([]store.Due, error) { return nil, errShard }

// router sends each transaction to the shard of its first key.
type router []store.Engine

// Happening counts nothing.
func (router) Happening() uint64 { return 0 }

func (r router) engine(s store.Scope) store.Engine {
	return r[int(store.Slot(s.Keys[0].Name))*len(r)>>store.SlotBits]
}

func (r router) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return r.engine(s).View(ctx, s, fn)
}

func (r router) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return r.engine(s).Update(ctx, s, fn)
}

func (r router) Batch(ctx context.Context, jobs []*store.Job) {
	for _, j := range jobs {
		store.Run(ctx, r.engine(j.Scope), j)
	}
}

func (r router) Close() error { return nil }

// A step of expiry has keys of every shard, the earliest first, never more than asked for, and a shard that fails is heard
// of without keeping the others from it.
func TestExpiredOfEveryShard(t *testing.T) {
	clock := func() int64 { return 1000 }
	engines := []store.Engine{memory.New(memory.WithClock(clock)), memory.New(memory.WithClock(clock)), memory.New(memory.WithClock(clock))}
	f := shard.New(router(engines), engines)
	const n = 300
	for i := range n {
		k := store.Key{Name: fmt.Append(nil, "k", i)}
		err := f.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			return tx.PutHead(k, store.Head{Type: store.String, ExpireAt: 500 + int64(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range engines { // whichever shard it begins with
		due, err := f.Expired(context.Background(), 1000, 30)
		if err != nil || len(due) != 30 || due[0].ExpireAt != 500 {
			t.Fatalf("%d keys, %v", len(due), err)
		}
		homes := map[int]int{}
		for _, d := range due {
			homes[int(store.Slot(d.Key.Name))*len(engines)>>14]++
		}
		if len(homes) != 3 || homes[0] != 10 || homes[1] != 10 {
			t.Errorf("shards have %v of a step", homes)
		}
		if one, err := f.Expired(context.Background(), 1000, 1); err != nil || len(one) != 1 || one[0].ExpireAt != 500 {
			t.Errorf("the earliest is %v, %v", one, err)
		}
	}
	engines[1] = unable{engines[1].(*memory.Engine)}
	f, total := shard.New(router(engines), engines), 0
	for {
		due, err := f.Expired(context.Background(), 1000, 30)
		if len(due) == 0 {
			if !errors.Is(err, errShard) {
				t.Error("the failure is not heard of:", err)
			}
			break
		}
		for _, d := range due {
			err := f.Update(context.Background(), store.One(d.Key), func(tx store.Tx) error {
				_, err := store.Expire(tx, d.Key)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			total++
		}
	}
	if total < n/2 || total == n {
		t.Errorf("%d keys of two shards were removed", total)
	}
}
