package cull

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"larder/store"
)

// Uses remembers when keys were used, and how often. For any goroutine.
type Uses interface {
	// Look tells when a key was last used, in Unix milliseconds, and its counter then; ok is
	// false if that is not remembered.
	Look(db int, name []byte) (at int64, frequency uint8, ok bool)
	// Aged is what a counter is worth now that was right at a time.
	Aged(frequency uint8, at int64) uint8
}

// EvictOptions are what an Evictor is made with.
type EvictOptions struct {
	Uses Uses
	// Through is the engine that evictions go through, if not the one that is kept up.
	Through store.Engine
	// Report hears of errors; Loud is called at the first eviction.
	Report func(chore string, err error)
	Loud   func(policy string, used, limit int64)
	Now    func() time.Time // the wall clock by default
}

// Evictor keeps the data of an engine within a limit. It knows the fill at any moment, so it
// removes what is needed and no more: a writer says beforehand how much it needs, and that is reserved until the
// write is over. For any goroutine.
type Evictor struct {
	engine  store.Engine
	gauge   store.Gauge
	sampler store.Sampler
	o       EvictOptions
	stats   EvictStats

	limit    atomic.Int64 // 0 for none
	ceiling  atomic.Int64 // see allowance
	samples  atomic.Int64
	burst    atomic.Int64 // most keys that one write removes
	policy   atomic.Pointer[Policy]
	reserved atomic.Int64 // of writes under way
	waiting  atomic.Int64 // of writes that wait for room
	dry      atomic.Bool  // the last search found nothing to evict
	loud     sync.Once

	mu     sync.Mutex // one evicts at a time, or many would remove for the same need
	pool   []scored
	graves graves

	wake chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup
}

const (
	// backgroundKeys is how many keys the background removes before writers get their turn.
	backgroundKeys = 32
	// slackShare is the part of the limit by which writers may pass it while the background is at
	// work. Past that they wait.
	slackShare = 32
	// atOnce is how long a new limit is enforced before the background takes over.
	atOnce = 50 * time.Millisecond
	// roomPatience is how long a writer waits for room.
	roomPatience = 10 * time.Second
)

// NewEvictor makes an evictor without a limit. An engine that cannot tell its fill or give
// samples never has one.
func NewEvictor(e store.Engine, o EvictOptions) *Evictor {
	v := &Evictor{engine: e, o: o, wake: make(chan struct{}, 1)}
	v.gauge, _ = e.(store.Gauge)
	v.sampler, _ = e.(store.Sampler)
	v.graves.from, _ = e.(store.Expirer)
	if v.o.Through == nil {
		v.o.Through = e
	}
	if v.o.Now == nil {
		v.o.Now = time.Now
	}
	if v.o.Report == nil {
		v.o.Report = func(string, error) {}
	}
	if v.o.Loud == nil {
		v.o.Loud = func(string, int64, int64) {}
	}
	v.samples.Store(5)
	v.burst.Store(10)
	v.SetPolicy("noeviction")
	return v
}

// SetLimit sets the most bytes of data, 0 for no limit.
func (v *Evictor) SetLimit(bytes int64) {
	if v.gauge == nil || v.sampler == nil {
		return
	}
	v.gauge.Exact(bytes > 0)
	v.ceiling.Store(v.Used())
	v.limit.Store(bytes)
	v.dry.Store(false)
	if v.stop != nil { // at once as far as that is quick, as Redis does
		for until := time.Now().Add(atOnce); v.behind() && time.Now().Before(until); {
			v.evict(context.Background(), backgroundKeys, v.overdue)
		}
	}
	v.call()
}

// SetPolicy takes effect at the next eviction. It looks at no key.
func (v *Evictor) SetPolicy(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.policy.Store(policyNamed(name))
	v.pool = v.pool[:0]
	v.dry.Store(false)
	v.call()
}

// SetSamples is maxmemory-samples: how many keys are looked at for each that is evicted.
func (v *Evictor) SetSamples(n int64) { v.samples.Store(max(n, 1)) }

// SetBurst is cull-limit: how many keys a write removes at most before it runs.
func (v *Evictor) SetBurst(n int64) { v.burst.Store(n) }

// Stats are the evictor's counters.
func (v *Evictor) Stats() *EvictStats { return &v.stats }

// Used is the bytes of data.
func (v *Evictor) Used() int64 {
	if v.gauge == nil {
		return 0
	}
	return v.gauge.Fill().Data
}

// Limited reports whether there is a limit.
func (v *Evictor) Limited() bool { return v.limit.Load() > 0 }

// excess is what is too much, counting all writes under way or waiting.
func (v *Evictor) excess() int64 { return v.overdue() + v.reserved.Load() }

// overdue is excess without the writes under way. They had room when they began, and between a write's commit
// and its release it counts twice: an eviction at that moment that no writer asked for would remove a key too many.
func (v *Evictor) overdue() int64 { return v.Used() + v.waiting.Load() - v.limit.Load() }

// Tight reports whether so many bytes more would pass the limit.
func (v *Evictor) Tight(need int64) bool { return v.Limited() && v.excess()+need > 0 }

// Admit makes room for a write of so many bytes and reserves it; the caller releases it when
// the write is over. It removes a few keys itself and leaves the rest to the background, for
// which it waits only where the data is far over its limit. It answers false, and then
// nothing is reserved, if there is no room.
func (v *Evictor) Admit(ctx context.Context, need int64) bool {
	if !v.Limited() || v.reserve(need, 0) || need <= v.limit.Load() && v.makeRoom(ctx, need) {
		return true
	}
	v.stats.Refused.Add(1)
	return false
}

// Spent reports whether there is no room for so many bytes, nor any to be made. Unlike Admit it waits for
// nobody, so it may be asked inside a transaction.
func (v *Evictor) Spent(need int64) bool {
	return v.Limited() && v.Used()+need > v.limit.Load() && (v.dry.Load() || !v.policy.Load().Evicts())
}

// reserve takes room if there is some, counting an allowance over the limit. What others only wait for
// does not count: two writers that wait for each other would wait for ever.
func (v *Evictor) reserve(need, allowance int64) bool {
	for {
		taken := v.reserved.Load()
		if v.Used()+taken+need > v.limit.Load()+allowance {
			return false
		}
		if v.reserved.CompareAndSwap(taken, taken+need) {
			return true
		}
	}
}

// Release gives back what was admitted.
func (v *Evictor) Release(need int64) {
	v.reserved.Add(-need)
	if v.overdue() > 0 { // it was let in by the allowance
		v.call()
	}
}

func (v *Evictor) makeRoom(ctx context.Context, need int64) bool {
	if !v.policy.Load().Evicts() {
		return v.buryFor(ctx, need)
	}
	v.waiting.Add(need)
	v.call()
	v.evict(ctx, int(v.burst.Load()), v.excess)
	deadline := time.Now().Add(roomPatience)
	for waited := false; ; waited = true {
		v.waiting.Add(-need)
		dry, alone := v.dry.Load(), v.reserved.Load() == 0
		slack := int64(0)
		if !dry {
			slack = v.allowance()
		}
		switch {
		case v.reserve(need, slack):
			return true
		case dry && alone, ctx.Err() != nil, time.Now().After(deadline):
			return false
		}
		v.waiting.Add(need)
		if !waited {
			v.stats.Waits.Add(1)
		}
		v.call() // those who were under way may have ended
		time.Sleep(time.Millisecond)
	}
}

// allowance is by how much writers may pass the limit while the background evicts. When a limit is set below what
// there is, they go on from there: waiting until all is gone that has to go would take seconds. That
// ceiling comes down with the data.
func (v *Evictor) allowance() int64 {
	limit := v.limit.Load()
	return limit/slackShare + max(v.ceiling.Load()-limit, 0)
}

// lower brings the ceiling down to what there is. The caller holds mu.
func (v *Evictor) lower() { v.ceiling.Store(min(v.ceiling.Load(), v.Used())) }

// call wakes the background.
func (v *Evictor) call() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// evict removes at most so many keys while there is too much, by the count of its caller.
func (v *Evictor) evict(ctx context.Context, most int, tooMuch func() int64) {
	if most <= 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stats.clock(tooMuch() > 0)
	if tooMuch() <= 0 || !v.Limited() || !v.policy.Load().Evicts() {
		return
	}
	began := time.Now()
	found := true
	dead, err := v.bury(ctx, most, tooMuch)
	if excess := tooMuch(); err == nil && excess > 0 && !dead {
		var victims []store.Candidate
		victims, err = v.choose(ctx, excess, most)
		if found = len(victims) > 0; err == nil && found {
			err = v.drop(ctx, victims)
		}
	}
	v.dry.Store(err != nil || !found)
	v.complain(ctx, err)
	v.stats.Busy.Add(int64(time.Since(began)))
	v.lower()
	v.stats.clock(tooMuch() > 0)
}

// drop removes the victims, a job each: a transaction over all would hold many shards.
func (v *Evictor) drop(ctx context.Context, victims []store.Candidate) (err error) {
	freed, expired := make([]int64, len(victims)), make([]int, len(victims))
	jobs := make([]*store.Job, len(victims))
	volatile := v.policy.Load().Volatile
	for i := range victims {
		k := victims[i].Key
		jobs[i] = &store.Job{Scope: store.One(k), Write: true, Fn: func(tx store.Tx) (err error) {
			freed[i], expired[i], err = dropOne(tx, k, volatile)
			return err
		}}
	}
	v.loud.Do(func() { v.o.Loud(v.policy.Load().Name, v.Used(), v.limit.Load()) })
	store.Batch(ctx, v.o.Through, jobs)
	for i, j := range jobs {
		if j.Err != nil {
			err = j.Err
			continue
		}
		v.stats.Expired.Add(int64(expired[i]))
		if freed[i] > 0 {
			v.stats.Evicted.Add(1)
			v.stats.Bytes.Add(freed[i])
		}
	}
	return err
}

// dropOne removes a key if it is still one that may go, and returns its bytes. One that has expired is not
// counted as evicted.
func dropOne(tx store.Tx, k store.Key, volatile bool) (freed int64, expired int, err error) {
	heads, err := tx.Heads(nil, k)
	if err != nil {
		return 0, 0, err
	}
	if !heads[0].Exists() {
		expired, err = store.Expire(tx, k)
		return 0, expired, err
	}
	if volatile && heads[0].ExpireAt == 0 || heads[0].Notes.Blessed() {
		return 0, 0, nil
	}
	n, err := tx.Drop(k)
	return heads[0].Bytes * int64(n), 0, err
}

// Start begins to work in the background.
func (v *Evictor) Start() {
	ctx, stop := context.WithCancel(context.Background())
	v.stop = stop
	v.done.Go(func() { v.work(ctx) })
}

// Stop ends the work.
func (v *Evictor) Stop() {
	if v.stop != nil {
		v.stop()
	}
	v.done.Wait()
}

func (v *Evictor) work(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.wake:
		case <-tick.C:
			v.dry.Store(false) // keys with an expiry may have come
		}
		v.relieve(ctx)
	}
}

// behind reports whether there is something to evict, and hope of finding it.
func (v *Evictor) behind() bool {
	return v.Limited() && v.overdue() > 0 && !v.dry.Load() && v.policy.Load().Evicts()
}

// relieve evicts until the data is within its limit. It takes a quarter of the time while the limit is
// hardly passed, and all of it as the excess nears what writers may use.
func (v *Evictor) relieve(ctx context.Context) {
	for ctx.Err() == nil && v.behind() {
		began := time.Now()
		v.evict(ctx, backgroundKeys, v.overdue)
		slack := max(v.allowance(), 1)
		share := min(0.25+0.75*float64(max(v.overdue(), 0))/float64(slack), 1)
		time.Sleep(min(time.Duration(float64(time.Since(began))*(1/share-1)), 20*time.Millisecond))
	}
}
