package store

import (
	"math"
	"strconv"
)

// Step is what was made of a number: what it is now, and what was added to it. Refused says that
// the sum would have been out of bounds: then nothing was written.
type Step[N any] struct {
	Now, Added N
	Refused    bool
}

// Bounds are what a number may become, both included, and whether a sum beyond them becomes the
// nearer one or is refused.
type Bounds[N any] struct {
	Low, High N
	Saturate  bool
}

// AddWithin is Add within bounds, which writes the sum with a time of its own.
func (b *Blob) AddWithin(by int64, within Bounds[int64], expireAt int64) (Step[int64], error) {
	was, ok := int64(0), true
	if b.Exists() {
		was, ok = ParseInteger(b.head().Value)
	}
	if !ok {
		return Step[int64]{}, errNotInteger
	}
	now, refused := reach(was, by, within)
	if refused {
		return Step[int64]{Now: was, Refused: true}, nil
	}
	added := now - was
	if (now >= was) != (added >= 0) {
		return Step[int64]{}, errOverflow
	}
	return Step[int64]{Now: now, Added: added}, b.put(strconv.AppendInt(b.number[:0], now, 10), EncodingInt, expireAt)
}

// reach is the sum, or the bound that it would pass.
func reach(was, by int64, r Bounds[int64]) (now int64, refused bool) {
	under := by < 0 && was < math.MinInt64-by
	over := by > 0 && was > math.MaxInt64-by
	switch {
	case over || !under && was+by > r.High:
		return r.High, !r.Saturate
	case under || was+by < r.Low:
		return r.Low, !r.Saturate
	}
	return was + by, false
}

// put writes a number that a string holds.
func (b *Blob) put(text []byte, e Encoding, expireAt int64) error {
	return putString(b.tx, b.key(), text, Head{Encoding: uint8(e), ExpireAt: expireAt, Notes: b.head().Notes})
}

// AddFloatWithin is AddWithin for long doubles.
func (b *Blob) AddFloatWithin(by LongDouble, within Bounds[LongDouble], expireAt int64) (Step[LongDouble], error) {
	was, err := b.longDouble()
	if err != nil {
		return Step[LongDouble]{}, err
	}
	now, ok := was.Plus(by)
	if !ok && (was.infinite() || by.infinite()) {
		return Step[LongDouble]{}, errNotFinite
	}
	bound := within.High
	out := !ok && by.Compare(LongDouble{}) > 0 || ok && now.Compare(within.High) > 0
	if !out {
		bound = within.Low
		out = !ok || now.Compare(within.Low) < 0
	}
	switch {
	case out && !within.Saturate:
		return Step[LongDouble]{Now: was, Refused: true}, nil
	case out:
		now = bound
		if by, ok = now.Minus(was); !ok {
			return Step[LongDouble]{}, errNotFinite
		}
	}
	text := now.String()
	return Step[LongDouble]{Now: now, Added: by}, b.put([]byte(text), textEncoding(len(text)), expireAt)
}

// longDouble is the number that the string holds, 0 if it is absent.
func (b *Blob) longDouble() (LongDouble, error) {
	if !b.Exists() {
		return LongDouble{}, nil
	}
	text, err := b.AppendTo(nil, 0, min(b.Len(), MaxLongDoubleText))
	if err != nil {
		return LongDouble{}, err
	}
	value, ok := ParseLongDouble(text)
	if !ok {
		return LongDouble{}, errNotFloat
	}
	return value, nil
}
