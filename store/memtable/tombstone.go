package memtable

import (
	"slices"

	"larder/store"
)

// A long range is removed as one tombstone: the layer notes its two ends and what it counted for, not its items, so
// that a removal of a million items takes no more of the memtable than one of two. What lies below a layer does not
// change while the layer lies over it; so the count stays right, and items that are put into the range later are rows
// like others, which a tombstone of their own layer never hides.

// tombstone hides what lies below a coll from one item to another, both included, in rankOrder. An end may be
// Unbounded.
type tombstone struct {
	lo, hi store.Bound
	// was is what it hides of what can be seen below the coll, but for what a row of the coll hides.
	was store.Change
}

// tombstoneBytes is what one costs beyond the fields of its ends.
const tombstoneBytes = 128

func (t *tombstone) bytes() int64 { return tombstoneBytes + int64(len(t.lo.Field)+len(t.hi.Field)) }

// Buries reports whether a range of an order can be removed as a tombstone: there is one order of a part in which items
// are counted, and ranks are found by counts. Those of Expiries are not, for no hash is Ranked.
func Buries(p store.Part, o store.Order) bool {
	return o == rankOrder(p) && counted(p, o) && p != store.Expiries
}

// beside is where an item's bound lies beside a bound of a range: see against.
func (c *coll) beside(at, b store.Bound) int {
	return against(at.Pos, at.Score, at.Field, rankOrder(c.part), c.part.Class(), b)
}

// admits reports whether a range that begins at min, or ends at max, has the item at a bound.
func (c *coll) admits(at, min, max store.Bound) bool {
	if min.Edge != store.Unbounded {
		if d := c.beside(at, min); d < 0 || d == 0 && min.Edge == store.Exclusive {
			return false
		}
	}
	if max.Edge != store.Unbounded {
		if d := c.beside(at, max); d > 0 || d == 0 && max.Edge == store.Exclusive {
			return false
		}
	}
	return true
}

// holds reports whether a range has a tombstone's end; it has an Unbounded one if it is Unbounded, too.
func (c *coll) holds(end, min, max store.Bound) bool {
	if end.Edge == store.Unbounded {
		return min.Edge == store.Unbounded && max.Edge == store.Unbounded
	}
	return c.admits(end, min, max)
}

// uncovered is a range as it is to be read below the coll: an end that lies in a tombstone is moved to the other side
// of it. hidden is what the tombstones hide in the rest. none says that one of them hides the whole range.
func (c *coll) uncovered(r store.Range) (rest store.Range, hidden store.Change, none bool) {
	rest = r
	for i := range c.tombstones {
		t := &c.tombstones[i]
		var all store.Bound
		if t.hi.Edge != store.Unbounded && !c.admits(t.hi, r.Min, all) ||
			t.lo.Edge != store.Unbounded && !c.admits(t.lo, all, r.Max) {
			continue // it lies before the range, or behind it
		}
		fromMin, toMax := c.holds(t.lo, r.Min, all), c.holds(t.hi, all, r.Max)
		switch {
		case fromMin && toMax:
			hidden = hidden.Plus(t.was)
		case fromMin && t.lo.Edge != store.Unbounded:
			rest.Max = beyond(t.lo)
		case toMax && t.hi.Edge != store.Unbounded:
			rest.Min = beyond(t.hi)
		default:
			return rest, store.Change{}, true
		}
	}
	return rest, hidden, false
}

// beyond is the bound of a range that ends, or begins, just outside of a tombstone's end.
func beyond(end store.Bound) store.Bound {
	end.Edge = store.Exclusive
	return end
}

// tomb is the tombstone that hides an item which lies below the coll, nil if none does.
func (c *coll) tomb(it store.Item) *tombstone {
	if len(c.tombstones) == 0 {
		return nil
	}
	return c.tombAt(boundOf(it))
}

// boundOf is boundAt for the moment.
func boundOf(it store.Item) store.Bound {
	return store.Bound{Edge: store.Inclusive, Pos: it.Pos, Score: it.Score, Field: nonNil(it.Field)}
}

// tombAt is the tombstone that a bound at an item lies in.
func (c *coll) tombAt(at store.Bound) *tombstone {
	i, _ := slices.BinarySearchFunc(c.tombstones, at, func(t tombstone, at store.Bound) int {
		if t.hi.Edge == store.Unbounded || c.beside(t.hi, at) >= 0 {
			return 1
		}
		return -1
	})
	if i < len(c.tombstones) && (c.tombstones[i].lo.Edge == store.Unbounded || c.beside(c.tombstones[i].lo, at) <= 0) {
		return &c.tombstones[i]
	}
	return nil
}

// bury adds a tombstone, and joins it with those that it meets.
func (c *coll) bury(t tombstone) {
	rest := make([]tombstone, 0, len(c.tombstones)+1)
	at := 0
	for _, old := range c.tombstones {
		switch {
		case c.behind(t, old):
			rest = append(rest, old)
			at = len(rest)
		case c.behind(old, t):
			rest = append(rest, old)
		default:
			t = c.joined(t, old)
		}
	}
	c.tombstones = slices.Insert(rest, at, t)
}

// behind reports whether all of a lies behind b.
func (c *coll) behind(a, b tombstone) bool {
	return a.lo.Edge != store.Unbounded && b.hi.Edge != store.Unbounded && c.beside(a.lo, b.hi) > 0
}

// joined is one tombstone for two that meet. The newer of them has counted only what the older did not hide.
func (c *coll) joined(a, b tombstone) tombstone {
	if b.lo.Edge == store.Unbounded || a.lo.Edge != store.Unbounded && c.beside(b.lo, a.lo) < 0 {
		a.lo = b.lo
	}
	if b.hi.Edge == store.Unbounded || a.hi.Edge != store.Unbounded && c.beside(b.hi, a.hi) > 0 {
		a.hi = b.hi
	}
	a.was = a.was.Plus(b.was)
	return a
}

// shownIn lists the live rows of a range.
func (c *coll) shownIn(r store.Range) (rows []*row) {
	if c.lives == 0 {
		return nil
	}
	tree, class := c.ordered(r.Order).live, c.part.Class()
	for i, end := rankIn(tree, r, class, false, false), rankIn(tree, r, class, true, false); i < end; i++ {
		x, _ := tree.GetAt(i)
		rows = append(rows, x)
	}
	return rows
}

// inherit takes the tombstones of a newer coll over, before its rows are absorbed, and returns the bytes that adds.
func (c *coll) inherit(newer *coll) (added int64) {
	added = -c.tombBytes()
	for _, t := range newer.tombstones {
		for _, r := range c.shownIn(t.stretch(c.part)) {
			over := newer.find(r.pos, r.field())
			if over != nil && over.below {
				continue // it is the row that hides this one
			}
			t.was = t.was.Minus(changeOf(r))
			added -= c.remove(r)
		}
		c.bury(t)
	}
	return added + c.tombBytes()
}

// stretch is the range that a tombstone hides.
func (t *tombstone) stretch(p store.Part) store.Range {
	return store.Range{Order: rankOrder(p), Min: t.lo, Max: t.hi}
}

func (c *coll) tombBytes() (n int64) {
	for i := range c.tombstones {
		n += c.tombstones[i].bytes()
	}
	return n
}

// Bury removes the items of a range as a tombstone: see Buries. They are n.
func (w *Writer) Bury(id store.ID, p store.Part, r store.Range, n int64) (store.Change, error) {
	t, err := w.tombstone(id, p, r, n)
	if err != nil {
		return store.Change{}, err
	}
	all := t.was
	key := collKey{id, p}
	c := w.layer.openColl(id, p)
	for _, r := range c.shownIn(t.stretch(p)) {
		t.was = t.was.Minus(changeOf(r))
		w.removeRow(c, key, r)
	}
	w.undo.burials = append(w.undo.burials, burial{coll: c, key: key, before: c.tombstones})
	before := c.tombBytes()
	c.bury(t)
	w.layer.bytes += c.tombBytes() - before
	return store.Change{}.Minus(all), nil
}

// tombstone finds the ends of a range of n items and what they count for. An end behind which there is nothing more is
// Unbounded, so that those of a list that is trimmed again and again are joined.
func (w *Writer) tombstone(id store.ID, p store.Part, r store.Range, n int64) (t tombstone, err error) {
	begin, end := r, r
	begin.Limit, end.Limit = 1, 1
	end.Skip += n - 1
	if t.lo, err = w.boundOf(id, p, begin); err != nil {
		return t, err
	}
	if t.hi, err = w.boundOf(id, p, end); err != nil {
		return t, err
	}
	first, last := r.Skip == 0, r.Limit == 0
	if r.Reverse {
		t.lo, t.hi, first, last = t.hi, t.lo, last, first
	}
	if first && r.Min.Edge == store.Unbounded {
		t.lo = store.Bound{}
	}
	if last && r.Max.Edge == store.Unbounded {
		t.hi = store.Bound{}
	}
	t.was, err = w.Weigh(id, p, t.stretch(p))
	return t, err
}

// errShort means that what lies below contradicts itself.
var errShort = &store.Error{Code: store.CodeInternal, Message: "a range has fewer items than it counts"}

// boundOf is a bound at the only item of a range.
func (w *Writer) boundOf(id store.ID, p store.Part, r store.Range) (b store.Bound, err error) {
	for it, err := range w.Merged.Range(id, p, r) {
		return boundAt(it), err
	}
	return b, errShort
}
