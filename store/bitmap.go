package store

import (
	"encoding/binary"
	"iter"
	"math/bits"
)

// Bitmaps are strings. Bits are counted from the highest of the first byte on; ranges of them hold the first and not
// the last. Chunks that are not there are zeros that nobody reads.

// stored is a piece of a string that is stored; what lies between two of them is zeros.
type stored struct {
	at   int64 // in bytes
	data []byte
}

// storedIn yields what is stored of the bytes from from up to to, which must lie within the string. The pieces are
// valid until the next is asked for.
func (b *Blob) storedIn(from, to int64) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		switch h := b.head(); {
		case from >= to:
		case h.ID == 0:
			yield(stored{from, h.Value[from:to]}, nil)
		default:
			for it, err := range b.tx.Range(h.ID, Chunks, Positions(from/ChunkSize, (to-1)/ChunkSize)) {
				if err != nil {
					yield(stored{}, err)
					return
				}
				start := it.Pos * ChunkSize
				first, end := max(from, start), min(to, start+int64(len(it.Value)))
				if first < end && !yield(stored{first, it.Value[first-start : end-start]}, nil) {
					return
				}
			}
		}
	}
}

// Bit returns the bit at an offset, 0 behind the end. It copies nothing, where Bits would copy a chunk.
func (b *Blob) Bit(off int64) (byte, error) {
	at := off / 8
	if at >= b.Len() {
		return 0, nil
	}
	for s, err := range b.storedIn(at, at+1) {
		if err != nil {
			return 0, err
		}
		return s.data[0] >> (7 - off%8) & 1, nil
	}
	return 0, nil
}

// CountBits returns how many bits are set from bit from up to bit to, which must lie within the string.
func (b *Blob) CountBits(from, to int64) (int64, error) {
	var n int64
	for s, err := range b.storedIn(from/8, (to+7)/8) {
		if err != nil {
			return 0, err
		}
		n += ones(s.data)
		if before := from - s.at*8; before > 0 {
			n -= int64(bits.OnesCount8(s.data[0] >> (8 - before)))
		}
		if behind := (s.at+int64(len(s.data)))*8 - to; behind > 0 {
			n -= int64(bits.OnesCount8(s.data[len(s.data)-1] << (8 - behind)))
		}
	}
	return n, nil
}

func ones(data []byte) int64 {
	n := 0
	for ; len(data) >= 8; data = data[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(data))
	}
	for _, c := range data {
		n += bits.OnesCount8(c)
	}
	return int64(n)
}

// FindBit returns where the first bit that is bit (0 or 1) lies from bit from up to bit to, which must lie within the
// string; -1 if there is none.
func (b *Blob) FindBit(bit byte, from, to int64) (int64, error) {
	at := from // all before it has been looked at
	for s, err := range b.storedIn(from/8, (to+7)/8) {
		if err != nil {
			return 0, err
		}
		start := s.at * 8
		if bit == 0 && at < start {
			return at, nil
		}
		if found := firstBit(s.data, bit, max(at-start, 0)); found >= 0 {
			if start+found >= to {
				return -1, nil
			}
			return start + found, nil
		}
		at = start + int64(len(s.data))*8
	}
	if bit == 0 && at < to {
		return at, nil
	}
	return -1, nil
}

// firstBit is FindBit from bit from, which lies in the first byte, to the end of data.
func firstBit(data []byte, bit byte, from int64) int64 {
	var others uint64 // what holds none
	if bit == 0 {
		others = ^uint64(0)
	}
	if c := (data[0] ^ byte(others)) << from; c != 0 {
		return from + int64(bits.LeadingZeros8(c))
	}
	i := 1
	for i+8 <= len(data) && binary.LittleEndian.Uint64(data[i:]) == others {
		i += 8
	}
	for ; i < len(data); i++ {
		if c := data[i] ^ byte(others); c != 0 {
			return int64(i)*8 + int64(bits.LeadingZeros8(c))
		}
	}
	return -1
}
