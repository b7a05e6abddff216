package sqlite

import (
	"iter"
	"math"
	"slices"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// cursor is a range being read: a statement that stands on a row. Statements are kept for the next
// range of the same shape. It belongs to the transaction's goroutine.
type cursor struct {
	stmt  *capi.Stmt
	shape shape
	buf   []byte // field and value of the row
}

// entry is a row under a cursor, in SQLite's memory: valid until the next row.
type entry struct {
	pos   int64
	field []byte
	score float64
	value []byte // unless ref says where it is
	ref   int64
}

func (e *entry) mark() blocks.Mark { return blocks.Mark{Pos: e.pos, Field: e.field} }

func (c *conn) cursor(s shape) (*cursor, error) {
	if n := len(c.idle[s]); n > 0 {
		cur := c.idle[s][n-1]
		c.idle[s] = c.idle[s][:n-1]
		return cur, nil
	}
	stmt, _, err := c.DB.Prepare(s.sql())
	if err != nil {
		return nil, sqlfile.Fault(c.Path, err)
	}
	cur := &cursor{stmt: stmt, shape: s}
	c.all = append(c.all, cur)
	return cur, nil
}

// closeLoop ends a range.
func (t *tx) closeLoop(cur *cursor) {
	i := slices.Index(t.loops, cur)
	if i < 0 {
		return
	}
	t.loops = slices.Delete(t.loops, i, i+1)
	cur.stmt.Reset()
	if cap(cur.buf) > arenaKept {
		cur.buf = nil
	}
	t.conn.idle[cur.shape] = append(t.conn.idle[cur.shape], cur)
}

func shapeOf(p store.Part, r store.Range) shape {
	s := naturalUp
	switch {
	case r.Order == store.ByScore:
		s = scoreUp
	case p == store.Chunks:
		s = chunksUp
	case p.Class() == store.Placed:
		s = placedUp
	}
	if r.Reverse {
		s++
	}
	return s
}

// openLoop starts to read a range; nil means it is empty.
func (t *tx) openLoop(id store.ID, p store.Part, r store.Range) (*cursor, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	sp, err := blocks.SpanOf(p, r, &t.arena)
	if err != nil || sp.Empty || id == 0 {
		return nil, err
	}
	skip := r.Skip
	if skip > 0 {
		if sp, skip, err = t.skip(id, p, r, sp); err != nil || sp.Empty {
			return nil, err
		}
	}
	return t.loop(id, p, sp, shapeOf(p, r), r.Limit, skip)
}

// skip narrows a range by its Skip, with blocks to within one of them. What is left to skip is returned.
func (t *tx) skip(id store.ID, p store.Part, r store.Range, sp blocks.Span) (blocks.Span, int64, error) {
	ranked, err := t.rankable(id, p, r.Order)
	switch {
	case err != nil || !ranked:
		return sp, r.Skip, err
	case r.Reverse:
		return t.counts(id, p).SkipBack(r.Skip, sp)
	}
	return t.counts(id, p).Skip(r.Skip, sp)
}

func (t *tx) loop(id store.ID, p store.Part, sp blocks.Span, sh shape, limit, skip int64) (*cursor, error) {
	if (sh == scoreUp || sh == scoreDown) && len(sp.Lo.Field) == 0 && len(sp.Hi.Field) == 0 {
		sh += wholeUp - scoreUp
	}
	cur, err := t.conn.cursor(sh)
	if err != nil {
		return nil, t.fail(err)
	}
	t.loops = append(t.loops, cur)
	if limit <= 0 {
		limit = -1
	}
	next := 7
	switch sh {
	case chunksUp, chunksDown:
		next = 3
		bindChunks(cur.stmt, id, sp)
	case placedUp, placedDown:
		next = 5
		bindPlaced(cur.stmt, id, p, sp)
	case wholeUp, wholeDown:
		next = 5
		cur.stmt.BindInts(1, int64(id), int64(p))
		sp.Lo.BindKey(cur.stmt, 3)
		sp.Hi.BindKey(cur.stmt, 4)
	default:
		bindSpan(cur.stmt, id, p, sp)
	}
	cur.stmt.BindInt(next, limit)
	cur.stmt.BindInt(next+1, skip)
	return cur, nil
}

// bindSpan binds the first six parameters of naturalRange and scoreRange.
func bindSpan(s *capi.Stmt, id store.ID, p store.Part, sp blocks.Span) {
	s.BindInts(1, int64(id), int64(p))
	sp.Lo.Bind(s, 3)
	sp.Hi.Bind(s, 5)
}

// bindPlaced binds the first four parameters of a range of placed items.
func bindPlaced(s *capi.Stmt, id store.ID, p store.Part, sp blocks.Span) {
	lo, hi := sp.Lo.Pos, int64(math.MaxInt64)
	switch {
	case sp.Hi.IsBeyond():
	case sp.Hi.Pos == math.MinInt64:
		lo, hi = 1, 0 // nothing lies before it
	default:
		hi = sp.Hi.Pos - 1
	}
	s.BindInts(1, int64(id), int64(p), lo, hi)
}

func bindChunks(s *capi.Stmt, id store.ID, sp blocks.Span) {
	lo, hi := min(max(sp.Lo.Pos, 0), chunkMax), int64(chunkMax)
	if !sp.Hi.IsBeyond() {
		hi = min(max(sp.Hi.Pos, 0), chunkMax)
	}
	s.BindInts(1, int64(id)<<ChunkBits+lo, int64(id)<<ChunkBits+hi)
}

// next moves to the next row.
func (t *tx) next(cur *cursor) (e entry, ok bool, err error) {
	s := cur.stmt
	if ok, err = t.conn.step(s); err != nil || !ok {
		return e, false, t.fail(err)
	}
	if cur.shape == placedUp || cur.shape == placedDown {
		return entry{pos: s.Int(0), value: s.Bytes(1), ref: s.Int(2)}, true, nil
	}
	return entry{
		pos: s.Int(0), field: s.Bytes(1), score: s.Float(2), value: s.Bytes(3), ref: s.Int(4),
	}, true, nil
}

// complete copies a row, with its value, which may be in blobs: handing out SQLite's own memory would make a
// slice kept too long a crash.
func (t *tx) complete(cur *cursor, e entry) (store.Item, error) {
	it := store.Item{Pos: e.pos, Score: e.score, Found: true}
	if e.ref != 0 {
		defer t.conn.s.blobGet.Reset()
		if err := t.stepBlob(e.ref); err != nil {
			return it, err
		}
		e.value = t.conn.s.blobGet.Bytes(0)
	}
	f := len(e.field)
	cur.buf = append(append(cur.buf[:0], e.field...), e.value...)
	if f > 0 {
		it.Field = cur.buf[:f:f]
	}
	if len(e.value) > 0 {
		it.Value = cur.buf[f:]
	}
	return it, nil
}

// Range streams: the statement stands on its row while the loop's body runs. A write to other
// ids meanwhile is fine with SQLite.
func (t *tx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if pos, ok := oneElement(p, r); ok && t.element(id, p, pos, yield) {
			return
		}
		cur, err := t.openLoop(id, p, r)
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		if cur == nil {
			return
		}
		defer t.closeLoop(cur)
		for {
			e, ok, err := t.next(cur)
			if err == nil && !ok {
				return
			}
			var it store.Item
			if err == nil {
				it, err = t.complete(cur, e)
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// Count sums blocks where there are any.
func (t *tx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	if err := t.readable(); err != nil {
		return 0, err
	}
	sp, err := blocks.SpanOf(p, r, &t.arena)
	if err != nil || sp.Empty || id == 0 {
		return 0, err
	}
	n, err := t.countSpan(id, p, r.Order, sp)
	n = max(n-r.Skip, 0)
	if r.Limit > 0 {
		n = min(n, r.Limit)
	}
	return n, err
}

func (t *tx) countSpan(id store.ID, p store.Part, o store.Order, sp blocks.Span) (int64, error) {
	ranked, err := t.rankable(id, p, o)
	if err != nil || !ranked {
		return t.countRows(id, p, o, sp)
	}
	high, err := t.counts(id, p).Rank(sp.Hi)
	if err != nil {
		return 0, err
	}
	low, err := t.counts(id, p).Rank(sp.Lo)
	return max(high-low, 0), err
}

// countRows counts one by one.
func (t *tx) countRows(id store.ID, p store.Part, o store.Order, sp blocks.Span) (int64, error) {
	q := &t.conn.s
	n, _, err := t.conn.count(overSpan(id, p, o, sp, q.countNatural, q.countScore, q.countChunks))
	return n, t.fail(err)
}

// overSpan chooses the statement that goes over a span of a part, and binds it.
func overSpan(id store.ID, p store.Part, o store.Order, sp blocks.Span, natural, score, chunks *capi.Stmt) *capi.Stmt {
	switch {
	case p == store.Chunks:
		bindChunks(chunks, id, sp)
		return chunks
	case o == store.ByScore:
		bindSpan(score, id, p, sp)
		return score
	}
	bindSpan(natural, id, p, sp)
	return natural
}

// Weigh has SQLite add up: that takes a fraction of the time in which rows are handed out one by one.
func (t *tx) Weigh(id store.ID, p store.Part, r store.Range) (sum store.Change, err error) {
	if err := t.readable(); err != nil {
		return sum, err
	}
	sp, err := blocks.SpanOf(p, r, &t.arena)
	if err != nil || sp.Empty || id == 0 {
		return sum, err
	}
	q := &t.conn.s
	s := overSpan(id, p, r.Order, sp, q.weighNatural, q.weighScore, q.weighChunks)
	defer s.Reset()
	if _, err := t.conn.step(s); err != nil {
		return sum, t.fail(err)
	}
	return store.Change{Count: s.Int(0), Bytes: s.Int(1)}, nil
}
