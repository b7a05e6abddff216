package memtable

import (
	"bytes"
	"hash/maphash"
	"iter"
	"math/rand/v2"
)

// A Go map from a key to an entry holds the key once more, which the entry has anyhow, and half as much again for
// what it may grow by: 50 bytes an entry where these are about 16. What the memtable takes decides how many keys
// share a page when it settles, so it counts.

// place is what an entry is found by: a database and a name, or a position, or a field.
type place struct {
	n    int64
	text []byte
}

// member is an entry of an index: a pointer that knows its place, which never changes.
type member interface {
	comparable
	place() place
}

// index finds entries by their places: an open table with linear probing. The zero index but for its seed is
// empty. For one goroutine, or for many that only read.
type index[E member] struct {
	seed  maphash.Seed
	tags  []uint8 // a part of each entry's hash, 0 for none: most others are passed over without a look
	slots []E
	n     int
}

const (
	// indexMin is the smallest table.
	indexMin = 4
	// indexKept is the largest table that is kept for the next group.
	indexKept = 1024
)

func (x *index[E]) hash(p place) uint64 {
	h := uint64(p.n) * 0x9e3779b97f4a7c15
	if len(p.text) > 0 {
		h ^= maphash.Bytes(x.seed, p.text)
	}
	return h ^ h>>32
}

func tagOf(hash uint64) uint8 { return uint8(hash>>24) | 1 }

// find returns the entry of a place, the zero E if there is none.
func (x *index[E]) find(p place) (e E) {
	if x.n == 0 {
		return e
	}
	i, found := x.seek(p, x.hash(p))
	if found {
		return x.slots[i]
	}
	return e
}

// seek returns the slot of a place, or the free one where it would be.
func (x *index[E]) seek(p place, hash uint64) (slot int, found bool) {
	mask, tag := len(x.slots)-1, tagOf(hash)
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		switch x.tags[i] {
		case 0:
			return i, false
		case tag:
			if other := x.slots[i].place(); other.n == p.n && bytes.Equal(other.text, p.text) {
				return i, true
			}
		}
	}
}

// add takes an entry in whose place is free.
func (x *index[E]) add(e E) {
	if 4*(x.n+1) > 3*len(x.slots) {
		x.grow()
	}
	hash := x.hash(e.place())
	i, _ := x.seek(e.place(), hash)
	x.tags[i], x.slots[i] = tagOf(hash), e
	x.n++
}

func (x *index[E]) grow() {
	old := x.slots
	n := max(2*len(old), indexMin)
	x.slots, x.tags, x.n = make([]E, n), make([]uint8, n), 0
	var none E
	for _, e := range old {
		if e != none {
			x.add(e)
		}
	}
}

// remove takes the entry of a place out, and moves up those behind it that a search would not find any more.
func (x *index[E]) remove(p place) {
	if x.n == 0 {
		return
	}
	hole, found := x.seek(p, x.hash(p))
	if !found {
		return
	}
	mask := len(x.slots) - 1
	for i := (hole + 1) & mask; x.tags[i] != 0; i = (i + 1) & mask {
		home := int(x.hash(x.slots[i].place())) & mask
		if (i-home)&mask >= (i-hole)&mask {
			x.tags[hole], x.slots[hole] = x.tags[i], x.slots[i]
			hole = i
		}
	}
	var none E
	x.tags[hole], x.slots[hole] = 0, none
	x.n--
}

// clear empties the index.
func (x *index[E]) clear() {
	if len(x.slots) > indexKept {
		x.slots, x.tags = nil, nil
	}
	clear(x.slots)
	clear(x.tags)
	x.n = 0
}

// all goes through the entries in no order, beginning somewhere else each time. The index must not change meanwhile.
func (x *index[E]) all() iter.Seq[E] {
	return func(yield func(E) bool) {
		if x.n == 0 {
			return
		}
		mask := len(x.slots) - 1
		for i, start := 0, rand.IntN(len(x.slots)); i <= mask; i++ {
			if at := (start + i) & mask; x.tags[at] != 0 && !yield(x.slots[at]) {
				return
			}
		}
	}
}
