package rowcache

// index finds the place of a row in its log: an open table of 8 bytes a slot, where a map of
// Go's takes five times as much. It knows a key by its mark, 32 bits of a hash, so two keys may take each other's
// place: what is found must be compared with what was sought. It belongs to its log.
type index struct {
	slots []uint64 // mark << 32 | place + 1; 0 is free
	n     int
}

const indexFirst = 64

func (k Key) mark() uint32 {
	x := uint64(k.At) ^ k.Space*0x9e3779b97f4a7c15
	return uint32((x ^ x>>32) * 0xd6e8feb86659fd93 >> 32)
}

// find returns the slot of a mark, or the free one where it would go.
func (x *index) find(mark uint32) int {
	mask := len(x.slots) - 1
	at := int(mark) & mask
	for x.slots[at] != 0 && uint32(x.slots[at]>>32) != mark {
		at = (at + 1) & mask
	}
	return at
}

func (x *index) get(mark uint32) (place uint32, ok bool) {
	if x.n == 0 {
		return 0, false
	}
	s := x.slots[x.find(mark)]
	return uint32(s) - 1, s != 0
}

func (x *index) put(mark, place uint32) {
	if 4*(x.n+1) > 3*len(x.slots) {
		x.grow()
	}
	at := x.find(mark)
	if x.slots[at] == 0 {
		x.n++
	}
	x.slots[at] = uint64(mark)<<32 | uint64(place+1)
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]uint64, max(2*len(old), indexFirst))
	for _, s := range old {
		if s != 0 {
			x.slots[x.find(uint32(s>>32))] = s
		}
	}
}

// drop frees a slot, and moves those behind it that would not be found past a free one.
func (x *index) drop(mark uint32) {
	if x.n == 0 {
		return
	}
	mask := len(x.slots) - 1
	hole := x.find(mark)
	if x.slots[hole] == 0 {
		return
	}
	x.n--
	for at := (hole + 1) & mask; x.slots[at] != 0; at = (at + 1) & mask {
		home := int(uint32(x.slots[at]>>32)) & mask
		if (at-home)&mask >= (at-hole)&mask {
			x.slots[hole] = x.slots[at]
			hole = at
		}
	}
	x.slots[hole] = 0
}
