package cull_test

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"larder/cull"
	"larder/resp/stat"
	"larder/store"
	"larder/store/storetest"
)

// The quality of eviction is measured by replaying traces of keys of one size against caches that hold a
// tenth of them: how often is a key there when it is asked for? Times are simulated and all
// chance is seeded. What is compared is the evictor with the table of uses as the server has
// them; only the engine is a map.
//
//	zipf      independent draws, the k-th key with a probability of 1/k: the model web traces are compared with
//	          (Breslau and others, INFOCOM 1999)
//	scanned   zipf, and again and again a scan over keys that nobody wants twice: the shape that ARC's paper
//	          (Megiddo and Modha, FAST 2003) takes from its storage traces
//	drifting  zipf whose ranking moves: what is popular today is not tomorrow, as in video and news traces

const (
	traceKeys  = 10_000
	traceRoom  = traceKeys / 10
	stepMillis = 1
	margin     = 0.03
)

// traceSteps is how long a trace is. In the short form an exact policy still replaces all it holds many
// times over, and a scan comes twice.
func traceSteps() int {
	return storetest.Times(24_000, 200_000)
}

// trace yields the keys asked for.
type trace func(rng *rand.Rand, step int) int

// zipfTable draws ranks with a probability in proportion to 1/rank.
func zipfTable(n int) func(*rand.Rand) int {
	sums := make([]float64, n)
	total := 0.0
	for i := range sums {
		total += 1 / float64(i+1)
		sums[i] = total
	}
	return func(rng *rand.Rand) int {
		x := rng.Float64() * total
		low, high := 0, n-1
		for low < high {
			if mid := (low + high) / 2; sums[mid] < x {
				low = mid + 1
			} else {
				high = mid
			}
		}
		return low
	}
}

func traces() map[string]trace {
	zipf := zipfTable(traceKeys)
	return map[string]trace{
		"zipf": func(rng *rand.Rand, _ int) int { return zipf(rng) },
		"scanned": func(rng *rand.Rand, step int) int {
			if at := step % 20_000; at < 3_000 {
				return traceKeys + step/20_000*3_000 + at
			}
			return zipf(rng)
		},
		"drifting": func(rng *rand.Rand, step int) int { return (zipf(rng) + step/100) % traceKeys },
	}
}

// shelf is a cache of keys of one size: an engine for the evictor.
type shelf struct {
	store.Engine
	rng    *rand.Rand
	at     map[int]int // place in keys
	keys   []int
	stored map[int]int64
}

func (s *shelf) Fill() store.Fill {
	return store.Fill{Data: int64(len(s.keys)), Keys: int64(len(s.keys))}
}
func (s *shelf) Exact(bool) {}

func (s *shelf) Sample(_ context.Context, dst []store.Candidate, n int, _ bool) ([]store.Candidate, error) {
	for range min(n, len(s.keys)) {
		k := s.keys[s.rng.IntN(len(s.keys))]
		dst = append(dst, store.Candidate{Key: nameOf(k), Bytes: 1, StoredAt: s.stored[k]})
	}
	return dst, nil
}

func (s *shelf) Soonest(context.Context, []store.Candidate, int) ([]store.Candidate, error) {
	return nil, nil
}

func (s *shelf) Batch(_ context.Context, jobs []*store.Job) {
	for _, j := range jobs {
		j.Err = j.Fn(shelfTx{shelf: s})
	}
}

func (s *shelf) put(k int, now int64) {
	s.at[k] = len(s.keys)
	s.keys = append(s.keys, k)
	s.stored[k] = now
}

func nameOf(k int) store.Key { return store.Key{Name: strconv.AppendInt(nil, int64(k), 10)} }

type shelfTx struct {
	store.Tx
	*shelf
}

func (t shelfTx) key(k store.Key) int {
	n, err := strconv.Atoi(string(k.Name))
	if err != nil {
		panic(err)
	}
	return n
}

func (t shelfTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	for _, k := range keys {
		h := store.Head{}
		if _, ok := t.at[t.key(k)]; ok {
			h = store.Head{Type: store.String, Bytes: 1}
		}
		dst = append(dst, h)
	}
	return dst, nil
}

func (t shelfTx) Expire(...store.Key) (int, error) { return 0, nil }

func (t shelfTx) Drop(keys ...store.Key) (int, error) {
	for _, k := range keys {
		i := t.at[t.key(k)]
		last := t.keys[len(t.keys)-1]
		t.keys[i], t.at[last] = last, i
		t.keys = t.keys[:len(t.keys)-1]
		delete(t.at, t.key(k))
	}
	return len(keys), nil
}

// replay is the hit rate of the evictor under a policy.
func replay(policy string, next trace) float64 {
	now := time.Unix(1_700_000_000, 0)
	clock := func() time.Time { return now }
	chance := rand.New(rand.NewPCG(1, 2))
	uses := stat.NewRecencyBy(clock, chance.Float64)
	uses.PreferFrequent(policy == "allkeys-lfu")
	s := &shelf{rng: rand.New(rand.NewPCG(3, 4)), at: map[int]int{}, stored: map[int]int64{}}
	v := cull.NewEvictor(s, cull.EvictOptions{Uses: uses, Now: clock})
	v.SetPolicy(policy)
	v.SetLimit(traceRoom)
	rng, hits := rand.New(rand.NewPCG(5, 6)), 0
	for step := range traceSteps() {
		now = now.Add(stepMillis * time.Millisecond)
		k := next(rng, step)
		name := nameOf(k)
		if _, ok := s.at[k]; ok {
			hits++
		} else {
			if !v.Admit(ctx, 1) {
				panic("no room")
			}
			s.put(k, now.UnixMilli())
			v.Release(1)
		}
		uses.Touch(0, name.Name)
	}
	return float64(hits) / float64(traceSteps())
}

// ranked is a priority queue of cached keys: the exact policies.
type ranked struct {
	items []rank
	at    map[int]int
}

type rank struct {
	key, count, last int
}

func (r *ranked) Len() int { return len(r.items) }
func (r *ranked) Less(i, j int) bool {
	a, b := r.items[i], r.items[j]
	return a.count < b.count || a.count == b.count && a.last < b.last
}
func (r *ranked) Swap(i, j int) {
	r.items[i], r.items[j] = r.items[j], r.items[i]
	r.at[r.items[i].key], r.at[r.items[j].key] = i, j
}
func (r *ranked) Push(x any) { r.at[x.(rank).key] = len(r.items); r.items = append(r.items, x.(rank)) }
func (r *ranked) Pop() any {
	last := r.items[len(r.items)-1]
	r.items = r.items[:len(r.items)-1]
	delete(r.at, last.key)
	return last
}

// exact is the hit rate of exact LRU, or of exact LFU: of the keys in the cache the one goes that was
// asked for least often since it came, and of several the one that was not for longest.
func exact(lfu bool, next trace) float64 {
	r := &ranked{at: map[int]int{}}
	rng, hits := rand.New(rand.NewPCG(5, 6)), 0
	for step := range traceSteps() {
		k := next(rng, step)
		i, ok := r.at[k]
		if !ok {
			if len(r.items) == traceRoom {
				heap.Pop(r)
			}
			one := rank{key: k, last: step}
			if lfu {
				one.count = 1
			}
			heap.Push(r, one)
			continue
		}
		hits++
		r.items[i].last = step
		if lfu {
			r.items[i].count++
		}
		heap.Fix(r, i)
	}
	return float64(hits) / float64(traceSteps())
}

func TestHitRates(t *testing.T) {
	for name, next := range traces() {
		for policy, lfu := range map[string]bool{"allkeys-lru": false, "allkeys-lfu": true} {
			t.Run(name+"/"+policy, func(t *testing.T) {
				t.Parallel()
				got, want := replay(policy, next), exact(lfu, next)
				t.Logf("%.1f%%, exact %.1f%%", 100*got, 100*want)
				if got < want-margin {
					t.Errorf("%s: %s hits %.1f%%, the exact policy %.1f%%", name, policy, 100*got, 100*want)
				}
			})
		}
	}
}
