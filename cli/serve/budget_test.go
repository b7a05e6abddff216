package serve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"larder/resp"
	"larder/resp/stat"
	"larder/store"
)

// Mayhem under a limit leaves shards that check clean, and counters that are right.
func TestCheckAfterMayhem(t *testing.T) {
	p := newParams(t, "dir", t.TempDir(), "maxmemory", "2mb", "maxmemory-policy", "allkeys-lru", "cache-size", "2mb")
	dir, d, err := openData(p)
	if err != nil {
		t.Fatal(err)
	}
	room := newBudget(d, p, quiet(), resp.Through{Recency: stat.NewRecency()})
	room.Start()
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() { mayhem(t, d, room, rand.New(rand.NewPCG(uint64(w), 7))) })
	}
	all.Wait()
	for until := time.Now().Add(10 * time.Second); d.Fill().Data > 2<<20 && time.Now().Before(until); {
		time.Sleep(time.Millisecond) // the last writes may have passed the limit by the allowance
	}
	room.Stop()
	ctx := context.Background()
	found, err := d.Check(ctx, false)
	if err != nil || len(found) > 0 {
		t.Errorf("%v %v", found, err)
	}
	spaces, err := d.Keyspaces(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var sum store.Fill
	for _, s := range spaces {
		sum = sum.Plus(store.Fill{Data: s.Bytes, Keys: s.Keys, Volatile: s.Expires})
	}
	got := d.Fill()
	got.Pending = 0
	if got != sum || got.Data > 2<<20 || room.Stats().Evicted.Load() == 0 {
		t.Errorf("the fill is %+v, there are %+v, %d evicted", got, sum, room.Stats().Evicted.Load())
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	dir.Close()
}

// mayhem writes keys of all sizes and types, and takes some away.
func mayhem(t *testing.T, e store.Engine, room budget, rnd *rand.Rand) {
	ctx := context.Background()
	for range 400 {
		k := store.Key{DB: rnd.IntN(3), Name: fmt.Append(nil, "k", rnd.IntN(300))}
		size := 1 << rnd.IntN(17)
		if !room.Admit(ctx, int64(size)) {
			t.Error("no room")
			return
		}
		err := e.Update(ctx, store.One(k), func(tx store.Tx) error {
			value := []byte(strings.Repeat("v", size))
			switch rnd.IntN(6) {
			case 0:
				_, err := tx.Drop(k)
				return err
			case 1:
				if _, err := tx.Drop(k); err != nil {
					return err
				}
				h, err := store.OpenHash(tx, k)
				if err == nil {
					_, err = h.Set(store.Item{Field: []byte("f"), Value: value})
				}
				return err
			}
			return store.SetString(tx, k, value, 0)
		})
		room.Release(int64(size))
		if err != nil {
			t.Error(err)
			return
		}
	}
}
