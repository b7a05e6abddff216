package stat

import (
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Recency remembers when keys were last used and how often, in fixed memory: buckets of a
// few slots that keys hash to. A slot says which key it is about by a tag; a newcomer takes
// the slot of its bucket that was used longest ago, or least often. So an answer is right or missing,
// and memory never grows with the data. For any goroutine; a lost race between two touches loses
// one touch.
type Recency struct {
	seed    maphash.Seed
	started time.Time
	epoch   time.Time // what slots count from: a key may be older than the server
	now     func() time.Time
	chance  func() float64
	buckets []recencyBucket

	frequent     atomic.Bool // keep what is used often, not what was used last
	logFactor    atomic.Int64
	decayMinutes atomic.Int64
}

// recencyBucket is one cache line. A slot is tag 20 bits | frequency 8 | milliseconds since epoch 36,
// which last two years; 0 is an empty slot.
type recencyBucket [8]atomic.Uint64

const (
	recencyBuckets = 1 << 15 // 2 MB, a quarter of a million keys
	timeBits       = 36
	tagShift       = timeBits + 8
	lfuStart       = 5 // Redis's LFU_INIT_VAL

	// oldest is the longest that a key may have been idle when the server started.
	oldest = 60 * 24 * time.Hour
)

// NewRecency returns an empty table with Redis's default lfu-log-factor and lfu-decay-time.
func NewRecency() *Recency { return NewRecencyBy(time.Now, rand.Float64) }

// NewRecencyBy is NewRecency with another clock and other chance, for tests.
func NewRecencyBy(now func() time.Time, chance func() float64) *Recency {
	r := &Recency{seed: maphash.MakeSeed(), now: now, chance: chance, buckets: make([]recencyBucket, recencyBuckets)}
	r.started = now()
	r.epoch = r.started.Add(-oldest)
	r.Tune(10, 1)
	return r
}

// Tune sets lfu-log-factor and lfu-decay-time, the minutes in which a counter loses one, 0 for never.
func (r *Recency) Tune(logFactor, decayMinutes int64) {
	r.logFactor.Store(logFactor)
	r.decayMinutes.Store(decayMinutes)
}

// PreferFrequent says which keys to remember where there is not room for all.
func (r *Recency) PreferFrequent(on bool) { r.frequent.Store(on) }

// Touch notes that a key was used now. It reports whether that was news: the key was not remembered.
func (r *Recency) Touch(db int, name []byte) (news bool) {
	bucket, tag := r.bucket(db, name)
	now := r.millis()
	var weakest *atomic.Uint64
	least := ^uint64(0)
	frequent := r.frequent.Load()
	for i := range bucket {
		slot := &bucket[i]
		old := slot.Load()
		if old>>tagShift == tag && old != 0 {
			f := r.grow(r.age(uint8(old>>timeBits), now-old&(1<<timeBits-1)))
			slot.Store(tag<<tagShift | uint64(f)<<timeBits | now)
			return false
		}
		worth := old & (1<<timeBits - 1)
		if frequent {
			worth |= uint64(r.age(uint8(old>>timeBits), now-worth)) << timeBits
		}
		if old == 0 {
			worth = 0
		}
		if worth < least {
			weakest, least = slot, worth
		}
	}
	if weakest == nil {
		weakest = &bucket[0]
	}
	weakest.Store(tag<<tagShift | lfuStart<<timeBits | now)
	return true
}

// Place notes that a key was last used so many seconds ago, at most as long as slots reach back, and
// how often; what is negative stays as it is for a key just used.
func (r *Recency) Place(db int, name []byte, idleSeconds, frequency int64) {
	r.Touch(db, name)
	bucket, tag := r.bucket(db, name)
	now := r.millis()
	idle := uint64(min(max(idleSeconds, 0), int64(oldest/time.Second))) * 1000
	for i := range bucket {
		old := bucket[i].Load()
		if old == 0 || old>>tagShift != tag {
			continue
		}
		f := uint64(uint8(old >> timeBits))
		if frequency >= 0 {
			f = uint64(min(frequency, 255))
		}
		bucket[i].Store(tag<<tagShift | f<<timeBits | now - min(idle, now))
		return
	}
}

// Look tells when a key was last used, in Unix milliseconds, and its counter then.
func (r *Recency) Look(db int, name []byte) (at int64, frequency uint8, ok bool) {
	bucket, tag := r.bucket(db, name)
	for i := range bucket {
		if v := bucket[i].Load(); v != 0 && v>>tagShift == tag {
			return r.epoch.UnixMilli() + int64(v&(1<<timeBits-1)), uint8(v >> timeBits), true
		}
	}
	return 0, 0, false
}

// Aged is what a counter is worth now that was right at a time in Unix milliseconds.
func (r *Recency) Aged(frequency uint8, at int64) uint8 {
	return r.age(frequency, uint64(max(r.now().UnixMilli()-at, 0)))
}

// IdleSeconds is the time since a key was last used. A key that has not been used since the server started, or that
// was forgotten, counts from the start.
func (r *Recency) IdleSeconds(db int, name []byte) int64 {
	at, _, ok := r.Look(db, name)
	if !ok {
		at = r.started.UnixMilli()
	}
	return max(r.now().UnixMilli()-at, 0) / 1000
}

// Frequency is a key's logarithmic access counter, as OBJECT FREQ answers it.
func (r *Recency) Frequency(db int, name []byte) int {
	at, f, ok := r.Look(db, name)
	if !ok {
		return 0
	}
	return int(r.Aged(f, at))
}

func (r *Recency) bucket(db int, name []byte) (*recencyBucket, uint64) {
	h := maphash.Bytes(r.seed, name) + uint64(db)*0x9e3779b97f4a7c15
	return &r.buckets[h%recencyBuckets], h >> tagShift
}

func (r *Recency) millis() uint64 { return uint64(max(r.now().Sub(r.epoch).Milliseconds(), 0)) }

// age is Redis's LFUDecrAndReturn.
func (r *Recency) age(counter uint8, idleMillis uint64) uint8 {
	decay := r.decayMinutes.Load()
	if decay <= 0 {
		return counter
	}
	return counter - uint8(min(uint64(counter), idleMillis/uint64(decay*60_000)))
}

// grow is Redis's LFULogIncr: the higher the counter, the rarer it grows.
func (r *Recency) grow(counter uint8) uint8 {
	if counter == 255 {
		return 255
	}
	base := max(float64(counter)-lfuStart, 0)
	if base == 0 || r.chance() < 1/(base*float64(r.logFactor.Load())+1) {
		counter++
	}
	return counter
}
