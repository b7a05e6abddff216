package sqlite

import (
	"math"

	"larder/store"
)

// Reading ahead. A queue is read one element after the other, each by its position, and to find one row in the tree
// costs as much as reading twenty in a run. So when a list has been read in equal steps three times, what comes next is
// read with it, and kept as long as the connection keeps its snapshot: then an LPOP finds its element
// here. One list per connection: a client that drains a queue mostly meets no other in between.

const (
	// aheadRows and aheadBytes bound what is read ahead.
	aheadRows  = 32
	aheadBytes = 16 << 10
)

// ahead is a stretch of a list, complete between from and to. It belongs to its connection.
type ahead struct {
	snapshot uint64 // that the list was read in, see tx.snapshot; 0 for none
	id       store.ID
	part     store.Part
	last     int64 // the position asked for last
	step     int64 // and its distance from the one before
	from, to int64 // no position if to is less
	rows     []aheadRow
	values   []byte
	lent     bool // a loop's body has a row of it
}

// aheadRow is an entry whose value lies in ahead.values.
type aheadRow struct {
	pos      int64
	at, size int
	ref      int64
}

// oneElement tells whether a range is one position of a list, and which.
func oneElement(p store.Part, r store.Range) (pos int64, ok bool) {
	ok = p.Class() == store.Placed && p != store.Chunks && r.Order == store.Natural && r.Skip == 0 &&
		r.Min.Edge == store.Inclusive && r.Max.Edge == store.Inclusive && r.Min.Pos == r.Max.Pos
	return r.Min.Pos, ok
}

// element answers a range of one position from what was read ahead. It reports false if it has not been: then the
// range is read as any other.
func (t *tx) element(id store.ID, p store.Part, pos int64, yield func(store.Item, error) bool) bool {
	a := &t.conn.ahead
	if t.snapshot == 0 || t.write || a.lent || t.readable() != nil { // what it writes would be missing here
		return false
	}
	if !a.holds(t.snapshot, id, p, pos) {
		if !a.follow(t.snapshot, id, p, pos) {
			return false
		}
		if err := t.readAhead(a, pos); err != nil {
			a.snapshot = 0
			return false // the range will meet the error itself
		}
	}
	a.last = pos
	row := a.find(pos)
	if row == nil {
		return true
	}
	if row.ref != 0 {
		return false
	}
	it := store.Item{Pos: pos, Found: true}
	if row.size > 0 {
		it.Value = a.values[row.at : row.at+row.size : row.at+row.size]
	}
	a.lent = true
	defer func() { a.lent = false }()
	yield(it, nil)
	return true
}

func (a *ahead) holds(snapshot uint64, id store.ID, p store.Part, pos int64) bool {
	return a.snapshot == snapshot && a.id == id && a.part == p && a.from <= pos && pos <= a.to
}

// follow notes a position that is not held, and reports whether it is the third in equal steps.
func (a *ahead) follow(snapshot uint64, id store.ID, p store.Part, pos int64) bool {
	a.rows, a.from, a.to = a.rows[:0], 0, -1
	if a.snapshot != snapshot || a.id != id || a.part != p {
		a.snapshot, a.id, a.part, a.last, a.step = snapshot, id, p, pos, 0
		return false
	}
	step := pos - a.last
	third := step == a.step && step != 0
	a.last, a.step = pos, step
	return third
}

// readAhead reads a stretch that begins at a position and leads on in the direction of the steps.
func (t *tx) readAhead(a *ahead, pos int64) error {
	r := store.Range{Min: store.Bound{Edge: store.Inclusive, Pos: pos}, Limit: aheadRows}
	if a.step < 0 {
		r = store.Range{Max: store.Bound{Edge: store.Inclusive, Pos: pos}, Limit: aheadRows, Reverse: true}
	}
	cur, err := t.openLoop(a.id, a.part, r)
	if err != nil || cur == nil {
		return err
	}
	defer t.closeLoop(cur)
	a.values = a.values[:0]
	for len(a.values) < aheadBytes {
		e, ok, err := t.next(cur)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		a.rows = append(a.rows, aheadRow{pos: e.pos, at: len(a.values), size: len(e.value), ref: e.ref})
		a.values = append(a.values, e.value...)
	}
	a.cover(pos)
	return nil
}

// cover says what the rows are complete for: up to the last of them, or to the list's end if there are fewer
// than asked for.
func (a *ahead) cover(pos int64) {
	edge := int64(math.MaxInt64)
	if a.step < 0 {
		edge = math.MinInt64
	}
	if n := len(a.rows); n == aheadRows || len(a.values) >= aheadBytes {
		edge = a.rows[n-1].pos
	}
	a.from, a.to = min(pos, edge), max(pos, edge)
}

// find looks a position up. Steps lead from row to row, so it is near the head of what is left.
func (a *ahead) find(pos int64) *aheadRow {
	for i := range a.rows {
		if a.rows[i].pos == pos {
			return &a.rows[i]
		}
	}
	return nil
}
