package cull

import (
	"context"
	"slices"

	"larder/store"
)

// poolSize is how many good candidates are kept from one search to the next.
const poolSize = 32

// perSample is how many victims one sample is drawn for: a snapshot and a descent cost more than
// the rows of the page they lead to.
const perSample = 4

// scored is a candidate of the pool, the best last.
type scored struct {
	store.Candidate
	score int64
}

// choose finds keys of so many bytes together, or at most most keys. The caller holds mu.
func (v *Evictor) choose(ctx context.Context, excess int64, most int) ([]store.Candidate, error) {
	policy, now := v.policy.Load(), v.o.Now().UnixMilli()
	var victims []store.Candidate
	if policy.Ordered {
		found, err := v.soonest(ctx, most)
		for i := 0; i < len(found) && excess > 0; i++ {
			excess -= found[i].Bytes
			victims = append(victims, found[i])
		}
		return victims, err
	}
	v.rescore(policy, now)
	for excess > 0 && len(victims) < most {
		if len(victims)%perSample == 0 {
			found, err := v.sample(ctx, policy.Volatile)
			if err != nil {
				return victims, err
			}
			v.consider(policy, found, victims, now)
		}
		if len(v.pool) == 0 {
			break
		}
		best := v.pool[len(v.pool)-1]
		v.pool = v.pool[:len(v.pool)-1]
		victims = append(victims, best.Candidate)
		excess -= best.Bytes
	}
	return victims, nil
}

// blessedDraws is how many samples are drawn before it is believed that all keys are blessed. If one in five is not,
// one sample in a hundred finds none of them, with the least maxmemory-samples.
const blessedDraws = 64

// sample draws keys that may be evicted; none only if there seems to be none.
func (v *Evictor) sample(ctx context.Context, volatile bool) (found []store.Candidate, err error) {
	for draws := 0; draws < blessedDraws && err == nil; draws++ {
		found, err = v.sampler.Sample(ctx, found[:0], perSample*int(v.samples.Load()), volatile)
		drawn := len(found)
		if found = evictable(found); len(found) > 0 || drawn == 0 {
			break
		}
	}
	return found, err
}

// soonest finds the keys that expire first of those that may be evicted.
func (v *Evictor) soonest(ctx context.Context, most int) (found []store.Candidate, err error) {
	for n := most; ; n *= 4 {
		found, err = v.sampler.Soonest(ctx, found[:0], n)
		all := len(found)
		if found = evictable(found); err != nil || len(found) >= most || all < n {
			return found[:min(len(found), most)], err
		}
	}
}

func evictable(found []store.Candidate) []store.Candidate {
	return slices.DeleteFunc(found, func(c store.Candidate) bool { return c.Blessed })
}

// rescore takes account of uses since the candidates were found.
func (v *Evictor) rescore(policy *Policy, now int64) {
	for i := range v.pool {
		v.pool[i].score = v.score(policy, &v.pool[i].Candidate, now)
	}
	slices.SortFunc(v.pool, byScore)
}

func byScore(a, b scored) int {
	switch {
	case a.score < b.score:
		return -1
	case a.score > b.score:
		return 1
	}
	return 0
}

// score puts what has expired before everything else.
func (v *Evictor) score(policy *Policy, c *store.Candidate, now int64) int64 {
	if c.ExpireAt != 0 && now > c.ExpireAt {
		return 1<<63 - 1
	}
	return policy.score(v, c, now)
}

// consider puts what was found into the pool, unless it is there or chosen already.
func (v *Evictor) consider(policy *Policy, found, chosen []store.Candidate, now int64) {
	for i := range found {
		c := &found[i]
		same := func(k store.Key) bool { return k.DB == c.Key.DB && string(k.Name) == string(c.Key.Name) }
		if slices.ContainsFunc(chosen, func(o store.Candidate) bool { return same(o.Key) }) {
			continue
		}
		v.pool = slices.DeleteFunc(v.pool, func(o scored) bool { return same(o.Key) })
		entry := scored{*c, v.score(policy, c, now)}
		at, _ := slices.BinarySearchFunc(v.pool, entry, byScore)
		v.pool = slices.Insert(v.pool, at, entry)
		if len(v.pool) > poolSize {
			v.pool = slices.Delete(v.pool, 0, 1)
		}
	}
}
