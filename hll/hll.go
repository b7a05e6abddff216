// Package hll is the HyperLogLog of Redis: 16384 registers of 6 bits in a string, all of them (dense) or as runs
// (sparse), byte for byte as Redis lays them out. It knows nothing of keys or commands.
//
// A string begins with "HYLL", a byte for the form (0 dense, 1 sparse) and three of zeros. Eight bytes follow, the
// count of last time, lowest byte first; the highest bit says that it no longer holds.
package hll

import (
	"encoding/binary"
	"math/bits"
)

const (
	indexBits = 14
	// Registers is their number.
	Registers = 1 << indexBits
	// hashBits are those of a hash that runs of zeros are counted in.
	hashBits = 64 - indexBits

	registerBits = 6
	header       = 16
	magic        = "HYLL"
	denseLen     = header + Registers*registerBits/8

	dense, sparse = 0, 1

	formAt  = 4
	countAt = 8
	stale   = 1 << 63
)

// Sketch is the content of a key. It belongs to its holder; methods change it in place or move it.
type Sketch struct {
	b []byte
	// sparseMax is the length from which a sparse one becomes dense (hll-sparse-max-bytes).
	sparseMax int
}

// New is an empty sketch.
func New(sparseMax int) *Sketch {
	b := append(make([]byte, 0, header+2), magic...)
	b = append(b, sparse)
	b = append(b[:header:header], 0, 0)
	putXZero(b[header:], Registers)
	return &Sketch{b, sparseMax}
}

// Open takes a key's content for its own; ok is false if its outside shows that it is no sketch. What is damaged within
// shows later.
func Open(content []byte, sparseMax int) (s *Sketch, ok bool) {
	if len(content) < header || string(content[:len(magic)]) != magic || content[formAt] > sparse {
		return nil, false
	}
	s = &Sketch{content, sparseMax}
	return s, !s.Dense() || len(content) == denseLen
}

// HeaderLen is how much of a sketch Kept wants to see.
const HeaderLen = header

// Kept is the count that a sketch of size bytes has kept of last time, told by its header. ok is false if it no longer
// holds, or if this is no sketch.
func Kept(head []byte, size int64) (n uint64, ok bool) {
	if len(head) < header || string(head[:len(magic)]) != magic || head[formAt] > sparse ||
		head[formAt] == dense && size != denseLen {
		return 0, false
	}
	n = (&Sketch{b: head}).cached()
	return n, n&stale == 0
}

// Content is what the key is to hold.
func (s *Sketch) Content() []byte { return s.b }

// Dense tells the form.
func (s *Sketch) Dense() bool { return s.b[formAt] == dense }

func (s *Sketch) cached() uint64 { return binary.LittleEndian.Uint64(s.b[countAt:]) }

// Forget marks the kept count as no longer true.
func (s *Sketch) Forget() { binary.LittleEndian.PutUint64(s.b[countAt:], s.cached()|stale) }

// Count estimates how many different elements were added. fresh is set if that had to be worked out: the content keeps
// it now. ok is false if the sketch is damaged.
func (s *Sketch) Count() (n uint64, fresh, ok bool) {
	if n = s.cached(); n&stale == 0 {
		return n, false, true
	}
	counts, ok := s.histogram()
	if !ok {
		return 0, false, false
	}
	n = estimate(counts)
	binary.LittleEndian.PutUint64(s.b[countAt:], n)
	return n, true, true
}

// Add counts an element. changed tells whether the sketch is another now, ok is false if it is damaged.
func (s *Sketch) Add(element []byte) (changed, ok bool) {
	index, value := place(element)
	return s.Raise(index, value)
}

// Raise sets a register that is lower.
func (s *Sketch) Raise(index int, value uint8) (changed, ok bool) {
	if s.Dense() {
		return s.raiseDense(index, value), true
	}
	return s.raiseSparse(index, value)
}

// place is the register of an element and the value it has at least: one more than the zeros at the low end of the rest
// of the hash, which a bit above its end bounds.
func place(element []byte) (index int, value uint8) {
	hash := murmur(element, 0xadc83b19)
	rest := hash>>indexBits | 1<<hashBits
	return int(hash & (Registers - 1)), uint8(bits.TrailingZeros64(rest) + 1)
}

// murmur is MurmurHash2 for 64 bits, variant A.
func murmur(data []byte, seed uint64) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(data))*m
	for ; len(data) >= 8; data = data[8:] {
		k := binary.LittleEndian.Uint64(data) * m
		h = (h ^ (k^k>>r)*m) * m
	}
	if len(data) > 0 {
		var tail [8]byte
		copy(tail[:], data)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}

// each calls visit for runs of equal registers of a sparse sketch, in order; false if it is damaged.
func (s *Sketch) each(visit func(from, run int, value uint8)) bool {
	at := 0
	for p := header; p < len(s.b); {
		op := s.opAt(p)
		if at+op.run > Registers {
			return false
		}
		visit(at, op.run, op.value)
		at, p = at+op.run, p+op.size
	}
	return at == Registers
}

// Values returns all registers; ok is false if the sketch is damaged.
func (s *Sketch) Values() (all *[Registers]uint8, ok bool) {
	all = new([Registers]uint8)
	return all, s.Into(all)
}

// Into raises registers to those of the sketch; false if it is damaged.
func (s *Sketch) Into(all *[Registers]uint8) bool {
	if s.Dense() {
		four := all[:]
		for p := s.b[header:]; len(p) >= 3 && len(four) >= 4; p, four = p[3:], four[4:] {
			a, b, c, d := unpack(p)
			four[0], four[1] = max(four[0], a), max(four[1], b)
			four[2], four[3] = max(four[2], c), max(four[3], d)
		}
		return true
	}
	return s.each(func(from, run int, value uint8) {
		for i := from; i < from+run; i++ {
			all[i] = max(all[i], value)
		}
	})
}

// histogram tells how many registers have each value.
func (s *Sketch) histogram() (counts *[1 << registerBits]int, ok bool) {
	counts = new([1 << registerBits]int)
	if s.Dense() {
		for p := s.b[header:]; len(p) >= 3; p = p[3:] {
			a, b, c, d := unpack(p)
			counts[a]++
			counts[b]++
			counts[c]++
			counts[d]++
		}
		return counts, true
	}
	return counts, s.each(func(_, run int, value uint8) { counts[value] += run })
}

// unpack reads four registers of a dense sketch from three bytes: one by one takes three times as long.
func unpack(p []byte) (a, b, c, d uint8) {
	v := uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
	const mask = 1<<registerBits - 1
	return uint8(v & mask), uint8(v >> 6 & mask), uint8(v >> 12 & mask), uint8(v >> 18)
}

// register reads one of a dense sketch: 6 bits, lowest first.
func (s *Sketch) register(i int) uint8 {
	at, shift := header+i*registerBits/8, i*registerBits%8
	pair := uint16(s.b[at])
	if at+1 < len(s.b) {
		pair |= uint16(s.b[at+1]) << 8
	}
	return uint8(pair>>shift) & (1<<registerBits - 1)
}

func (s *Sketch) raiseDense(i int, value uint8) bool {
	if value <= s.register(i) {
		return false
	}
	const mask = 1<<registerBits - 1
	at, shift := header+i*registerBits/8, i*registerBits%8
	set, wipe := uint16(value)<<shift, uint16(mask)<<shift
	s.b[at] = s.b[at]&^byte(wipe) | byte(set)
	if wipe > 0xff {
		s.b[at+1] = s.b[at+1]&^byte(wipe>>8) | byte(set>>8)
	}
	return true
}
