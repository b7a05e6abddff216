package journal

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
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

// coll is what a layer holds of one part of one id.
type coll struct {
	part  store.Part
	byKey map[rowKey]*row
	// index orders the rows, nil until somebody asks for an order: most parts are only
	// written between two settles, and a tree costs more than the write.
	index *index
	once  sync.Mutex // held to make the index
	// drained is, per order and direction, how far everything below is known to be
	// hidden: draining a queue must not walk over its own deletions again and again.
	drained [4]atomic.Pointer[store.Bound]
}

// index is the rows of a coll in order. The same row may stand in several trees: live ones
// by what they are now, gone ones by what they hide below.
type index struct{ live, gone, scoreLive, scoreGone *btree.BTreeG[*row] }

func newColl(p store.Part) *coll { return &coll{part: p, byKey: map[rowKey]*row{}} }

func newIndex(p store.Part) *index {
	alone := btree.Options{NoLocks: true, Degree: 16}
	x := &index{live: btree.NewBTreeGOptions(naturalOrder, alone), gone: btree.NewBTreeGOptions(naturalOrder, alone)}
	if p.Scored() {
		x.scoreLive = btree.NewBTreeGOptions(scoreOrder, alone)
		x.scoreGone = btree.NewBTreeGOptions(oldScoreOrder, alone)
	}
	return x
}

// ordered returns the index, making it at the first call. Views of the same layer may ask at
// the same time; nobody writes to a layer that Views read.
func (c *coll) ordered() *index {
	c.once.Lock()
	defer c.once.Unlock()
	if c.index == nil {
		x := newIndex(c.part)
		for _, r := range c.byKey {
			x.add(r)
		}
		c.index = x
	}
	return c.index
}

func (x *index) add(r *row) {
	if r.below {
		x.gone.Set(r)
		if x.scoreGone != nil {
			x.scoreGone.Set(r)
		}
	}
	x.show(r)
}

func (x *index) show(r *row) {
	if x == nil || !r.live {
		return
	}
	x.live.Set(r)
	if x.scoreLive != nil {
		x.scoreLive.Set(r)
	}
}

func (x *index) hide(r *row) {
	if x == nil || !r.live {
		return
	}
	x.live.Delete(r)
	if x.scoreLive != nil {
		x.scoreLive.Delete(r)
	}
}

func naturalCompare(a, b *row) int {
	return cmp.Or(cmp.Compare(a.item.Pos, b.item.Pos), bytes.Compare(a.item.Field, b.item.Field))
}

func naturalOrder(a, b *row) bool { return naturalCompare(a, b) < 0 }

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

// add takes a fresh row in.
func (c *coll) add(r *row) {
	c.byKey[c.keyOf(r.item)] = r
	if c.index != nil {
		c.index.add(r)
	}
}

// put gives an existing row a new item.
func (c *coll) put(r *row, it store.Item) {
	c.index.hide(r)
	r.item.Score, r.item.Value, r.live = it.Score, it.Value, true
	c.index.show(r)
}

// remove takes a row away; one that hides something below stays as a deletion.
func (c *coll) remove(r *row) {
	c.index.hide(r)
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

// sorted returns the rows that pass keep, in natural order.
func (c *coll) sorted(keep func(*row) bool) []*row {
	var rows []*row
	for _, r := range c.byKey {
		if keep(r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, naturalCompare)
	return rows
}
