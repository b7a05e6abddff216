package rdb

import (
	"encoding/binary"
	"strconv"
)

// ziplist reads a string that is a ziplist: its size, where the last element stands, a number of elements or 65535,
// the elements, an end. Before each element stands the length of the one before it.
func (w *walk) ziplist() {
	blob := w.r.text()
	in := reader{in: blob}
	size, tail, n := in.little(4), in.little(4), in.little(2)
	if w.r.failed || in.failed || size != uint64(len(blob)) {
		w.r.fail()
		return
	}
	seen, before, at := uint64(0), 0, len(blob)-len(in.in)
	for w.going() && len(in.in) > 1 {
		at = len(blob) - len(in.in)
		back := uint64(in.byte())
		if back == 0xFE {
			back = in.little(4)
		}
		b, ok := in.zipped()
		if !ok || in.failed || back != uint64(before) {
			w.r.fail()
			return
		}
		before = len(blob) - len(in.in) - at
		seen++
		w.word(b)
	}
	if !w.stopped && (in.byte() != packedEnd || n != uncounted && n != seen || tail != uint64(at)) {
		w.r.fail()
	}
}

// zipped reads an element of a ziplist behind the length before it.
func (r *reader) zipped() ([]byte, bool) {
	first := r.byte()
	switch {
	case first < 0x40:
		return r.take(uint64(first)), true
	case first < 0x80:
		n := uint64(first&0x3f)<<8 | uint64(r.byte())
		return r.take(n), true
	case first == 0x80:
		n := r.take(4)
		if len(n) < 4 {
			return nil, false
		}
		return r.take(uint64(binary.BigEndian.Uint32(n))), true
	case first > 0xF0 && first < 0xFE:
		return strconv.AppendInt(nil, int64(first)-0xF1, 10), true
	}
	width := 0
	switch first {
	case 0xC0:
		width = 2
	case 0xD0:
		width = 4
	case 0xE0:
		width = 8
	case 0xF0:
		width = 3
	case 0xFE:
		width = 1
	default:
		return nil, false
	}
	return strconv.AppendInt(nil, signed(r.little(width), width), 10), true
}

// zipmap reads a string that is a zipmap, as Redis 2.4 wrote small hashes: a number of pairs, 254 or 255 for many, the
// pairs, an end. Behind the length of a value stands how many bytes lie unused behind it.
func (w *walk) zipmap() {
	const many = 254
	in := reader{in: w.r.text()}
	n, seen := in.byte(), 0
	for w.going() && !in.failed && len(in.in) > 1 {
		name := in.take(in.zipLength())
		size := in.zipLength()
		unused := uint64(in.byte())
		value := in.take(size)
		if in.take(unused); in.failed {
			break
		}
		seen++
		w.word(name)
		if w.going() {
			w.word(value)
		}
	}
	if !w.stopped && (in.byte() != packedEnd || in.failed || n < many && int(n) != seen) {
		w.r.fail()
	}
}

// zipLength is a length in a zipmap: a byte below 254, or four behind it.
func (r *reader) zipLength() uint64 {
	switch first := r.byte(); {
	case first < 254:
		return uint64(first)
	case first == 254:
		return r.little(4)
	}
	r.fail()
	return 0
}
