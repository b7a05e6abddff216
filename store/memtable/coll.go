package memtable

import (
	"hash/maphash"
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

// coll is what a layer holds of one part of one id.
type coll struct {
	part store.Part
	rows index[*row]
	// lives and unders are how many rows are live, and how many hide one below.
	lives, unders int
	// tombstones are disjoint and in order. The slice never changes, it is only replaced.
	tombstones []tombstone
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

// collBytes is what a coll costs beyond its rows: itself, its place in the layer's map, its smallest table.
const collBytes = 200 + 48 + 40

// idle reports whether the coll says nothing.
func (c *coll) idle() bool { return c.rows.n == 0 && len(c.tombstones) == 0 }

// bytes is what the rows and the tombstones take.
func (c *coll) bytes() int64 {
	n := c.tombBytes()
	for r := range c.rows.all() {
		n += r.bytes()
	}
	return n
}

func newColl(p store.Part, seed maphash.Seed) *coll {
	return &coll{part: p, rows: index[*row]{seed: seed}}
}

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
	for r := range c.rows.all() {
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
		for r := range c.rows.all() {
			if r.live {
				c.enlist(r)
			}
		}
	}
	return c.dense
}

func (c *coll) enlist(r *row) {
	r.slot = int32(len(c.dense))
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

// find looks a row up by field, or by position in placed parts.
func (c *coll) find(pos int64, field []byte) *row {
	if c.part.Class() == store.Placed {
		return c.rows.find(place{n: pos})
	}
	return c.rows.find(place{text: field})
}

// add takes a fresh row in.
func (c *coll) add(r *row) {
	c.rows.add(r)
	if r.below {
		c.unders++
		for _, o := range c.orders {
			if o != nil {
				o.gone.Set(r)
			}
		}
	}
	c.show(r)
	if by := rankOrder(c.part); c.rows.n >= orderEarly && c.orders[by] == nil && counted(c.part, by) {
		c.ordered(by)
	}
}

// put gives an existing row a new item.
func (c *coll) put(r *row, it store.Item) {
	c.hide(r)
	r.set(it)
	r.live = true
	c.show(r)
}

// take gives an existing row the item of another of the same place.
func (c *coll) take(r, from *row) {
	c.hide(r)
	r.text, r.fieldLen, r.score, r.live = from.text, from.fieldLen, from.score, true
	c.show(r)
}

// remove takes a row away and returns the bytes that frees; one that hides something below stays as a deletion.
func (c *coll) remove(r *row) (freed int64) {
	freed = r.bytes()
	c.hide(r)
	r.live = false
	if !r.below {
		c.rows.remove(r.place())
		return freed
	}
	r.bare()
	return freed - r.bytes()
}

// absorb takes over a row of a newer layer and returns the bytes it adds.
func (c *coll) absorb(r *row) int64 {
	mine := c.rows.find(r.place())
	if mine == nil {
		c.add(r)
		return r.bytes()
	}
	if !r.live {
		return -c.remove(mine)
	}
	before := mine.bytes()
	c.take(mine, r)
	return mine.bytes() - before
}

// sorted returns the rows that pass keep, in natural order.
func (c *coll) sorted(keep func(*row) bool) []*row {
	var rows []*row
	for r := range c.rows.all() {
		if keep(r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, naturalCompare)
	return rows
}
