package rdb

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

const packedEnd = 0xFF

// listpack reads a string that is a listpack: its size, a number of elements or 65535, the elements, an end. Behind
// each element stands its length, to walk backwards by.
func (w *walk) listpack() {
	const unknown = 0xFFFF
	blob := w.r.text()
	in := reader{in: blob}
	size, n := in.little(4), in.little(2)
	if w.r.failed || in.failed || size != uint64(len(blob)) {
		w.r.fail()
		return
	}
	seen := uint64(0)
	for w.going() && len(in.in) > 1 {
		before := in.in
		b, ok := in.packed()
		back := appendBackLength(nil, len(before)-len(in.in))
		if !ok || in.failed || !bytes.Equal(in.take(uint64(len(back))), back) {
			w.r.fail()
			return
		}
		seen++
		w.word(b)
	}
	if !w.stopped && (in.byte() != packedEnd || n != unknown && n != seen) {
		w.r.fail()
	}
}

// packed reads an element of a listpack.
func (r *reader) packed() ([]byte, bool) {
	switch first := r.byte(); {
	case first < 0x80:
		return strconv.AppendUint(nil, uint64(first), 10), true
	case first < 0xC0:
		return r.take(uint64(first & 0x3f)), true
	case first < 0xE0:
		v := int64(first&0x1f)<<8 | int64(r.byte())
		return strconv.AppendInt(nil, v<<51>>51, 10), true
	case first < 0xF0:
		n := uint64(first&0x0f)<<8 | uint64(r.byte())
		return r.take(n), true
	case first == 0xF0:
		return r.take(r.little(4)), true
	case first <= 0xF4:
		width := [...]int{2, 3, 4, 8}[first-0xF1]
		return strconv.AppendInt(nil, signed(r.little(width), width), 10), true
	}
	return nil, false
}

// appendBackLength encodes a length to be read from its end: seven bits in a byte, the highest first, which
// alone has no mark.
func appendBackLength(b []byte, n int) []byte {
	shift := 0
	for n>>(shift+7) != 0 && shift < 28 {
		shift += 7
	}
	b = append(b, byte(n>>shift)&0x7f)
	for shift > 0 {
		shift -= 7
		b = append(b, byte(n>>shift)|0x80)
	}
	return b
}

// ziplist reads a string that is a ziplist: its size, where the last element stands, a number of elements or 65535,
// the elements, an end. Before each element stands the length of the one before it.
func (w *walk) ziplist() {
	const unknown = 0xFFFF
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
	if !w.stopped && (in.byte() != packedEnd || n != unknown && n != seen || tail != uint64(at)) {
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
