package cull_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"larder/cull"
	"larder/resp/stat"
	"larder/store"
	"larder/store/memory"
)

// limited is an engine with an evictor that works only when it is asked.
func limited(policy string, limit int64) (*memory.Engine, *cull.Evictor, *stat.Recency) {
	e := memory.New(memory.WithClock(func() int64 { return time.Now().UnixMilli() }))
	uses := stat.NewRecency()
	v := cull.NewEvictor(e, cull.EvictOptions{Uses: uses})
	v.SetPolicy(policy)
	v.SetLimit(limit)
	return e, v, uses
}

func put(t *testing.T, e store.Engine, name string, bytes, expireAt int64) {
	t.Helper()
	k := store.Key{Name: []byte(name)}
	err := e.Update(ctx, store.One(k), func(tx store.Tx) error {
		return tx.PutHead(k, store.Head{Type: store.String, Bytes: bytes, ExpireAt: expireAt})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, e store.Engine, name string) (there bool) {
	t.Helper()
	k := store.Key{Name: []byte(name)}
	err := e.View(ctx, store.One(k), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, k)
		there = heads[0].Exists()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}

// What is evicted is what was needed, and at most one value more.
func TestMixedSizes(t *testing.T) {
	const large, small, limit = 1 << 20, 100, 20 << 20
	for _, p := range cull.Policies() {
		if !p.Evicts() {
			continue
		}
		e, v, _ := limited(p.Name, limit)
		v.SetBurst(1 << 20)
		soon := time.Now().Add(time.Hour).UnixMilli()
		for i := range 18 {
			put(t, e, fmt.Sprintf("l%d", i), large, soon+int64(i))
		}
		for i := range 500 {
			put(t, e, fmt.Sprintf("s%d", i), small, soon-int64(i))
		}
		for i := range 40 {
			need := int64(small)
			if i%4 == 0 {
				need = large
			}
			used, before := v.Used(), v.Stats().Bytes.Load()
			if !v.Admit(ctx, need) {
				t.Fatal(p.Name, "no room")
			}
			evicted, needed := v.Stats().Bytes.Load()-before, max(used+need-limit, 0)
			if evicted < needed || evicted > needed+large || needed == 0 && evicted > 0 {
				t.Errorf("%s: %d bytes were needed and %d evicted", p.Name, needed, evicted)
			}
			put(t, e, fmt.Sprintf("new%d", i), need, soon)
			v.Release(need)
			if v.Used() > limit {
				t.Errorf("%s: %d bytes are used", p.Name, v.Used())
			}
		}
	}
}

// The bytes of a large key are free as soon as it is gone, though its rows are not.
func TestOneLargeKey(t *testing.T) {
	e, v, uses := limited("allkeys-lru", 2<<30)
	put(t, e, "giant", 2<<30-1000, 0)
	time.Sleep(2 * time.Millisecond)
	for i := range 5 {
		put(t, e, fmt.Sprint(i), 100, 0)
		uses.Touch(0, fmt.Append(nil, i))
	}
	if !v.Admit(ctx, 1000) {
		t.Fatal("no room")
	}
	if n := v.Stats().Evicted.Load(); n != 1 || has(t, e, "giant") {
		t.Errorf("%d keys were evicted", n)
	}
}

func TestTooLarge(t *testing.T) {
	e, v, _ := limited("allkeys-random", 1000)
	put(t, e, "k", 900, 0)
	if v.Admit(ctx, 1001) || v.Stats().Evicted.Load() != 0 || !has(t, e, "k") {
		t.Error("something larger than the limit was let in or made room for")
	}
}

func TestNoEviction(t *testing.T) {
	e, v, _ := limited("noeviction", 1000)
	put(t, e, "k", 900, 0)
	if !v.Admit(ctx, 100) {
		t.Fatal("no room for what fits")
	}
	v.Release(100)
	if v.Admit(ctx, 101) || !has(t, e, "k") {
		t.Error("there is room for what does not fit")
	}
	v.SetLimit(0)
	if !v.Admit(ctx, 1<<40) {
		t.Error("there is a limit though none is set")
	}
}

// Volatile policies leave keys without an expiry alone, and say so when there are no others.
func TestVolatile(t *testing.T) {
	for _, p := range cull.Policies() {
		if !p.Volatile {
			continue
		}
		e, v, _ := limited(p.Name, 1000)
		put(t, e, "stays", 500, 0)
		put(t, e, "goes", 500, time.Now().Add(time.Hour).UnixMilli())
		if !v.Admit(ctx, 400) || has(t, e, "goes") || !has(t, e, "stays") {
			t.Errorf("%s: the wrong key is gone, or none", p.Name)
		}
		v.Release(400)
		if v.Admit(ctx, 600) {
			t.Errorf("%s: room for what nothing may make room for", p.Name)
		}
	}
}

func TestOrderOfPolicies(t *testing.T) {
	hour := time.Now().Add(time.Hour).UnixMilli()
	for policy, first := range map[string]string{"allkeys-lru": "b", "allkeys-lfu": "c", "volatile-ttl": "a"} {
		e, v, uses := limited(policy, 300)
		for i, name := range []string{"a", "b", "c"} {
			put(t, e, name, 100, hour+int64(i))
		}
		touch := func(name string, times int) {
			time.Sleep(2 * time.Millisecond)
			for range times {
				uses.Touch(0, []byte(name))
			}
		}
		touch("b", 100)
		touch("a", 50)
		touch("c", 1)
		v.SetSamples(20)
		if !v.Admit(ctx, 100) || has(t, e, first) {
			t.Errorf("%s does not begin with %s", policy, first)
		}
	}
}

// Changing the policy takes effect at once.
func TestPolicyTakesEffect(t *testing.T) {
	e, v, _ := limited("noeviction", 1000)
	put(t, e, "alive", 1000, 0)
	if v.Admit(ctx, 100) {
		t.Error("evicted under noeviction")
	}
	v.SetPolicy("allkeys-lru")
	if !v.Admit(ctx, 100) || has(t, e, "alive") || v.Stats().Evicted.Load() != 1 {
		t.Error("nothing was evicted")
	}
}

// Many writers together evict for their sum and not each for all.
func TestManyWriters(t *testing.T) {
	const limit, size = 200_000, 100
	e, v, _ := limited("allkeys-random", limit)
	v.Start()
	defer v.Stop()
	for i := range limit / size {
		put(t, e, fmt.Sprint("old", i), size, 0)
	}
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := range 50 {
				if !v.Admit(ctx, size) {
					t.Error("no room")
					return
				}
				put(t, e, fmt.Sprint(w, "-", i), size, 0)
				v.Release(size)
			}
		})
	}
	all.Wait()
	if used := v.Used(); used > limit+limit/32 {
		t.Errorf("%d of %d bytes are used", used, limit)
	}
	for v.Used() > limit { // the background has the rest to do
		time.Sleep(time.Millisecond)
	}
	if used := v.Used(); used < limit-16*size {
		t.Errorf("%d of %d bytes are used: too much was evicted", used, limit)
	}
}

// The background makes room without a writer, and only as much as is needed.
func TestBackground(t *testing.T) {
	e, v, _ := limited("allkeys-lru", 0)
	for i := range 100 {
		put(t, e, fmt.Sprint(i), 100, 0)
	}
	v.Start()
	defer v.Stop()
	v.SetLimit(5000)
	for v.Used() > 5000 {
		time.Sleep(time.Millisecond)
	}
	if n := v.Stats().Evicted.Load(); n != 50 {
		t.Errorf("%d keys were evicted", n)
	}
	if total, now := v.Stats().Exceeded(); total <= 0 || now != 0 {
		t.Error("the time over the limit was not measured:", total, now)
	}
}

// Under a limit far below what there is writers go on while the data comes down, and never let it grow.
func TestLowerLimit(t *testing.T) {
	const size = 100
	e, v, _ := limited("allkeys-random", 0)
	for i := range 100 {
		put(t, e, fmt.Sprint("old", i), size, 0)
	}
	v.SetLimit(5000)
	v.SetBurst(1)
	for i := range 200 {
		before := v.Used()
		if !v.Admit(ctx, size) {
			t.Fatal("no room")
		}
		put(t, e, fmt.Sprint("new", i), size, 0)
		v.Release(size)
		if used := v.Used(); used > before {
			t.Fatalf("%d bytes are used after write %d, %d before", used, i, before)
		}
	}
	if n := v.Stats().Waits.Load(); n != 0 {
		t.Errorf("%d writes waited", n)
	}
	if _, err := v.Cull(ctx); err != nil || v.Used() != 5000 {
		t.Errorf("%d bytes are used in the end, %v", v.Used(), err)
	}
}

// A write that is committed and has not given back its room counts once for those who evict in
// the background.
func TestCommittedCountsOnce(t *testing.T) {
	e, v, _ := limited("allkeys-random", 1000)
	v.Start()
	defer v.Stop()
	for i := range 10 {
		put(t, e, fmt.Sprint(i), 100, 0)
	}
	if !v.Admit(ctx, 100) {
		t.Fatal("no room")
	}
	put(t, e, "new", 100, 0)
	v.SetLimit(1000) // looks at once for what is too much
	if n := v.Stats().Evicted.Load(); n != 1 {
		t.Errorf("%d keys were evicted for one", n)
	}
	v.Release(100)
}
