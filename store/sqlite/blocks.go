package sqlite

import (
	"math"

	"larder/store"
	"larder/store/sqlite/capi"
)

// Blocks make rank O(log n): the items of a part, in the order that positions are asked in, are cut into
// stretches of some hundred, and each stretch has a row that says how many it holds. Stretches
// are counted in the same way by rows one level up, and so on until a level is short.
//
// Invariants: the first row of every level stands at the lowest possible mark; every row of a level
// stands where a row of the level below stands; n is exact.
//
// Blocks twice as long make a rank of 300,000 members twice as slow (it reads about one block
// of every level, row by row) and an insert no faster; shorter ones add a level, which every insert writes to.
const (
	itemsMax, itemsLow, itemsJoin, itemsFill = 256, 64, 192, 128 // of a block of level 0
	rowsMax, rowsLow, rowsJoin, rowsFill     = 128, 32, 96, 64   // of higher levels
)

// rankedParts are those whose positions mean something. The order of hashed parts without scores does not.
var rankedParts = [...]store.Part{
	store.Scores, store.Elements, store.Entries, store.Groups, store.Consumers, store.Pending,
}

// blockOrder is the order a part's blocks count in; ok is false for parts without blocks.
func blockOrder(p store.Part) (o store.Order, ok bool) {
	for _, r := range rankedParts {
		if r == p {
			if p.Scored() {
				return store.ByScore, true
			}
			return store.Natural, true
		}
	}
	return store.Natural, false
}

// blockMark is an item's mark in the order of blocks.
func blockMark(p store.Part, m mark, score float64) mark {
	if p.Scored() {
		return mark{kind: byScore, score: score, field: m.field}
	}
	return m
}

// lowest is the mark before everything.
func lowest(p store.Part) mark {
	switch {
	case p.Scored():
		return lowestScore()
	case p.Class() == store.Named:
		return mark{}
	}
	return mark{pos: math.MinInt64}
}

// block is one row of blocks.
type block struct {
	start mark
	n     int64
}

// counted tells whether writes to a part must be counted.
func (t *tx) counted(id store.ID, p store.Part) (bool, error) {
	if _, ok := blockOrder(p); !ok {
		return false, nil
	}
	return t.ranked(id)
}

// rankable tells whether blocks can answer for an order.
func (t *tx) rankable(id store.ID, p store.Part, o store.Order) (bool, error) {
	if bo, ok := blockOrder(p); !ok || bo != o {
		return false, nil
	}
	return t.ranked(id)
}

func bindBlock(s *capi.Stmt, id store.ID, p store.Part, level int, m mark) {
	s.BindInt(1, int64(id))
	s.BindInt(2, int64(p))
	s.BindInt(3, int64(level))
	m.bind(s, 4)
}

// readBlock reads n, key, field.
func (t *tx) readBlock(s *capi.Stmt, p store.Part) block {
	return block{n: s.Int(0), start: t.readMark(s, p, 1)}
}

// readMark reads key, field from a column on, in the order of blocks.
func (t *tx) readMark(s *capi.Stmt, p store.Part, col int) mark {
	m := mark{field: t.arena.column(s, col+1)}
	if p.Scored() {
		m.kind, m.score = byScore, s.Float(col)
		return m
	}
	m.pos = s.Int(col)
	return m
}

// near runs one of blockFind (the row that holds m), blockBefore and blockNext.
func (t *tx) near(s *capi.Stmt, id store.ID, p store.Part, level int, m mark) (b block, ok bool, err error) {
	bindBlock(s, id, p, level, m)
	ok, err = t.conn.step(s)
	if ok {
		b = t.readBlock(s, p)
	}
	s.Reset()
	return b, ok, t.fail(err)
}

func (t *tx) find(id store.ID, p store.Part, level int, m mark) (block, bool, error) {
	return t.near(t.conn.s.blockFind, id, p, level, m)
}

// endOf is where a row's stretch ends.
func (t *tx) endOf(id store.ID, p store.Part, level int, b block) (mark, error) {
	next, ok, err := t.near(t.conn.s.blockNext, id, p, level, b.start)
	if !ok {
		return mark{kind: beyond}, err
	}
	return next.start, err
}

func (t *tx) putBlock(id store.ID, p store.Part, level int, b block) error {
	s := t.conn.s.blockPut
	bindBlock(s, id, p, level, b.start)
	s.BindInt(6, b.n)
	return t.fail(t.conn.Exec(s))
}

func (t *tx) dropBlock(id store.ID, p store.Part, level int, b block) error {
	bindBlock(t.conn.s.blockDrop, id, p, level, b.start)
	return t.fail(t.conn.Exec(t.conn.s.blockDrop))
}

// overBlocks runs blockSum or blockCount over the rows of a level between two marks.
func (t *tx) overBlocks(s *capi.Stmt, id store.ID, p store.Part, level int, sp span) (int64, error) {
	bindBlock(s, id, p, level, sp.lo)
	sp.hi.bind(s, 6)
	n, _, err := t.conn.count(s)
	return n, t.fail(err)
}

// top is the highest level, -1 without blocks.
func (t *tx) top(id store.ID, p store.Part) (int, error) {
	s := t.conn.s.blockTop
	s.BindInt(1, int64(id))
	s.BindInt(2, int64(p))
	n, found, err := t.conn.count(s)
	if !found {
		n = -1
	}
	return int(n), t.fail(err)
}

// rankOf counts the items before a mark.
func (t *tx) rankOf(id store.ID, p store.Part, m mark) (int64, error) {
	from, total := lowest(p), int64(0)
	if !from.before(m) {
		return 0, nil
	}
	level, err := t.top(id, p)
	for ; level >= 0 && err == nil; level-- {
		if m.kind == beyond {
			return t.overBlocks(t.conn.s.blockSum, id, p, level, span{lo: from, hi: m})
		}
		var b block
		var n int64
		if b, _, err = t.find(id, p, level, m); err != nil {
			return 0, err
		}
		if n, err = t.overBlocks(t.conn.s.blockSum, id, p, level, span{lo: from, hi: b.start}); err != nil {
			return 0, err
		}
		from, total = b.start, total+n
	}
	if err != nil {
		return 0, err
	}
	o, _ := blockOrder(p)
	n, err := t.countRows(id, p, o, span{lo: from, hi: m})
	return total + n, err
}

// stretch is a block of level 0 with the rank of its first item.
type stretch struct {
	span
	rank, n int64
}

// at finds the block that holds the item of a rank; ok is false past the end.
func (t *tx) at(id store.ID, p store.Part, rank int64) (st stretch, ok bool, err error) {
	st = stretch{span: span{lo: lowest(p), hi: mark{kind: beyond}}}
	level, err := t.top(id, p)
	for ; level >= 0 && err == nil; level-- {
		if ok, err = t.descend(id, p, level, rank, &st); err != nil || !ok {
			return st, false, err
		}
	}
	return st, ok, err
}

// descend narrows a stretch to the row of a level that holds a rank.
func (t *tx) descend(id store.ID, p store.Part, level int, rank int64, st *stretch) (bool, error) {
	s := t.conn.s.blockWalk
	bindBlock(s, id, p, level, st.lo)
	st.hi.bind(s, 6)
	defer s.Reset()
	for {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return false, t.fail(err)
		}
		n := s.Int(0)
		if st.rank+n <= rank {
			st.rank += n
			continue
		}
		st.lo, st.n = t.readMark(s, p, 1), n
		row, err = t.conn.step(s)
		if row {
			st.hi = t.readMark(s, p, 1)
		}
		return true, t.fail(err)
	}
}

// skip narrows a range by its Skip: with blocks to within one of them. What is left to skip
// is returned.
func (t *tx) skip(id store.ID, p store.Part, r store.Range, sp span) (span, int64, error) {
	ranked, err := t.rankable(id, p, r.Order)
	if err != nil || !ranked {
		return sp, r.Skip, err
	}
	if r.Reverse {
		return t.skipBack(id, p, r.Skip, sp)
	}
	base, err := t.rankOf(id, p, sp.lo)
	if err != nil {
		return sp, 0, err
	}
	target := base + r.Skip
	st, ok, err := t.at(id, p, target)
	if err != nil || !ok {
		return span{empty: true}, 0, err
	}
	if st.rank <= base {
		return sp, r.Skip, nil
	}
	sp.lo = st.lo
	return sp, target - st.rank, nil
}

func (t *tx) skipBack(id store.ID, p store.Part, skip int64, sp span) (span, int64, error) {
	base, err := t.rankOf(id, p, sp.hi)
	if err != nil {
		return sp, 0, err
	}
	target := base - 1 - skip
	if target < 0 {
		return span{empty: true}, 0, nil
	}
	st, ok, err := t.at(id, p, target)
	if err != nil || !ok {
		return span{empty: true}, 0, err
	}
	if end := st.rank + st.n; end < base {
		sp.hi = st.hi
		return sp, end - 1 - target, nil
	}
	return sp, skip, nil
}
