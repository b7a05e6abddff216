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
	slot     int // in coll.dense
}

// coll is what a layer holds of one part of one id.
type coll struct {
	part  store.Part
	byKey map[rowKey]*row
	// lives and unders are how many rows are live, and how many hide one below.
	lives, unders int
	// orders hold the rows in each store.Order, nil until somebody asks for it or the coll
	// is large: most parts are only written between two settles, and a tree costs more
	// than the write.
	orders [2]*order
	// dense is the live rows in no order, each at its slot; nil until somebody draws.
	dense []*row
	once  sync.Mutex // held to make an order, or dense
	// drained is, per order and direction, how far everything below is known to be
	// hidden: draining a queue must not walk over its own deletions again and again.
	drained [4]atomic.Pointer[store.Bound]
}

// order is the rows of a coll in one order. The same row may stand in both trees: live by
// what it is now, gone by what it hides below.
type order struct {
	live, gone *btree.BTreeG[*row]
	by         store.Order
}

// orderEarly is the number of rows from which on a coll keeps the order that ranks are
// counted in without being asked: making it later would keep one reader waiting for long.
const orderEarly = 1024

func newColl(p store.Part) *coll { return &coll{part: p, byKey: map[rowKey]*row{}} }

// counted reports whether ranks in an order are cheap below: see store.Range.
func counted(p store.Part, o store.Order) bool {
	if p.Scored() {
		return o == store.ByScore
	}
	return p.Class() != store.Hashed && p != store.Chunks
}

func rankOrder(p store.Part) store.Order {
	if p.Scored() {
		return store.ByScore
	}
	return store.Natural
}

// ordered returns the rows in an order, making it at the first call. Views of the same layer
// may ask at the same time; nobody writes to a layer that Views read.
func (c *coll) ordered(by store.Order) *order {
	c.once.Lock()
	defer c.once.Unlock()
	if c.orders[by] == nil {
		c.orders[by] = c.makeOrder(by)
	}
	return c.orders[by]
}

// makeOrder sorts first: loading sorted rows takes a fifth of the time of adding them.
func (c *coll) makeOrder(by store.Order) *order {
	live, gone := make([]*row, 0, c.lives), make([]*row, 0, c.unders)
	for _, r := range c.byKey {
		if r.live {
			live = append(live, r)
		}
		if r.below {
			gone = append(gone, r)
		}
	}
	liveOrder, goneOrder := naturalCompare, naturalCompare
	if by == store.ByScore {
		liveOrder, goneOrder = scoreCompare, oldScoreCompare
	}
	return &order{live: treeOf(live, liveOrder), gone: treeOf(gone, goneOrder), by: by}
}

func treeOf(rows []*row, compare func(a, b *row) int) *btree.BTreeG[*row] {
	slices.SortFunc(rows, compare)
	less := func(a, b *row) bool { return compare(a, b) < 0 }
	t := btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: 16})
	for _, r := range rows {
		t.Load(r)
	}
	return t
}

// drawn returns the live rows for drawing by index: see ordered.
func (c *coll) drawn() []*row {
	c.once.Lock()
	defer c.once.Unlock()
	if c.dense == nil {
		c.dense = make([]*row, 0, c.lives)
		for _, r := range c.byKey {
			if r.live {
				c.enlist(r)
			}
		}
	}
	return c.dense
}

func (c *coll) enlist(r *row) {
	r.slot = len(c.dense)
	c.dense = append(c.dense, r)
}

func (c *coll) delist(r *row) {
	last := c.dense[len(c.dense)-1]
	c.dense[r.slot], last.slot = last, r.slot
	c.dense = c.dense[:len(c.dense)-1]
}

// show takes a live row into the orders.
func (c *coll) show(r *row) {
	if !r.live {
		return
	}
	c.lives++
	if c.dense != nil {
		c.enlist(r)
	}
	for _, o := range c.orders {
		if o != nil {
			o.live.Set(r)
		}
	}
}

// hide takes a live row out of the orders, while it still has the place it stands at.
func (c *coll) hide(r *row) {
	if !r.live {
		return
	}
	c.lives--
	if c.dense != nil {
		c.delist(r)
	}
	for _, o := range c.orders {
		if o != nil {
			o.live.Delete(r)
		}
	}
}

func naturalCompare(a, b *row) int {
	return cmp.Or(cmp.Compare(a.item.Pos, b.item.Pos), bytes.Compare(a.item.Field, b.item.Field))
}

func scoreCompare(a, b *row) int {
	return cmp.Or(cmp.Compare(a.item.Score, b.item.Score), bytes.Compare(a.item.Field, b.item.Field))
}

func oldScoreCompare(a, b *row) int {
	return cmp.Or(cmp.Compare(a.oldScore, b.oldScore), bytes.Compare(a.item.Field, b.item.Field))
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
	if r.below {
		c.unders++
		for _, o := range c.orders {
			if o != nil {
				o.gone.Set(r)
			}
		}
	}
	c.show(r)
	if by := rankOrder(c.part); len(c.byKey) >= orderEarly && c.orders[by] == nil && counted(c.part, by) {
		c.ordered(by)
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
