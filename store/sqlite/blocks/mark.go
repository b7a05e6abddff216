package blocks

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

// Mark is a place in an order of items: just before the row (key, field), where key is a position or
// a score. Every range is the rows from one mark up to another, whatever its bounds included,
// so one statement serves all combinations of bounds. The zero Mark but for Pos and Field is one in natural order.
type Mark struct {
	kind  markKind
	Pos   int64
	score float64
	Field []byte
}

// ByScore is the mark before an item in the order of scores.
func ByScore(score float64, field []byte) Mark {
	return Mark{kind: byScore, score: score, Field: field}
}

// Beyond is the mark behind every row.
func Beyond() Mark { return Mark{kind: beyond} }

// IsBeyond tells whether it is that.
func (m Mark) IsBeyond() bool { return m.kind == beyond }

// Scored is an item's mark in the order that blocks count in; m is that in natural order.
func Scored(p store.Part, m Mark, score float64) Mark {
	if p.Scored() {
		return ByScore(score, m.Field)
	}
	return m
}

// ReadMark reads key, field from a column on, in the order of blocks.
func ReadMark(tx Tx, p store.Part, s *capi.Stmt, col int) Mark {
	field := tx.Column(s, col+1)
	if p.Scored() {
		return ByScore(s.Float(col), field)
	}
	return Mark{Pos: s.Int(col), Field: field}
}

// lowest is the mark before everything.
func lowest(p store.Part) Mark {
	switch {
	case p.Scored():
		return lowestScore()
	case p.Class() == store.Named:
		return Mark{}
	}
	return Mark{Pos: math.MinInt64}
}

// Bind sets parameter i to the key and i+1 to the field.
func (m Mark) Bind(s *capi.Stmt, i int) {
	m.BindKey(s, i)
	s.BindBlob(i+1, m.Field)
}

// BindKey sets parameter i to the key.
func (m Mark) BindKey(s *capi.Stmt, i int) {
	switch m.kind {
	case byPos:
		s.BindInt(i, m.Pos)
	case byScore:
		BindScore(s, i, m.score)
	case beyond:
		s.BindBlob(i, nil) // SQLite orders every blob behind every number
	}
}

const exactInt = 1 << 53

// BindScore stores whole scores as integers, a quarter of the size, but not -0: its sign would go.
func BindScore(s *capi.Stmt, i int, f float64) {
	if f == math.Trunc(f) && math.Abs(f) < exactInt && (f != 0 || !math.Signbit(f)) {
		s.BindInt(i, int64(f))
		return
	}
	s.BindFloat(i, f)
}

// Span is a range of one part: from Lo up to Hi. Empty ones select nothing.
type Span struct {
	Lo, Hi Mark
	Empty  bool
}

// SpanOf turns the bounds of a range into marks.
func SpanOf(p store.Part, r store.Range, mem Memory) (Span, error) {
	switch {
	case r.Order == store.ByScore && !p.Scored():
		return Span{}, &store.Error{Code: store.CodeInternal, Message: "a part without scores has no order by score"}
	case r.Order == store.ByScore:
		return scoreSpan(r, mem), nil
	case p.Class() == store.Named:
		return fieldSpan(r, mem), nil
	}
	return posSpan(r), nil
}

func posSpan(r store.Range) Span {
	sp := Span{Lo: Mark{Pos: math.MinInt64}, Hi: Mark{kind: beyond}}
	switch r.Min.Edge {
	case store.Inclusive:
		sp.Lo.Pos = r.Min.Pos
	case store.Exclusive:
		sp.Empty = r.Min.Pos == math.MaxInt64
		sp.Lo.Pos = r.Min.Pos + 1
	}
	switch {
	case r.Max.Edge == store.Exclusive:
		sp.Hi = Mark{Pos: r.Max.Pos}
	case r.Max.Edge == store.Inclusive && r.Max.Pos < math.MaxInt64:
		sp.Hi = Mark{Pos: r.Max.Pos + 1}
	}
	return sp
}

func fieldSpan(r store.Range, mem Memory) Span {
	sp := Span{Lo: Mark{}, Hi: Mark{Pos: 1}}
	switch r.Min.Edge {
	case store.Inclusive:
		sp.Lo.Field = r.Min.Field
	case store.Exclusive:
		sp.Lo.Field = successor(mem, r.Min.Field)
	}
	switch r.Max.Edge {
	case store.Inclusive:
		sp.Hi = Mark{Field: successor(mem, r.Max.Field)}
	case store.Exclusive:
		sp.Hi = Mark{Field: r.Max.Field}
	}
	return sp
}

func scoreSpan(r store.Range, mem Memory) Span {
	sp := Span{Lo: lowestScore(), Hi: Mark{kind: beyond}}
	switch r.Min.Edge {
	case store.Inclusive:
		sp.Lo = Mark{kind: byScore, score: r.Min.Score, Field: r.Min.Field}
	case store.Exclusive:
		sp.Lo = behindScore(r.Min, mem)
	}
	switch r.Max.Edge {
	case store.Inclusive:
		sp.Hi = behindScore(r.Max, mem)
	case store.Exclusive:
		sp.Hi = Mark{kind: byScore, score: r.Max.Score, Field: r.Max.Field}
	}
	return sp
}

func lowestScore() Mark { return Mark{kind: byScore, score: math.Inf(-1)} }

// behindScore is the mark behind an item, or behind all items of a score.
func behindScore(b store.Bound, mem Memory) Mark {
	switch {
	case b.Field != nil:
		return Mark{kind: byScore, score: b.Score, Field: successor(mem, b.Field)}
	case math.IsInf(b.Score, 1):
		return Mark{kind: beyond}
	}
	return Mark{kind: byScore, score: math.Nextafter(b.Score, math.Inf(1))}
}

// Before compares two marks of one order.
func (m Mark) Before(o Mark) bool {
	switch {
	case m.kind == beyond || o.kind == beyond:
		return m.kind != beyond
	case m.kind == byScore && m.score != o.score:
		return m.score < o.score
	case m.kind == byPos && m.Pos != o.Pos:
		return m.Pos < o.Pos
	}
	return bytes.Compare(m.Field, o.Field) < 0
}

// compare orders marks of one order for sorting.
func (m Mark) compare(o Mark) int {
	switch {
	case m.Before(o):
		return -1
	case o.Before(m):
		return 1
	}
	return 0
}

// Memory gives what marks between rows are written into.
type Memory interface {
	// Take lends n bytes, which may hold anything.
	Take(n int) []byte
}

// successor is field and one zero byte: the first field behind it.
func successor(mem Memory, field []byte) []byte {
	b := mem.Take(len(field) + 1)
	copy(b, field)
	b[len(field)] = 0
	return b
}

// After is the mark behind an item.
func (m Mark) After(mem Memory) Mark {
	m.Field = successor(mem, m.Field)
	return m
}
