package cull

import (
	"math"
	"math/rand/v2"

	"larder/store"
)

// Policy says which keys may be evicted, and which of them go first. It is data, never changed.
type Policy struct {
	Name string
	// Volatile policies take keys with an expiry only.
	Volatile bool
	// Ordered policies have an index that knows the first: no sample is drawn.
	Ordered bool
	// score is the higher the sooner a key goes; nil means that none does.
	score func(v *Evictor, c *store.Candidate, nowMillis int64) int64
}

// Evicts reports whether the policy ever removes a key.
func (p *Policy) Evicts() bool { return p.score != nil }

// Policies are those of Redis; lrs, least recently stored, is an older name of ours for its lrm, least recently
// modified.
func Policies() []Policy {
	return []Policy{
		{Name: "noeviction"},
		{Name: "allkeys-lru", score: leastUsed},
		{Name: "allkeys-lfu", score: leastFrequent},
		{Name: "allkeys-lrs", score: leastStored},
		{Name: "allkeys-lrm", score: leastStored},
		{Name: "allkeys-random", score: anyKey},
		{Name: "volatile-lru", Volatile: true, score: leastUsed},
		{Name: "volatile-lfu", Volatile: true, score: leastFrequent},
		{Name: "volatile-lrs", Volatile: true, score: leastStored},
		{Name: "volatile-lrm", Volatile: true, score: leastStored},
		{Name: "volatile-random", Volatile: true, score: anyKey},
		{Name: "volatile-ttl", Volatile: true, Ordered: true, score: soonest},
	}
}

func policyNamed(name string) *Policy {
	for _, p := range Policies() {
		if p.Name == name {
			return &p
		}
	}
	return &Policy{Name: name}
}

func leastUsed(v *Evictor, c *store.Candidate, _ int64) int64 { return -v.lastUse(c) }

func leastStored(_ *Evictor, c *store.Candidate, _ int64) int64 { return -c.StoredAt }

func soonest(_ *Evictor, c *store.Candidate, _ int64) int64 { return -c.ExpireAt }

func anyKey(*Evictor, *store.Candidate, int64) int64 { return rand.Int64() }

// leastFrequent breaks ties by the last use.
func leastFrequent(v *Evictor, c *store.Candidate, nowMillis int64) int64 {
	const idleMax = 1<<40 - 1
	idle := min(max(nowMillis-v.lastUse(c), 0), idleMax)
	return int64(math.MaxUint8-v.frequency(c))<<40 | idle
}

// lastUse is when a key was used last, as far as is known: storing it is a use.
func (v *Evictor) lastUse(c *store.Candidate) int64 {
	at := max(c.UsedAt, c.StoredAt)
	if seen, _, ok := v.o.Uses.Look(c.Key.DB, c.Key.Name); ok {
		at = max(at, seen)
	}
	return at
}

// frequency is a key's counter. If it is not in memory any more, it is the noted one, decayed since then; if none was
// noted, a newcomer's, decayed since the key was stored.
func (v *Evictor) frequency(c *store.Candidate) uint8 {
	if at, f, ok := v.o.Uses.Look(c.Key.DB, c.Key.Name); ok {
		return v.o.Uses.Aged(f, at)
	}
	if c.UsedAt != 0 {
		return v.o.Uses.Aged(c.Frequency, c.UsedAt)
	}
	return v.o.Uses.Aged(newcomer, c.StoredAt)
}

// newcomer is the counter of a key that was just stored, Redis's LFU_INIT_VAL: above what has
// been idle, so that it gets its chance.
const newcomer = 5
