package memtable

import "larder/store"

// undo is what a Writer keeps to take writes back: a command that fails after it has written is taken out of its
// group, and the others need not run again. A write pushes what it changes; entries and rows are apart, for one
// never depends on the other. It belongs to the leader of the group.
type undo struct {
	heads   []headUndo
	rows    []rowUndo
	lost    []lostUndo
	flushes []flushUndo
	burials []burial
	// olds and oldRows are what changed entries and rows were, in the order of heads and rows.
	olds    []headEntry
	oldRows []row
}

// headUndo takes one change of an entry back. A fresh one was not there before.
type headUndo struct {
	entry *headEntry
	fresh bool
}

// rowUndo takes one change of a row back. A fresh one was not there before, a gone one is not there any more.
type rowUndo struct {
	coll        *coll
	key         collKey
	row         *row
	fresh, gone bool
}

// burial takes a tombstone back.
type burial struct {
	coll   *coll
	key    collKey
	before []tombstone
}

// flushUndo takes back what a flush has dropped from the group's layer.
type flushUndo struct {
	db    int
	again bool // the database was flushed before
	heads []*headEntry
	colls map[collKey]*coll
	low   store.BaseTx
	marks [3]int // steps of heads, rows and burials before it
}

// lostUndo is whether the layer knew an id as lost or away before a write that changes that.
type lostUndo struct {
	id         store.ID
	lost, away bool
}

// undoKept is how many steps of a group the next one keeps the memory of.
const undoKept = 4096

func (u *undo) reset() {
	if cap(u.heads) > undoKept || cap(u.rows) > undoKept {
		*u = undo{}
	}
	clear(u.heads)
	u.flushes, u.burials = nil, nil
	clear(u.rows)
	clear(u.olds)
	clear(u.oldRows)
	u.heads, u.rows, u.lost, u.olds, u.oldRows = u.heads[:0], u.rows[:0], u.lost[:0], u.olds[:0], u.oldRows[:0]
}

// Point is how far a Writer has come. The zero Point is the beginning of its group.
type Point struct {
	heads, rows, lost, flushes int
	burials                    int
	fresh                      int
	adopted                    int
	ended, told, ranked        int
	dropped                    int64
	moved                      bool
}

// Here remembers the present state.
func (w *Writer) Here() Point {
	u := &w.undo
	return Point{heads: len(u.heads), rows: len(u.rows), lost: len(u.lost), flushes: len(u.flushes),
		burials: len(u.burials),
		fresh:   len(w.layer.fresh), ended: len(w.layer.ended), told: len(w.layer.told), ranked: len(w.layer.ranked),
		adopted: len(w.layer.adopted),
		dropped: w.dropped, moved: w.layer.moved}
}

// TakeBack takes everything back that was written since a point.
func (w *Writer) TakeBack(to Point) {
	u := &w.undo
	for i := len(u.flushes) - 1; i >= to.flushes; i-- {
		f := &u.flushes[i]
		w.back(f.marks[0], f.marks[1], f.marks[2])
		w.layer.unflush(f)
		w.low = f.low
	}
	u.flushes = u.flushes[:to.flushes]
	w.back(to.heads, to.rows, to.burials)
	for i := len(u.lost) - 1; i >= to.lost; i-- { // entries that came back have changed it once more
		switch step := u.lost[i]; {
		case step.away:
			w.layer.leave(step.id)
		case step.lost:
			w.layer.lost[step.id] = struct{}{}
			delete(w.layer.away, step.id)
		default:
			w.layer.claim(step.id)
		}
	}
	w.layer.ended, w.layer.told = w.layer.ended[:to.ended], w.layer.told[:to.told]
	w.layer.ranked, w.layer.adopted = w.layer.ranked[:to.ranked], w.layer.adopted[:to.adopted]
	u.lost = u.lost[:to.lost]
	w.layer.fresh = w.layer.fresh[:to.fresh]
	w.dropped, w.layer.moved = to.dropped, to.moved
	w.shown, w.seen = store.Item{}, w.seen.none()
}

// back takes back all but the first steps.
func (w *Writer) back(heads, rows, burials int) {
	u := &w.undo
	for i := len(u.burials) - 1; i >= burials; i-- {
		w.unbury(&u.burials[i])
	}
	for i := len(u.rows) - 1; i >= rows; i-- {
		w.undoRow(&u.rows[i])
	}
	for i := len(u.heads) - 1; i >= heads; i-- {
		w.undoHead(&u.heads[i])
	}
	for _, step := range u.rows[rows:] { // only now: a coll without rows may have got one back
		w.closeIdle(step.coll, step.key)
	}
	for _, step := range u.burials[burials:] {
		w.closeIdle(step.coll, step.key)
	}
	u.heads, u.rows, u.burials = u.heads[:heads], u.rows[:rows], u.burials[:burials]
}

// closeIdle forgets a coll that says nothing any more.
func (w *Writer) closeIdle(c *coll, k collKey) {
	if c.idle() && w.layer.coll(k.id, k.part) == c {
		w.layer.closeColl(k)
	}
}

func (w *Writer) unbury(step *burial) {
	c := step.coll
	w.layer.bytes -= c.tombBytes()
	c.tombstones = step.before
	w.layer.bytes += c.tombBytes()
	c.forgetDrained()
}

func (w *Writer) undoHead(step *headUndo) {
	if step.fresh {
		w.layer.forget(step.entry)
		return
	}
	last := len(w.undo.olds) - 1
	old := w.undo.olds[last]
	w.undo.olds = w.undo.olds[:last]
	w.layer.replace(step.entry, func() { *step.entry = old })
}

func (w *Writer) undoRow(step *rowUndo) {
	c, r := step.coll, step.row
	if step.fresh {
		w.layer.bytes -= c.forget(r)
	} else {
		last := len(w.undo.oldRows) - 1
		w.layer.bytes += c.restore(r, w.undo.oldRows[last], step.gone)
		w.undo.oldRows = w.undo.oldRows[:last]
	}
	c.forgetDrained()
}

// forgetDrained: what was hidden may be seen again.
func (c *coll) forgetDrained() {
	for i := range c.drained {
		c.drained[i].Store(nil)
	}
}

// setHead changes a key's entry so that it can be taken back.
func (w *Writer) setHead(k store.Key, h store.Head) *headEntry {
	old := w.layer.head(k)
	if old != nil {
		w.undo.olds = append(w.undo.olds, *old)
	}
	if old == nil || old.id != h.ID { // else it is named before and after
		w.losing(h.ID)
		if old != nil {
			w.losing(old.id)
		}
	}
	e := w.layer.setHead(k, w.position(k), h)
	w.undo.heads = append(w.undo.heads, headUndo{entry: e, fresh: old == nil})
	return e
}

// losing notes whether an id is lost, before a write loses it or names it.
func (w *Writer) losing(id store.ID) {
	if id != 0 {
		_, lost := w.layer.lost[id]
		_, away := w.layer.away[id]
		w.undo.lost = append(w.undo.lost, lostUndo{id, lost, away})
	}
}

// addRow takes a fresh row in so that it can be taken back.
func (w *Writer) addRow(c *coll, k collKey, r *row) {
	c.add(r)
	w.layer.bytes += r.bytes()
	w.undo.rows = append(w.undo.rows, rowUndo{coll: c, key: k, row: r, fresh: true})
}

// changing notes what a row is before it changes.
func (w *Writer) changing(c *coll, k collKey, r *row) {
	w.undo.oldRows = append(w.undo.oldRows, *r)
	w.undo.rows = append(w.undo.rows, rowUndo{coll: c, key: k, row: r})
}

// removeRow takes a row away so that it can come back.
func (w *Writer) removeRow(c *coll, k collKey, r *row) {
	w.changing(c, k, r)
	w.undo.rows[len(w.undo.rows)-1].gone = !r.below
	w.layer.bytes -= c.remove(r)
}

// forget takes an entry out as if it had never been in the layer.
func (l *Layer) forget(e *headEntry) {
	l.heads.remove(e.place())
	if l.order != nil {
		l.order.Delete(e)
	}
	if l.names != nil {
		l.names.Delete(e)
	}
	if e.wake != 0 {
		l.ttl.Delete(e)
	}
	if e.asideLen > 0 {
		delete(l.noted, e)
	}
	l.bytes -= headBytes + int64(len(e.text))
	l.grown = l.grown.Minus(e.weight()).Plus(e.weighBelow())
}

// forget takes a row out as if it had never been in the coll, and returns the bytes that frees.
func (c *coll) forget(r *row) int64 {
	c.hide(r)
	if r.below {
		c.unders--
		for _, o := range c.orders {
			if o != nil {
				o.gone.Delete(r)
			}
		}
	}
	c.rows.remove(r.place())
	return r.bytes()
}

// restore makes a row what it was, and returns the bytes that takes more. One that is gone comes back.
func (c *coll) restore(r *row, was row, gone bool) int64 {
	if gone {
		r.text, r.fieldLen, r.score, r.live = was.text, was.fieldLen, was.score, was.live
		c.add(r)
		return r.bytes()
	}
	before := r.bytes()
	c.hide(r)
	r.text, r.fieldLen, r.score, r.live = was.text, was.fieldLen, was.score, was.live
	c.show(r)
	return r.bytes() - before
}

// unflush puts back what a flush has dropped.
func (l *Layer) unflush(f *flushUndo) {
	if !f.again {
		delete(l.emptied, f.db)
	}
	l.order, l.names = nil, nil
	for _, e := range f.heads {
		l.enter(e)
		l.grown = l.grown.Minus(e.weighBelow())
	}
	for k, c := range f.colls {
		l.colls[k] = c
		l.bytes += collBytes + c.bytes()
	}
}
