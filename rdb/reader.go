package rdb

import (
	"encoding/binary"
	"math"
	"strconv"
)

// reader reads the parts of a payload; after a fault it answers zeros. For one goroutine.
type reader struct {
	in     []byte
	failed bool
}

func (r *reader) fail() { r.in, r.failed = nil, true }

// take returns the next n bytes.
func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.in)) {
		r.fail()
		return nil
	}
	b := r.in[:n:n]
	r.in = r.in[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// little is an unsigned integer of so many bytes.
func (r *reader) little(width int) uint64 { return littleEndian(r.take(uint64(width))) }

// The first two bits of a length, and the special strings that it may stand for.
const (
	length6, length14, lengthWide, special = 0, 1, 2, 3
	length32, length64                     = 0x80, 0x81
	int8s, int16s, int32s, compressed      = 0, 1, 2, 3
)

// length reads a length, or the form of a string that has none.
func (r *reader) length() (n uint64, isSpecial bool) {
	first := r.byte()
	switch first >> 6 {
	case length6:
		return uint64(first), false
	case length14:
		return uint64(first&0x3f)<<8 | uint64(r.byte()), false
	case special:
		return uint64(first & 0x3f), true
	}
	var room [8]byte
	switch first {
	case length32:
		copy(room[4:], r.take(4))
	case length64:
		copy(room[:], r.take(8))
	default:
		r.fail()
	}
	return binary.BigEndian.Uint64(room[:]), false
}

// number is a length that must be one.
func (r *reader) number() uint64 {
	n, isSpecial := r.length()
	if isSpecial {
		r.fail()
		return 0
	}
	return n
}

// count is a number of things that take a byte at least.
func (r *reader) count() uint64 {
	n := r.number()
	if n > uint64(len(r.in)) {
		r.fail()
		return 0
	}
	return n
}

// text reads a string in any of its forms.
func (r *reader) text() []byte {
	n, isSpecial := r.length()
	if !isSpecial {
		return r.take(n)
	}
	switch n {
	case int8s, int16s, int32s:
		width := 1 << n
		return strconv.AppendInt(nil, signed(r.little(width), width), 10)
	case compressed:
		packed, size := r.number(), r.number()
		out, ok := decompress(r.take(packed), size)
		if !ok {
			r.fail()
		}
		return out
	}
	r.fail()
	return nil
}

// decimal reads a score of the old form: its length, or one of three that stand for what digits cannot say.
func (r *reader) decimal() float64 {
	const nan, infinite, negative = 253, 254, 255
	switch n := r.byte(); n {
	case nan:
		return math.NaN()
	case infinite:
		return math.Inf(1)
	case negative:
		return math.Inf(-1)
	default:
		f, err := strconv.ParseFloat(string(r.take(uint64(n))), 64)
		if err != nil {
			r.fail()
		}
		return f
	}
}
