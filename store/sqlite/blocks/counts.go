package blocks

import (
	"larder/store"
	"larder/store/sqlite/capi"
)

const (
	itemsMax, itemsLow, itemsJoin, itemsFill = 256, 64, 192, 128 // of a block of level 0
	rowsMax, rowsLow, rowsJoin, rowsFill     = 128, 32, 96, 64   // of higher levels
)

// Tx is the transaction in which items are counted.
type Tx interface {
	// Step and Exec run statements in it.
	Step(*capi.Stmt) (row bool, err error)
	Exec(*capi.Stmt) error
	// Column copies a blob into memory that lasts as long as the transaction.
	Column(s *capi.Stmt, col int) []byte
	// CountRows counts the items of a span one by one, in an order of the part's.
	CountRows(id store.ID, p store.Part, o store.Order, sp Span) (int64, error)
	// NthRow is the mark of the i-th item of a span, in the order that blocks count in; ok is false if it has fewer.
	NthRow(id store.ID, p store.Part, sp Span, i int64) (m Mark, ok bool, err error)
	// EachRow calls fn with the marks of all items of a part, in the order that blocks count in; they last no longer
	// than the call.
	EachRow(id store.ID, p store.Part, fn func(Mark) error) error
	// Damaged makes the error of a file whose rows contradict each other.
	Damaged(how string) error
}

// Counts are the blocks of one part of an id. For the transaction's goroutine.
type Counts struct {
	tx   Tx
	s    *Statements
	id   store.ID
	part store.Part
}

// Of are the blocks of a part.
func Of(tx Tx, s *Statements, id store.ID, p store.Part) Counts { return Counts{tx, s, id, p} }

// Parts are those whose positions mean something. The order of hashed parts without scores does not.
func Parts() []store.Part {
	return []store.Part{store.Scores, store.Elements, store.Entries, store.Groups, store.Consumers, store.Pending,
		store.Producers}
}

// Order is the order a part's blocks count in; ok is false for parts without blocks.
func Order(p store.Part) (o store.Order, ok bool) {
	switch p {
	case store.Scores:
		return store.ByScore, true
	case store.Elements, store.Entries, store.Groups, store.Consumers, store.Pending, store.Producers:
		return store.Natural, true
	}
	return store.Natural, false
}

// block is one row of blocks.
type block struct {
	start Mark
	n     int64
}

func (c Counts) lowest() Mark { return lowest(c.part) }

func (c Counts) all() Span { return Span{Lo: c.lowest(), Hi: Beyond()} }

func (c Counts) bind(s *capi.Stmt, level int, m Mark) {
	s.BindInts(1, int64(c.id), int64(c.part), int64(level))
	m.Bind(s, 4)
}

// number runs a statement that answers one number at most.
func (c Counts) number(s *capi.Stmt) (n int64, found bool, err error) {
	if found, err = c.tx.Step(s); found {
		n = s.Int(0)
	}
	s.Reset()
	return n, found, err
}

// read reads n, key, field.
func (c Counts) read(s *capi.Stmt) block {
	return block{n: s.Int(0), start: ReadMark(c.tx, c.part, s, 1)}
}

// near runs one of find (the row that holds m), before and next.
func (c Counts) near(s *capi.Stmt, level int, m Mark) (b block, ok bool, err error) {
	c.bind(s, level, m)
	if ok, err = c.tx.Step(s); ok {
		b = c.read(s)
	}
	s.Reset()
	return b, ok, err
}

func (c Counts) find(level int, m Mark) (block, bool, error) { return c.near(c.s.find, level, m) }

// endOf is where a row's stretch ends.
func (c Counts) endOf(level int, b block) (Mark, error) {
	next, ok, err := c.near(c.s.next, level, b.start)
	if !ok {
		return Beyond(), err
	}
	return next.start, err
}

func (c Counts) put(level int, b block) error {
	c.bind(c.s.put, level, b.start)
	c.s.put.BindInt(6, b.n)
	return c.tx.Exec(c.s.put)
}

// over runs sum or count over the rows of a level between two marks.
func (c Counts) over(s *capi.Stmt, level int, sp Span) (int64, error) {
	c.bind(s, level, sp.Lo)
	sp.Hi.Bind(s, 6)
	n, _, err := c.number(s)
	return n, err
}

// items is how many a stretch has, by what lies below a level.
func (c Counts) items(level int, sp Span) (int64, error) {
	if level > 0 {
		return c.over(c.s.sum, level-1, sp)
	}
	o, _ := Order(c.part)
	return c.tx.CountRows(c.id, c.part, o, sp)
}

// top is the highest level, -1 without blocks.
func (c Counts) top() (int, error) {
	c.s.top.BindInts(1, int64(c.id), int64(c.part))
	n, found, err := c.number(c.s.top)
	if !found {
		n = -1
	}
	return int(n), err
}

// Any tells whether the id has blocks, of whatever part.
func (c Counts) Any() (bool, error) {
	c.s.any.BindInt(1, int64(c.id))
	_, found, err := c.number(c.s.any)
	return found, err
}

// Rank counts the items before a mark.
func (c Counts) Rank(m Mark) (int64, error) {
	from, total := c.lowest(), int64(0)
	if !from.Before(m) {
		return 0, nil
	}
	level, err := c.top()
	for ; level >= 0 && err == nil; level-- {
		if m.IsBeyond() {
			return c.over(c.s.sum, level, Span{Lo: from, Hi: m})
		}
		b, _, err := c.find(level, m)
		if err != nil {
			return 0, err
		}
		n, err := c.over(c.s.sum, level, Span{Lo: from, Hi: b.start})
		if err != nil {
			return 0, err
		}
		from, total = b.start, total+n
	}
	if err != nil {
		return 0, err
	}
	n, err := c.items(0, Span{Lo: from, Hi: m})
	return total + n, err
}

// stretch is a block of level 0 with the rank of its first item.
type stretch struct {
	Span
	rank, n int64
}

// at finds the block that holds the item of a rank; ok is false past the end.
func (c Counts) at(rank int64) (st stretch, ok bool, err error) {
	st = stretch{Span: c.all()}
	level, err := c.top()
	for ; level >= 0 && err == nil; level-- {
		if ok, err = c.descend(level, rank, &st); err != nil || !ok {
			return st, false, err
		}
	}
	return st, ok, err
}

// descend narrows a stretch to the row of a level that holds a rank.
func (c Counts) descend(level int, rank int64, st *stretch) (bool, error) {
	s := c.s.walk
	c.bind(s, level, st.Lo)
	st.Hi.Bind(s, 6)
	defer s.Reset()
	for {
		row, err := c.tx.Step(s)
		if err != nil || !row {
			return false, err
		}
		n := s.Int(0)
		if st.rank+n <= rank {
			st.rank += n
			continue
		}
		st.Lo, st.n = ReadMark(c.tx, c.part, s, 1), n
		row, err = c.tx.Step(s)
		if row {
			st.Hi = ReadMark(c.tx, c.part, s, 1)
		}
		return true, err
	}
}

// Skip narrows a range that skips some of its first items to within one block. What is left to skip is returned.
func (c Counts) Skip(skip int64, sp Span) (Span, int64, error) {
	base, err := c.Rank(sp.Lo)
	if err != nil {
		return sp, 0, err
	}
	target := base + skip
	st, ok, err := c.at(target)
	if err != nil || !ok {
		return Span{Empty: true}, 0, err
	}
	if st.rank <= base {
		return sp, skip, nil
	}
	sp.Lo = st.Lo
	return sp, target - st.rank, nil
}

// SkipBack is Skip from the other end.
func (c Counts) SkipBack(skip int64, sp Span) (Span, int64, error) {
	base, err := c.Rank(sp.Hi)
	target := base - 1 - skip
	if err != nil || target < 0 {
		return Span{Empty: true}, 0, err
	}
	st, ok, err := c.at(target)
	if err != nil || !ok {
		return Span{Empty: true}, 0, err
	}
	if end := st.rank + st.n; end < base {
		sp.Hi = st.Hi
		return sp, end - 1 - target, nil
	}
	return sp, skip, nil
}
