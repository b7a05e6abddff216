package rdb

import (
	"encoding/binary"
	"math"
	"strconv"
)

// AppendHeader begins a value of the plain form of its kind: of a collection n is the number of elements, of a
// string of n bytes these follow as they are. A short string is better written by AppendShort.
func AppendHeader(b []byte, k Kind, n int64) []byte {
	forms := [...]form{String: plainString, List: plainList, Set: plainSet, Hash: plainHash, ZSet: plainZSet}
	return appendLength(append(b, byte(forms[k])), uint64(n))
}

// AppendExpiringHeader begins a hash of n fields of which some expire, the first of them at a Unix time in
// milliseconds. Before each field stands AppendExpiry.
func AppendExpiringHeader(b []byte, n, first int64) []byte {
	return appendLength(binary.LittleEndian.AppendUint64(append(b, byte(expiringHash)), uint64(first)), uint64(n))
}

// AppendExpiry adds when the field behind it expires, 0 for never; first is the header's.
func AppendExpiry(b []byte, at, first int64) []byte {
	if at == 0 {
		return appendLength(b, 0)
	}
	return appendLength(b, uint64(at-first)+1)
}

// AppendShort is a whole string value.
func AppendShort(b, text []byte) []byte { return AppendText(append(b, byte(plainString)), text) }

func appendLength(b []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return append(b, length14<<6|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, length32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, length64), n)
}

// AppendText adds an element, a field, a value: as an integer if it is one.
func AppendText(b, text []byte) []byte {
	if v, ok := integer(text); ok {
		switch {
		case v == int64(int8(v)):
			return append(b, special<<6|int8s, byte(v))
		case v == int64(int16(v)):
			return binary.LittleEndian.AppendUint16(append(b, special<<6|int16s), uint16(v))
		}
		return binary.LittleEndian.AppendUint32(append(b, special<<6|int32s), uint32(v))
	}
	return append(appendLength(b, uint64(len(text))), text...)
}

// integer reads the canonical form of an integer of 32 bits.
func integer(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 11 {
		return 0, false
	}
	v, err := strconv.ParseInt(string(text), 10, 32)
	return v, err == nil && strconv.FormatInt(v, 10) == string(text)
}

// AppendScore adds the score behind a member.
func AppendScore(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}
