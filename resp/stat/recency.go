package stat

import (
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Recency remembers when keys were last used and how often, in fixed memory: a table of
// slots that keys hash to. A slot says which key it is about by a tag; a newcomer takes
// the slot over. So an answer is exact or missing, and never grows with the data. For any
// goroutine; a lost race between two touches loses one touch.
type Recency struct {
	seed    maphash.Seed
	started time.Time
	now     func() time.Time
	slots   []atomic.Uint64 // tag 24 bits | frequency 8 | seconds since started 32
}

const (
	recencySlots = 1 << 17 // 1 MB
	tagBits      = 24
	lfuStart     = 5  // Redis's LFU_INIT_VAL
	lfuLogFactor = 10 // Redis's default lfu-log-factor
)

// NewRecency returns an empty table.
func NewRecency() *Recency {
	return &Recency{seed: maphash.MakeSeed(), started: time.Now(), now: time.Now, slots: make([]atomic.Uint64, recencySlots)}
}

// Touch notes that a key was used now.
func (r *Recency) Touch(db int, name []byte) {
	slot, tag := r.slot(db, name)
	old := slot.Load()
	frequency := uint64(lfuStart)
	if old>>40 == tag {
		frequency = grow(old >> 32 & 0xff)
	}
	slot.Store(tag<<40 | frequency<<32 | r.seconds())
}

// IdleSeconds is the time since a key was last used. A key that nobody has used since the
// server started, or that has lost its slot, counts from the start.
func (r *Recency) IdleSeconds(db int, name []byte) int64 {
	slot, tag := r.slot(db, name)
	value := slot.Load()
	if value>>40 != tag {
		return int64(r.seconds())
	}
	return int64(r.seconds() - value&0xffffffff)
}

// Frequency is a key's logarithmic access counter, as OBJECT FREQ answers it.
func (r *Recency) Frequency(db int, name []byte) int {
	slot, tag := r.slot(db, name)
	value := slot.Load()
	if value>>40 != tag {
		return 0
	}
	return int(value >> 32 & 0xff)
}

func (r *Recency) slot(db int, name []byte) (*atomic.Uint64, uint64) {
	h := maphash.Bytes(r.seed, name) + uint64(db)*0x9e3779b97f4a7c15
	return &r.slots[h%recencySlots], h >> (64 - tagBits)
}

func (r *Recency) seconds() uint64 { return uint64(r.now().Sub(r.started) / time.Second) }

// grow is Redis's LFULogIncr: the higher the counter, the rarer it grows.
func grow(counter uint64) uint64 {
	if counter == 255 {
		return 255
	}
	base := max(float64(counter)-lfuStart, 0)
	if rand.Float64() < 1/(base*lfuLogFactor+1) {
		counter++
	}
	return counter
}
