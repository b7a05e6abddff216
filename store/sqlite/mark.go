package sqlite

import (
	"bytes"
	"math"

	"larder/store"
	"larder/store/sqlite/capi"
)

type markKind uint8

const (
	byPos markKind = iota
	byScore
	beyond // behind every row
)

// mark is a place in an order of items: just before the row (key, field), where key is a position or
// a score. Every range is the rows from one mark up to another, whatever its bounds included,
// so one statement serves all combinations of bounds.
type mark struct {
	kind  markKind
	pos   int64
	score float64
	field []byte
}

// bind sets parameter i to the key and i+1 to the field.
func (m mark) bind(s *capi.Stmt, i int) {
	switch m.kind {
	case byPos:
		s.BindInt(i, m.pos)
	case byScore:
		bindScore(s, i, m.score)
	case beyond:
		s.BindBlob(i, nil) // SQLite orders every blob behind every number
	}
	s.BindBlob(i+1, m.field)
}

const exactInt = 1 << 53

// bindScore stores whole scores as integers, a quarter of the size, but not -0: its sign would go.
func bindScore(s *capi.Stmt, i int, f float64) {
	if f == math.Trunc(f) && math.Abs(f) < exactInt && (f != 0 || !math.Signbit(f)) {
		s.BindInt(i, int64(f))
		return
	}
	s.BindFloat(i, f)
}

// span is a range of one part: from lo up to hi. Empty spans select nothing.
type span struct {
	lo, hi mark
	empty  bool
}

// spanOf turns the bounds of a range into marks.
func spanOf(p store.Part, r store.Range, a *arena) (span, error) {
	switch {
	case r.Order == store.ByScore && !p.Scored():
		return span{}, misuse("a part without scores has no order by score")
	case r.Order == store.ByScore:
		return scoreSpan(r, a), nil
	case p.Class() == store.Named:
		return fieldSpan(r, a), nil
	}
	return posSpan(r), nil
}

func posSpan(r store.Range) span {
	sp := span{lo: mark{pos: math.MinInt64}, hi: mark{kind: beyond}}
	switch r.Min.Edge {
	case store.Inclusive:
		sp.lo.pos = r.Min.Pos
	case store.Exclusive:
		sp.empty = r.Min.Pos == math.MaxInt64
		sp.lo.pos = r.Min.Pos + 1
	}
	switch {
	case r.Max.Edge == store.Exclusive:
		sp.hi = mark{pos: r.Max.Pos}
	case r.Max.Edge == store.Inclusive && r.Max.Pos < math.MaxInt64:
		sp.hi = mark{pos: r.Max.Pos + 1}
	}
	return sp
}

func fieldSpan(r store.Range, a *arena) span {
	sp := span{lo: mark{}, hi: mark{pos: 1}}
	switch r.Min.Edge {
	case store.Inclusive:
		sp.lo.field = r.Min.Field
	case store.Exclusive:
		sp.lo.field = a.successor(r.Min.Field)
	}
	switch r.Max.Edge {
	case store.Inclusive:
		sp.hi = mark{field: a.successor(r.Max.Field)}
	case store.Exclusive:
		sp.hi = mark{field: r.Max.Field}
	}
	return sp
}

func scoreSpan(r store.Range, a *arena) span {
	sp := span{lo: lowestScore(), hi: mark{kind: beyond}}
	switch r.Min.Edge {
	case store.Inclusive:
		sp.lo = mark{kind: byScore, score: r.Min.Score, field: r.Min.Field}
	case store.Exclusive:
		sp.lo = behindScore(r.Min, a)
	}
	switch r.Max.Edge {
	case store.Inclusive:
		sp.hi = behindScore(r.Max, a)
	case store.Exclusive:
		sp.hi = mark{kind: byScore, score: r.Max.Score, field: r.Max.Field}
	}
	return sp
}

func lowestScore() mark { return mark{kind: byScore, score: math.Inf(-1)} }

// behindScore is the mark behind an item, or behind all items of a score.
func behindScore(b store.Bound, a *arena) mark {
	switch {
	case b.Field != nil:
		return mark{kind: byScore, score: b.Score, field: a.successor(b.Field)}
	case math.IsInf(b.Score, 1):
		return mark{kind: beyond}
	}
	return mark{kind: byScore, score: math.Nextafter(b.Score, math.Inf(1))}
}

// before compares two marks of one order.
func (m mark) before(o mark) bool {
	switch {
	case m.kind == beyond || o.kind == beyond:
		return m.kind != beyond
	case m.kind == byScore && m.score != o.score:
		return m.score < o.score
	case m.kind == byPos && m.pos != o.pos:
		return m.pos < o.pos
	}
	return bytes.Compare(m.field, o.field) < 0
}

// compare orders marks of one order for sorting.
func (m mark) compare(o mark) int {
	switch {
	case m.before(o):
		return -1
	case o.before(m):
		return 1
	}
	return 0
}
