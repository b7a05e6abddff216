package store

import (
	"encoding/binary"
	"slices"
)

// BitOp is a way to combine strings bit by bit: X is the first of them, Y are the others.
type BitOp uint8

// The operations of BITOP.
const (
	BitAnd   BitOp = iota + 1
	BitOr          //
	BitXor         //
	BitNot         // of one string
	BitDiff        // in X and in no Y
	BitDiff1       // in some Y and not in X
	BitAndOr       // in X and in some Y
	BitOne         // in exactly one string
)

// windowChunks is how many chunks of the result are in memory: 512 KB.
const windowChunks = 32

// CombineBits makes what op makes of the sources the content of dest, whatever it held, and returns its length: that
// of the longest source. Nothing is an absent key.
//
// It goes over the sources in windows of 512 KB, one source after the other, so that memory grows neither with
// their length nor with their number, and steps over windows that no source has a chunk in.
func CombineBits(tx Tx, op BitOp, dest Key, sources ...Key) (int64, error) {
	heads, err := tx.Heads(make([]Head, 0, len(sources)), sources...)
	if err != nil {
		return 0, err
	}
	c := combination{tx: tx, op: op, heads: heads, next: make([]int64, len(heads))}
	for i := range heads {
		if h := &heads[i]; h.Exists() && h.Type != String {
			return 0, ErrWrongType
		}
		c.size = max(c.size, heads[i].Len)
	}
	if op == BitDiff1 || op == BitAndOr { // X is what all the others together meet
		slices.Reverse(heads)
	}
	if c.size == 0 {
		_, err := tx.Drop(dest)
		return 0, err
	}
	return c.size, c.put(dest)
}

// combination is one CombineBits.
type combination struct {
	tx    Tx
	op    BitOp
	heads []Head
	size  int64   // of the result, in bytes
	next  []int64 // of each source, a chunk before which it has none that is still to be combined
	// room is the window, and often those of its bits that more than one source has: see BitOne.
	room, often []byte
}

func (c *combination) put(dest Key) error {
	n := min(c.size, windowChunks*ChunkSize)
	c.room = make([]byte, n)
	if c.op == BitOne {
		c.often = make([]byte, n)
	}
	h := Head{Type: String, Encoding: uint8(EncodingRaw), Len: c.size, Bytes: KeyBytes(dest)}
	if c.size <= InlineMax {
		if err := c.fill(0); err != nil {
			return err
		}
		h.Value = c.room
		h.Bytes += c.size
		return c.tx.PutHead(dest, h)
	}
	id, err := c.tx.NewID(dest)
	if err != nil {
		return err
	}
	h.ID = id
	for first := int64(0); first < c.chunks(); first = c.after(first + windowChunks) {
		if err := c.fill(first); err != nil {
			return err
		}
		ch, err := c.save(id, first)
		if err != nil {
			return err
		}
		h.Bytes += ch.Bytes
	}
	return c.tx.PutHead(dest, h)
}

// chunks is how many chunks the result has if it lacks none.
func (c *combination) chunks() int64 { return (c.size + ChunkSize - 1) / ChunkSize }

// after is the first chunk from a place on that need not be zeros, or the last of all, which is stored whatever it
// holds.
func (c *combination) after(place int64) int64 {
	last := c.chunks() - 1
	switch c.op {
	case BitNot:
		return place
	case BitAnd:
		return max(place, min(slices.Max(c.next), last))
	}
	return max(place, min(slices.Min(c.next), last))
}

// fill combines the window that begins with chunk first.
func (c *combination) fill(first int64) error {
	c.room = c.room[:min(int64(cap(c.room)), c.size-first*ChunkSize)]
	clear(c.room)
	clear(c.often)
	for i := range c.heads {
		if err := c.meet(i, first); err != nil {
			return err
		}
	}
	switch c.op {
	case BitNot:
		for i := range c.room {
			c.room[i] = ^c.room[i]
		}
	case BitOne:
		without(c.room, c.often[:len(c.room)])
	}
	return nil
}

// meet combines what the window holds so far with source i.
func (c *combination) meet(i int, first int64) error {
	h := &c.heads[i]
	end, done := first+windowChunks, int64(0)
	part := func(at int64, data []byte) {
		c.blank(i, c.room[done:at])
		done = min(at+int64(len(data)), int64(len(c.room)))
		c.mix(i, at, data[:done-at])
	}
	last := c.next[i]
	c.next[i] = c.chunks()
	switch {
	case h.ID != 0 && last < end:
		r := Positions(first, c.chunks()-1)
		r.Limit = windowChunks + 1 // the window's, and the next one behind it
		for it, err := range c.tx.Range(h.ID, Chunks, r) {
			if err != nil {
				return err
			}
			if it.Pos >= end {
				c.next[i] = it.Pos
				break
			}
			part((it.Pos-first)*ChunkSize, it.Value)
		}
	case h.ID != 0:
		c.next[i] = last
	case first == 0 && h.Len > 0:
		part(0, h.Value)
	}
	c.blank(i, c.room[done:])
	return nil
}

// blank combines bytes of the window with zeros of source i.
func (c *combination) blank(i int, room []byte) {
	if c.op == BitAnd || c.op == BitAndOr && i == len(c.heads)-1 {
		clear(room)
	}
}

// mix combines bytes of the window with data of source i.
func (c *combination) mix(i int, at int64, data []byte) {
	room := c.room[at : at+int64(len(data))]
	last := i == len(c.heads)-1
	switch {
	case i == 0:
		copy(room, data)
	case c.op == BitAnd, c.op == BitAndOr && last:
		both(room, data)
	case c.op == BitDiff, c.op == BitDiff1 && last:
		without(room, data)
	case c.op == BitXor:
		either(room, data)
	case c.op == BitOne:
		often(c.often[at:at+int64(len(data))], room, data)
		join(room, data)
	default:
		join(room, data)
	}
}

// save writes the chunks of the window that are not all zeros, and the last: by its end an Audit knows that no byte of
// a string is missing.
func (c *combination) save(id ID, first int64) (Change, error) {
	items := make([]Item, 0, windowChunks)
	for pos := first; (pos-first)*ChunkSize < int64(len(c.room)); pos++ {
		at := (pos - first) * ChunkSize
		data := c.room[at:min(at+ChunkSize, int64(len(c.room)))]
		if pos == c.chunks()-1 || !zeros(data) {
			items = append(items, Item{Pos: pos, Value: data, New: true})
		}
	}
	if len(items) == 0 {
		return Change{}, nil
	}
	return c.tx.PutItems(id, Chunks, items...)
}

func zeros(data []byte) bool {
	for ; len(data) >= 8; data = data[8:] {
		if binary.LittleEndian.Uint64(data) != 0 {
			return false
		}
	}
	return !slices.ContainsFunc(data, func(b byte) bool { return b != 0 })
}

// word reads eight bytes, and setWord writes them: a loop over words is five times as fast as one over bytes.
func word(b []byte) uint64       { return binary.LittleEndian.Uint64(b) }
func setWord(b []byte, v uint64) { binary.LittleEndian.PutUint64(b, v) }

// both keeps in dst what src has, too. Both are of one length, here and below.
func both(dst, src []byte) {
	for ; len(dst) >= 8; dst, src = dst[8:], src[8:] {
		setWord(dst, word(dst)&word(src))
	}
	for i := range dst {
		dst[i] &= src[i]
	}
}

// join adds to dst what src has.
func join(dst, src []byte) {
	for ; len(dst) >= 8; dst, src = dst[8:], src[8:] {
		setWord(dst, word(dst)|word(src))
	}
	for i := range dst {
		dst[i] |= src[i]
	}
}

// either keeps in dst what one of the two has.
func either(dst, src []byte) {
	for ; len(dst) >= 8; dst, src = dst[8:], src[8:] {
		setWord(dst, word(dst)^word(src))
	}
	for i := range dst {
		dst[i] ^= src[i]
	}
}

// without takes from dst what src has.
func without(dst, src []byte) {
	for ; len(dst) >= 8; dst, src = dst[8:], src[8:] {
		setWord(dst, word(dst)&^word(src))
	}
	for i := range dst {
		dst[i] &^= src[i]
	}
}

// often adds to dst what both a and b have.
func often(dst, a, b []byte) {
	for ; len(dst) >= 8; dst, a, b = dst[8:], a[8:], b[8:] {
		setWord(dst, word(dst)|word(a)&word(b))
	}
	for i := range dst {
		dst[i] |= a[i] & b[i]
	}
}
