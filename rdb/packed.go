package rdb

import (
	"bytes"
	"strconv"
)

const packedEnd = 0xFF

// listpack is a cursor over a string that is one: its size, a number of elements or 65535, the elements, an end. Behind
// each element stands its length, to walk backwards by. For one goroutine.
type listpack struct {
	in        reader
	said, met uint64
}

const uncounted = 0xFFFF

// listpackOf begins to read one.
func listpackOf(blob []byte) *listpack {
	l := &listpack{in: reader{in: blob}}
	size := l.in.little(4)
	l.said = l.in.little(2)
	if size != uint64(len(blob)) {
		l.in.fail()
	}
	return l
}

// more reports whether there is another element.
func (l *listpack) more() bool { return !l.in.failed && len(l.in.in) > 1 }

// next reads an element; after a fault it answers nothing. An integer has no text.
func (l *listpack) next() (e packed) {
	before := l.in.in
	if e = l.in.packed(); l.in.failed {
		return packed{}
	}
	var room [5]byte
	back := appendBackLength(room[:0], len(before)-len(l.in.in))
	if !bytes.Equal(l.in.take(uint64(len(back))), back) {
		l.in.fail()
	}
	l.met++
	return e
}

// whole reports whether what was read to its end is a listpack.
func (l *listpack) whole() bool {
	return l.in.byte() == packedEnd && !l.in.failed && len(l.in.in) == 0 && (l.said == uncounted || l.said == l.met)
}

// listpack reads a string that is a listpack.
func (w *walk) listpack() {
	l := listpackOf(w.r.text())
	for w.going() && l.more() {
		if e := l.next(); !l.in.failed {
			w.word(e.bytes())
		}
	}
	if !w.stopped && !l.whole() {
		w.r.fail()
	}
}

// packed is an element of a listpack: a text, or an integer.
type packed struct {
	text   []byte
	number int64
	whole  bool // an integer
}

// bytes is an element as the text that it stands for.
func (e packed) bytes() []byte {
	if e.whole {
		return strconv.AppendInt(nil, e.number, 10)
	}
	return e.text
}

// integer is an element that must be one.
func (e packed) integer() (int64, bool) {
	if e.whole {
		return e.number, true
	}
	n, err := strconv.ParseInt(string(e.text[:min(len(e.text), 32)]), 10, 64)
	return n, err == nil
}

// packed reads an element without the length behind it.
func (r *reader) packed() packed {
	switch first := r.byte(); {
	case first < 0x80:
		return packed{number: int64(first), whole: true}
	case first < 0xC0:
		return packed{text: r.take(uint64(first & 0x3f))}
	case first < 0xE0:
		v := int64(first&0x1f)<<8 | int64(r.byte())
		return packed{number: v << 51 >> 51, whole: true}
	case first < 0xF0:
		n := uint64(first&0x0f)<<8 | uint64(r.byte())
		return packed{text: r.take(n)}
	case first == 0xF0:
		return packed{text: r.take(r.little(4))}
	case first <= 0xF4:
		width := [...]int{2, 3, 4, 8}[first-0xF1]
		return packed{number: signed(r.little(width), width), whole: true}
	}
	r.fail()
	return packed{}
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
