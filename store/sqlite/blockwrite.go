package sqlite

import (
	"larder/store"
	"larder/store/sqlite/sqlfile"
)

// balance splits a row that counts too many and joins one that counts too few, and then its parent.
func (t *tx) balance(id store.ID, p store.Part, level int, b block) error {
	most, least := int64(rowsMax), int64(rowsLow)
	if level == 0 {
		most, least = itemsMax, itemsLow
	}
	w, err := t.weight(id, p, level, b)
	switch {
	case err != nil:
		return err
	case w > most:
		return t.split(id, p, level, b, w)
	case w < least:
		return t.merge(id, p, level, b, w)
	}
	return nil
}

// weight is the number of items, or of rows one level down, that a row stands for.
func (t *tx) weight(id store.ID, p store.Part, level int, b block) (int64, error) {
	if level == 0 {
		return b.n, nil
	}
	end, err := t.endOf(id, p, level, b)
	if err != nil {
		return 0, err
	}
	return t.overBlocks(t.conn.s.blockCount, id, p, level-1, span{lo: b.start, hi: end})
}

func (t *tx) split(id store.ID, p store.Part, level int, b block, weight int64) error {
	end, err := t.endOf(id, p, level, b)
	if err != nil {
		return err
	}
	mid, err := t.middle(id, p, level, span{lo: b.start, hi: end}, weight/2)
	if err != nil {
		return err
	}
	left := weight / 2
	if level > 0 {
		if left, err = t.overBlocks(t.conn.s.blockSum, id, p, level-1, span{lo: b.start, hi: mid}); err != nil {
			return err
		}
	}
	right := block{start: mid, n: b.n - left}
	b.n = left
	for _, half := range [...]block{b, right} {
		if err := t.putBlock(id, p, level, half); err != nil {
			return err
		}
	}
	if err := t.balanceAbove(id, p, level, b); err != nil || level > 0 {
		return err
	}
	for _, half := range [...]block{right, b} { // many items may have come at once
		if half.n > itemsMax {
			if err := t.balance(id, p, 0, half); err != nil {
				return err
			}
		}
	}
	return nil
}

// balanceAbove balances the parent of a row, adding a level if the row's has grown too long.
func (t *tx) balanceAbove(id store.ID, p store.Part, level int, b block) error {
	parent, ok, err := t.find(id, p, level+1, b.start)
	if err != nil {
		return err
	}
	if ok {
		return t.balance(id, p, level+1, parent)
	}
	return t.raise(id, p, level)
}

// middle is the mark of the i-th item, or row one level down, of a stretch.
func (t *tx) middle(id store.ID, p store.Part, level int, sp span, i int64) (mark, error) {
	s, last := t.conn.s.blockMid, 8
	switch {
	case level > 0:
		bindBlock(s, id, p, level-1, sp.lo)
		sp.hi.bind(s, 6)
	case p.Scored():
		s, last = t.conn.s.midScore, 7
		bindSpan(s, id, p, sp)
	default:
		s, last = t.conn.s.midNatural, 7
		bindSpan(s, id, p, sp)
	}
	s.BindInt(last, i)
	defer s.Reset()
	row, err := t.conn.step(s)
	if err == nil && !row {
		err = sqlfile.Damaged(t.conn.Path, "blocks count more items than there are", nil)
	}
	if err != nil {
		return mark{}, t.fail(err)
	}
	return t.readMark(s, p, 0), nil
}

// merge joins a short row with a neighbour under the same parent, if together they are not too long.
func (t *tx) merge(id store.ID, p store.Part, level int, b block, weight int64) error {
	for _, side := range [...]bool{true, false} {
		s := t.conn.s.blockBefore
		if side {
			s = t.conn.s.blockNext
		}
		other, ok, err := t.near(s, id, p, level, b.start)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		left, right := b, other
		if !side {
			left, right = other, b
		}
		if ok, err = t.joinable(id, p, level, left, right, weight, other); err != nil {
			return err
		}
		if ok {
			return t.join(id, p, level, left, right)
		}
	}
	return nil
}

func (t *tx) joinable(id store.ID, p store.Part, level int, left, right block, weight int64, other block) (bool, error) {
	most := int64(rowsJoin)
	if level == 0 {
		most = itemsJoin
	}
	w, err := t.weight(id, p, level, other)
	if err != nil || w+weight > most {
		return false, err
	}
	parent, ok, err := t.find(id, p, level+1, right.start)
	if err != nil || !ok {
		return !ok, err
	}
	// A row where its parent begins is the parent's first: the left one is under another.
	return left.start.before(right.start) && parent.start.before(right.start), nil
}

func (t *tx) join(id store.ID, p store.Part, level int, left, right block) error {
	if err := t.dropBlock(id, p, level, right); err != nil {
		return err
	}
	left.n += right.n
	if err := t.putBlock(id, p, level, left); err != nil {
		return err
	}
	parent, ok, err := t.find(id, p, level+1, left.start)
	if err != nil || !ok {
		return err
	}
	return t.balance(id, p, level+1, parent)
}

// buildRanks counts what an id already owns, when its head asks for it the first time. An id that moves
// to another key brings its blocks.
func (t *tx) buildRanks(id store.ID) error {
	s := t.conn.s.blockAny
	s.BindInt(1, int64(id))
	if _, found, err := t.conn.count(s); found || err != nil {
		return t.fail(err)
	}
	for _, p := range rankedParts {
		if err := t.build(id, p); err != nil {
			return err
		}
	}
	t.counting = append(t.counting, id)
	return nil
}

// build counts all items of a part.
func (t *tx) build(id store.ID, p store.Part) error {
	o, _ := blockOrder(p)
	cur, err := t.openLoop(id, p, store.Range{Order: o})
	if err != nil || cur == nil {
		return err
	}
	defer t.closeLoop(cur)
	b, any := block{start: lowest(p)}, false
	for {
		e, ok, err := t.next(cur)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if b.n == itemsFill {
			if err := t.putBlock(id, p, 0, b); err != nil {
				return err
			}
			b = block{start: blockMark(p, mark{pos: e.pos, field: e.field}, e.score)}
			b.start.field = t.keep(b.start.field)
		}
		b.n, any = b.n+1, true
	}
	if !any {
		return nil
	}
	if err := t.putBlock(id, p, 0, b); err != nil {
		return err
	}
	return t.raise(id, p, 0)
}

// raise adds levels until the topmost is short.
func (t *tx) raise(id store.ID, p store.Part, level int) error {
	all := span{lo: lowest(p), hi: mark{kind: beyond}}
	for ; ; level++ {
		rows, err := t.overBlocks(t.conn.s.blockCount, id, p, level, all)
		if err != nil || rows <= rowsMax {
			return err
		}
		if err := t.raiseOne(id, p, level, all); err != nil {
			return err
		}
	}
}

// raiseOne puts a level above another one.
func (t *tx) raiseOne(id store.ID, p store.Part, level int, all span) error {
	s := t.conn.s.blockWalk
	bindBlock(s, id, p, level, all.lo)
	all.hi.bind(s, 6)
	defer s.Reset()
	up, rows := block{}, 0
	for {
		row, err := t.conn.step(s)
		if err != nil {
			return t.fail(err)
		}
		if !row {
			return t.putBlock(id, p, level+1, up)
		}
		b := t.readBlock(s, p)
		switch {
		case rows == 0:
			up = b
		case rows%rowsFill == 0:
			if err := t.putBlock(id, p, level+1, up); err != nil {
				return err
			}
			up = b
		default:
			up.n += b.n
		}
		rows++
	}
}

// repair counts again all rows whose stretch meets a span (its end included), and joins
// those that became short.
func (t *tx) repair(id store.ID, p store.Part, touched span) error {
	top, err := t.top(id, p)
	if err != nil {
		return err
	}
	var low []block
	for level := 0; level <= top; level++ {
		rows, err := t.repairLevel(id, p, level, touched)
		if err != nil {
			return err
		}
		if level == 0 {
			low = rows
		}
	}
	// From the end, so that a row is still there when its turn comes.
	for i := len(low) - 1; i >= 0; i-- {
		b, ok, err := t.find(id, p, 0, low[i].start)
		if err != nil {
			return err
		}
		if !ok || b.n >= itemsLow || b.start.before(low[i].start) {
			continue
		}
		if err := t.balance(id, p, 0, b); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) repairLevel(id store.ID, p store.Part, level int, touched span) ([]block, error) {
	o, _ := blockOrder(p)
	var rows []block
	b, ok, err := t.find(id, p, level, touched.lo)
	for ok && err == nil && !touched.hi.before(b.start) {
		next, more, err := t.near(t.conn.s.blockNext, id, p, level, b.start)
		if err != nil {
			return nil, err
		}
		sp := span{lo: b.start, hi: next.start}
		if !more {
			sp.hi = mark{kind: beyond}
		}
		if level == 0 {
			b.n, err = t.countRows(id, p, o, sp)
		} else {
			b.n, err = t.overBlocks(t.conn.s.blockSum, id, p, level-1, sp)
		}
		if err != nil {
			return nil, err
		}
		if err := t.putBlock(id, p, level, b); err != nil {
			return nil, err
		}
		rows = append(rows, b)
		b, ok = next, more
	}
	return rows, err
}
