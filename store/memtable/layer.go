package memtable

import (
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"larder/store"
)

// Layer is a set of absolute writes that lies over something older: the writes of a group
// that is being made, a shard's active generation, or its frozen one. It knows for each
// entry whether there is something below it, so that counts stay exact.
//
// It has no lock of its own: Stack says which goroutine may change it when.
type Layer struct {
	heads index[*headEntry]
	// order is the heads by (database, position, name), nil until somebody scans.
	order *btree.BTreeG[*headEntry]
	// names is the same by (database, name), nil until somebody asks for a span of names.
	names *btree.BTreeG[*headEntry]
	noted map[*headEntry]struct{}   // entries whose head has notes, or times of fields
	ttl   *btree.BTreeG[*headEntry] // live entries with an expiry of a key or of fields, soonest first
	colls map[collKey]*coll
	ids
	// passed is the last entry of those at the front of ttl that newer layers hide, or nil.
	passed atomic.Pointer[headEntry]
	// fresh are the ids given out to the group that fills this layer.
	fresh []store.ID
	// emptied are the databases of which nothing below is seen: see emptied.go.
	emptied map[int]bool
	// concealed is what they count for in the base and in the layers that settle: grown is less by so much.
	concealed store.Fill
	// discounted are databases whose entries count no more in grown: a layer above has emptied them, and they could not
	// be dropped at once.
	discounted map[int]bool
	// touched says that the layer is to settle even if it holds nothing: see Writer.Touch.
	touched bool
	// moved says that an id may have gone from one key to another.
	moved bool
	bytes int64      // what it takes
	grown store.Fill // what the layer adds to what lies below it, as far as that is known
	last  uint64     // LSN of the newest record in it
	pins  pins
	// above are pinned layers that lay above this one until a copy took their place: see Stack.copied.
	above []*Layer
	// resolving guards what entries know of below, which Views find out.
	resolving sync.Mutex
	ordering  sync.Mutex // held to make the order
}

// NewLayer is an empty layer.
func NewLayer() *Layer {
	alone := btree.Options{NoLocks: true}
	return &Layer{
		heads: index[*headEntry]{seed: maphash.MakeSeed()},
		ttl:   btree.NewBTreeGOptions(ttlOrder, alone),
		colls: map[collKey]*coll{},
		ids:   ids{lost: map[store.ID]struct{}{}},
	}
}

// Reset empties a layer that no View holds.
func (l *Layer) Reset() {
	l.heads.clear()
	clear(l.colls)
	l.ids.reset()
	l.touched = false
	l.order, l.names = nil, nil
	clear(l.noted)
	l.ttl.Clear()
	l.passed.Store(nil)
	l.bytes, l.moved, l.fresh, l.grown = 0, false, l.fresh[:0], store.Fill{}
	l.emptied, l.discounted, l.concealed = nil, nil, store.Fill{}
}

func (l *Layer) empty() bool {
	return l.heads.n == 0 && len(l.colls) == 0 && len(l.emptied) == 0 && l.ids.empty() && !l.touched
}

// Empties reports whether the layer empties databases.
func (l *Layer) Empties() bool { return len(l.emptied) > 0 }

// Grown is what the layer adds to what lies below it, as far as that is known.
func (l *Layer) Grown() store.Fill { return l.grown }

// ordered returns the heads in order, making the order at the first call: see coll.ordered.
func (l *Layer) ordered() *btree.BTreeG[*headEntry] {
	l.ordering.Lock()
	defer l.ordering.Unlock()
	if l.order == nil {
		order := btree.NewBTreeGOptions(headOrder, btree.Options{NoLocks: true})
		for e := range l.heads.all() {
			order.Set(e)
		}
		l.order = order
	}
	return l.order
}

// sorted returns the heads in order, for one pass.
func (l *Layer) sorted() []*headEntry {
	list := make([]*headEntry, 0, l.heads.n)
	for e := range l.heads.all() {
		list = append(list, e)
	}
	slices.SortFunc(list, headCompare)
	return list
}

// head returns the entry for a key, nil if the layer says nothing about it.
func (l *Layer) head(k store.Key) *headEntry { return l.heads.find(place{int64(k.DB), k.Name}) }

// setHead records a key's new head; the zero Head records that it is gone.
func (l *Layer) setHead(k store.Key, pos store.Cursor, h store.Head) *headEntry {
	e := l.head(k)
	if e == nil {
		e = newHeadEntry(k, pos)
		e.set(&h)
		l.enter(e)
		return e
	}
	l.replace(e, func() { e.set(&h) })
	return e
}

// enter takes an entry in for a key that has none.
func (l *Layer) enter(e *headEntry) {
	l.heads.add(e)
	if l.order != nil {
		l.order.Set(e)
	}
	if l.names != nil {
		l.names.Set(e)
	}
	l.bytes += headBytes + int64(len(e.text))
	l.show(e)
}

// replace has an entry change to another head.
func (l *Layer) replace(e *headEntry, change func()) {
	if e.wake != 0 {
		l.ttl.Delete(e)
	}
	if e.asideLen > 0 {
		delete(l.noted, e)
	}
	old := e.id
	l.bytes -= int64(len(e.text))
	l.grown = l.grown.Minus(e.weight())
	change()
	if old != 0 && old != e.id {
		l.lost[old] = struct{}{}
	}
	l.bytes += int64(len(e.text))
	l.show(e)
}

// show has the layer account for an entry's head.
func (l *Layer) show(e *headEntry) {
	if e.wake != 0 {
		l.ttl.Set(e)
		l.uncover(e)
	}
	if e.asideLen > 0 {
		if l.noted == nil {
			l.noted = map[*headEntry]struct{}{}
		}
		l.noted[e] = struct{}{}
	}
	l.claim(e.id)
	l.grown = l.grown.Plus(e.weight())
}

// coll returns the layer's entries of a part, nil if there are none.
func (l *Layer) coll(id store.ID, p store.Part) *coll {
	if len(l.colls) == 0 {
		return nil
	}
	return l.colls[collKey{id, p}]
}

func (l *Layer) openColl(id store.ID, p store.Part) *coll {
	k := collKey{id, p}
	c := l.colls[k]
	if c == nil {
		c = newColl(p, l.heads.seed)
		l.colls[k] = c
		l.bytes += collBytes
	}
	return c
}

func (l *Layer) closeColl(k collKey) {
	delete(l.colls, k)
	l.bytes -= collBytes
}

// absorbs reports whether g may be absorbed, if it has at most so many bytes: a layer empties databases before it puts,
// and whose id has moved out of one must have moved by then.
func (l *Layer) absorbs(g *Layer, most int64) bool {
	return g.bytes <= most && len(g.discounted) == 0 && (len(g.emptied) == 0 || !l.moved)
}

// absorb moves a group's writes into l. What lies below an entry of g is either an entry
// of l, whose own knowledge stays right, or what lies below l.
func (l *Layer) absorb(g *Layer) {
	l.flush(g.emptied)
	l.grown, l.concealed = l.grown.Minus(g.concealed), l.concealed.Plus(g.concealed)
	for e := range g.heads.all() {
		l.absorbHead(e)
	}
	for k, c := range g.colls {
		into := l.openColl(k.id, k.part)
		l.bytes += into.inherit(c)
		for r := range c.rows.all() {
			l.bytes += into.absorb(r)
		}
		if into.idle() {
			l.closeColl(k)
		}
	}
	l.moved = l.moved || g.moved
	l.ids.absorb(&g.ids)
	l.touched = l.touched || g.touched
	for e := range g.heads.all() {
		l.claim(e.id)
	}
}

func (l *Layer) absorbHead(e *headEntry) {
	mine := l.head(e.key())
	if mine == nil {
		l.enter(e)
		l.grown = l.grown.Minus(e.weighBelow())
		return
	}
	l.replace(mine, func() { mine.take(e) })
}

// DropLoose forgets the items of ids that were given out and that no head names at the end. It returns the ids of those
// that had some.
func (l *Layer) DropLoose() (dropped []store.ID) {
	loose := l.loose()
	if len(loose) == 0 {
		return nil
	}
	for k := range l.colls {
		if loose[k.id] {
			l.closeColl(k)
			dropped = append(dropped, k.id)
		}
	}
	return dropped
}

// loose are the ids that were given out and that no head names.
func (l *Layer) loose() map[store.ID]bool {
	if len(l.fresh) == 0 {
		return nil
	}
	loose := map[store.ID]bool{}
	for _, id := range l.fresh {
		loose[id] = true
	}
	for e := range l.heads.all() {
		delete(loose, e.id)
	}
	for id := range l.away {
		delete(loose, id)
	}
	return loose
}

// Loose are the ids that were given out to the group and that no head names so far.
func (w *Writer) Loose() map[store.ID]bool { return w.layer.loose() }

// puts is about how many bytes the layer has to write.
func (l *Layer) puts() (n int64) {
	for e := range l.heads.all() {
		if e.live() {
			n += int64(len(e.text))
		}
	}
	for k, c := range l.colls {
		if _, dead := l.lost[k.id]; !dead && c.lives > 0 {
			for r := range c.rows.all() {
				n += r.bytes()
			}
		}
	}
	return n
}

// lies notes what lies below an entry that the layer has just got.
func (l *Layer) lies(e *headEntry, h *store.Head, there bool) {
	l.grown = l.grown.Minus(e.weight())
	e.liesOver(h, there)
	e.counted = true
	l.grown = l.grown.Plus(e.weight()).Minus(e.weighBelow())
}

// copied is a layer of the same content, which may change: entries share their texts, which never do.
func (l *Layer) copied() *Layer {
	l.resolving.Lock() // Views may be finding out what lies below
	defer l.resolving.Unlock()
	c := NewLayer()
	for e := range l.heads.all() {
		own := *e
		c.enter(&own)
	}
	for k, rows := range l.colls {
		into := c.openColl(k.id, k.part)
		into.tombstones = rows.tombstones
		for r := range rows.rows.all() {
			own := *r
			into.add(&own)
		}
	}
	c.ids, c.emptied, c.moved, c.touched = l.ids.copied(), maps.Clone(l.emptied), l.moved, l.touched
	c.discounted = maps.Clone(l.discounted)
	c.bytes, c.grown, c.concealed, c.last = l.bytes, l.grown, l.concealed, l.last
	return c
}
