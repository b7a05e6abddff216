package journal

import (
	"bytes"
	"cmp"
	"sync/atomic"

	"github.com/tidwall/btree"

	"larder/store"
)

// collKey names a part of an id.
type collKey struct {
	id   store.ID
	part store.Part
}

// rowKey finds a row inside a part, whatever its class: Pos is 0 for named items, and for
// hashed ones it follows from the field, so it is left out.
type rowKey struct {
	pos   int64
	field string
}

// row is an item as its layer leaves it. A row that is live and below replaces one; a row
// that is below and not live is a deletion.
type row struct {
	item  store.Item
	live  bool
	below bool
	// oldScore is the score below, where the second order still shows it.
	oldScore float64
}

// coll is what a layer holds of one part of one id. The same row may stand in several
// trees: live ones by what they are now, gone ones by what they hide below.
type coll struct {
	part      store.Part
	byKey     map[rowKey]*row
	rows      rowSet
	live      *btree.BTreeG[*row]
	gone      *btree.BTreeG[*row]
	scoreLive *btree.BTreeG[*row]
	scoreGone *btree.BTreeG[*row]
	// drained is, per order and direction, how far everything below is known to be
	// hidden: draining a queue must not walk over its own deletions again and again.
	drained [4]atomic.Pointer[store.Bound]
}

// rowSet iterates over the rows of a coll.
type rowSet struct{ m map[rowKey]*row }

func (s rowSet) each(fn func(*row)) {
	for _, r := range s.m {
		fn(r)
	}
}

func newColl(p store.Part) *coll {
	alone := btree.Options{NoLocks: true, Degree: 16}
	c := &coll{part: p, byKey: map[rowKey]*row{}}
	c.rows = rowSet{c.byKey}
	c.live = btree.NewBTreeGOptions(naturalOrder, alone)
	c.gone = btree.NewBTreeGOptions(naturalOrder, alone)
	if p.Scored() {
		c.scoreLive = btree.NewBTreeGOptions(scoreOrder, alone)
		c.scoreGone = btree.NewBTreeGOptions(oldScoreOrder, alone)
	}
	return c
}

func naturalOrder(a, b *row) bool {
	return cmp.Or(cmp.Compare(a.item.Pos, b.item.Pos), bytes.Compare(a.item.Field, b.item.Field)) < 0
}

func scoreOrder(a, b *row) bool {
	return cmp.Or(cmp.Compare(a.item.Score, b.item.Score), bytes.Compare(a.item.Field, b.item.Field)) < 0
}

func oldScoreOrder(a, b *row) bool {
	return cmp.Or(cmp.Compare(a.oldScore, b.oldScore), bytes.Compare(a.item.Field, b.item.Field)) < 0
}

// find looks a row up by field, or by position in placed parts.
func (c *coll) find(pos int64, field []byte) *row {
	if c.part.Class() == store.Placed {
		return c.byKey[rowKey{pos: pos}]
	}
	return c.byKey[rowKey{field: string(field)}]
}

func (c *coll) keyOf(it store.Item) rowKey {
	if c.part.Class() == store.Placed {
		return rowKey{pos: it.Pos}
	}
	return rowKey{field: string(it.Field)}
}

// add puts a fresh row into the map and the trees.
func (c *coll) add(r *row) {
	c.byKey[c.keyOf(r.item)] = r
	if r.below {
		c.gone.Set(r)
		if c.scoreGone != nil {
			c.scoreGone.Set(r)
		}
	}
	c.show(r)
}

func (c *coll) show(r *row) {
	if !r.live {
		return
	}
	c.live.Set(r)
	if c.scoreLive != nil {
		c.scoreLive.Set(r)
	}
}

func (c *coll) hide(r *row) {
	if !r.live {
		return
	}
	c.live.Delete(r)
	if c.scoreLive != nil {
		c.scoreLive.Delete(r)
	}
}

// put gives an existing row a new item.
func (c *coll) put(r *row, it store.Item) {
	c.hide(r)
	r.item.Score, r.item.Value, r.live = it.Score, it.Value, true
	c.show(r)
}

// remove takes a row away; one that hides something below stays as a deletion.
func (c *coll) remove(r *row) {
	c.hide(r)
	r.live, r.item.Value = false, nil
	if !r.below {
		delete(c.byKey, c.keyOf(r.item))
	}
}

// absorb takes over a row of a newer layer and returns the bytes it adds.
func (c *coll) absorb(r *row) int64 {
	mine := c.byKey[c.keyOf(r.item)]
	switch {
	case mine == nil:
		c.add(r)
		return rowBytes(r)
	case r.live:
		grown := int64(len(r.item.Value) - len(mine.item.Value))
		c.put(mine, r.item)
		return grown
	}
	freed := int64(len(mine.item.Value))
	c.remove(mine)
	return -freed
}

func rowBytes(r *row) int64 { return entryBytes + int64(len(r.item.Field)+len(r.item.Value)) }
