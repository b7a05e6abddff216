package store

import "bytes"

// Finder is an optional interface of a Tx that finds keys otherwise than by their name; its scope must be Whole.
// Only the cache commands know it.
type Finder interface {
	// Tagged returns about n names of the keys that have a tag, from the cursor on, and the
	// cursor to go on from, 0 at the end. Cursors are those of Scan, with the same promise.
	// Expired keys are left out.
	Tagged(db int, tag string, from Cursor, n int) ([][]byte, Cursor, error)
	// Names returns the names of a span, in order. Expired keys are left out. An engine that
	// does not keep the order of names returns ErrNoOrder.
	Names(db int, s Span) ([][]byte, error)
}

// ErrNoOrder is the answer of engines that keep no order of names.
var ErrNoOrder = Invalid("keys are not kept in order: set key-order-index to yes and start again")

// Span is consecutive names in the order of their bytes.
type Span struct {
	// From and To are the lower and the upper end. A nil From is before all names, a nil To
	// behind all.
	From, To []byte
	// After and Before exclude the ends themselves.
	After, Before bool
	// Reverse turns the direction, so that Limit counts from the upper end.
	Reverse bool
	// Limit is the most names returned; it must be positive.
	Limit int
}

// Admits reports whether a name lies in the span.
func (s *Span) Admits(name []byte) bool { return !s.below(name) && !s.above(name) }

func (s *Span) below(name []byte) bool {
	c := bytes.Compare(name, s.From)
	return s.From != nil && (c < 0 || c == 0 && s.After)
}

func (s *Span) above(name []byte) bool {
	c := bytes.Compare(name, s.To)
	return s.To != nil && (c > 0 || c == 0 && s.Before)
}

// Past reports whether a name lies behind the end of the span in its direction.
func (s *Span) Past(name []byte) bool {
	if s.Reverse {
		return s.below(name)
	}
	return s.above(name)
}

// Precedes reports whether a comes before b in the span's direction.
func (s *Span) Precedes(a, b []byte) bool {
	if s.Reverse {
		a, b = b, a
	}
	return bytes.Compare(a, b) < 0
}

// Beyond is the rest of the span behind a name, in its direction: how a long span is read
// in pages.
func (s Span) Beyond(name []byte) Span {
	if s.Reverse {
		s.To, s.Before = name, true
	} else {
		s.From, s.After = name, true
	}
	return s
}

// Prefixed is the span of all names that begin with a prefix.
func Prefixed(prefix []byte) Span {
	s := Span{From: prefix}
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			s.To = append(bytes.Clone(prefix[:i]), prefix[i]+1)
			s.Before = true
			break
		}
	}
	return s
}
