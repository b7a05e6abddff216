package journal

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"

	"larder/store"
)

// layer is a set of absolute writes that lies over something older: the writes of a group
// that is being made, a shard's active generation, or its frozen one. It knows for each
// entry whether there is something below it, so that counts stay exact.
//
// It has no lock of its own: see generations for who may change it when.
type layer struct {
	heads map[headKey]*headEntry
	// order is the heads by (database, position, name), nil until somebody scans.
	order *btree.BTreeG[*headEntry]
	// names is the same by (database, name), nil until somebody asks for a span of names.
	names *btree.BTreeG[*headEntry]
	noted map[headKey]*headEntry    // entries whose head has notes
	ttl   *btree.BTreeG[*headEntry] // live entries with an expiry, soonest first
	colls map[collKey]*coll
	// lost are ids whose head is gone or names another id now.
	lost map[store.ID]struct{}
	// fresh are the ids given out to the group that fills this layer.
	fresh []store.ID
	// moved says that an id may have gone from one key to another.
	moved bool
	bytes int64
	grown store.Fill // what the layer adds to what lies below it, as far as that is known
	last  uint64     // LSN of the newest record in it
	pins  pins
	// resolving guards what entries know of below, which Views find out.
	resolving sync.Mutex
	ordering  sync.Mutex // held to make the order
}

type headKey struct {
	db   int
	name string
}

// below tells what lies under an entry.
type below uint8

const (
	unknown below = iota // not looked up yet
	absent
	present
)

// headEntry is a key as the layer leaves it; Type None is a key that is gone.
type headEntry struct {
	headKey
	pos  store.Cursor
	head store.Head
	// below, and belowTTL if something is: what Size and Keyspaces must not count twice.
	below      below
	belowTTL   bool
	counted    bool // the layer's growth takes account of what lies below; a writer's knowledge
	belowBytes int64
	stored     int64 // Unix milliseconds of the last put
}

func (e *headEntry) live() bool { return e.head.Type != store.None }

// entryBytes is what an entry costs beyond its key and value: structs, map and trees.
const entryBytes = 240

func newLayer() *layer {
	alone := btree.Options{NoLocks: true}
	return &layer{
		heads: map[headKey]*headEntry{},
		ttl:   btree.NewBTreeGOptions(ttlOrder, alone),
		colls: map[collKey]*coll{},
		lost:  map[store.ID]struct{}{},
	}
}

// reset empties a layer that nobody else holds.
func (l *layer) reset() {
	clear(l.heads)
	clear(l.colls)
	clear(l.lost)
	l.order, l.names = nil, nil
	clear(l.noted)
	l.ttl.Clear()
	l.bytes, l.moved, l.fresh, l.grown = 0, false, l.fresh[:0], store.Fill{}
}

func (l *layer) empty() bool { return len(l.heads) == 0 && len(l.colls) == 0 && len(l.lost) == 0 }

func headCompare(a, b *headEntry) int {
	return cmp.Or(cmp.Compare(a.db, b.db), cmp.Compare(a.pos, b.pos), strings.Compare(a.name, b.name))
}

func headOrder(a, b *headEntry) bool { return headCompare(a, b) < 0 }

// place keeps the order right, if there is one.
func (l *layer) place(e *headEntry) {
	if l.order != nil {
		l.order.Set(e)
	}
	if l.names != nil {
		l.names.Set(e)
	}
}

// ordered returns the heads in order, making the order at the first call: see coll.ordered.
func (l *layer) ordered() *btree.BTreeG[*headEntry] {
	l.ordering.Lock()
	defer l.ordering.Unlock()
	if l.order == nil {
		order := btree.NewBTreeGOptions(headOrder, btree.Options{NoLocks: true})
		for _, e := range l.heads {
			order.Set(e)
		}
		l.order = order
	}
	return l.order
}

// sorted returns the heads in order, for one pass.
func (l *layer) sorted() []*headEntry {
	list := make([]*headEntry, 0, len(l.heads))
	for _, e := range l.heads {
		list = append(list, e)
	}
	slices.SortFunc(list, headCompare)
	return list
}

func ttlOrder(a, b *headEntry) bool {
	return cmp.Or(cmp.Compare(a.head.ExpireAt, b.head.ExpireAt), cmp.Compare(a.db, b.db), strings.Compare(a.name, b.name)) < 0
}

// head returns the entry for a key, nil if the layer says nothing about it.
func (l *layer) head(k store.Key) *headEntry {
	if len(l.heads) == 0 {
		return nil
	}
	return l.heads[headKey{k.DB, string(k.Name)}]
}

// setHead records a key's new head; the zero Head records that it is gone.
func (l *layer) setHead(k store.Key, pos store.Cursor, h store.Head) *headEntry {
	e := l.head(k)
	if e == nil {
		e = &headEntry{headKey: headKey{k.DB, string(k.Name)}, pos: pos}
		l.heads[e.headKey] = e
		l.place(e)
		l.bytes += entryBytes + int64(len(k.Name))
	}
	l.replace(e, h)
	return e
}

func (l *layer) replace(e *headEntry, h store.Head) {
	if e.live() && e.head.ExpireAt != 0 {
		l.ttl.Delete(e)
	}
	if old := e.head.ID; old != 0 && old != h.ID {
		l.lost[old] = struct{}{}
	}
	l.bytes += int64(len(h.Value) + len(h.Notes) - len(e.head.Value) - len(e.head.Notes))
	l.note(e, h.Notes)
	l.grown = l.grown.Plus(weigh(&h)).Minus(weigh(&e.head))
	value := append(e.head.Value[:0:0], h.Value...)
	e.head = h
	e.head.Value = value
	if h.ID != 0 {
		delete(l.lost, h.ID)
	}
	if e.live() && h.ExpireAt != 0 {
		l.ttl.Set(e)
	}
}

// coll returns the layer's entries of a part, nil if there are none.
func (l *layer) coll(id store.ID, p store.Part) *coll {
	if len(l.colls) == 0 {
		return nil
	}
	return l.colls[collKey{id, p}]
}

func (l *layer) openColl(id store.ID, p store.Part) *coll {
	k := collKey{id, p}
	c := l.colls[k]
	if c == nil {
		c = newColl(p)
		l.colls[k] = c
	}
	return c
}

// absorb moves a group's writes into l. What lies below an entry of g is either an entry
// of l, whose own knowledge stays right, or what lies below l.
func (l *layer) absorb(g *layer) {
	for _, e := range g.heads {
		l.absorbHead(e)
	}
	for k, c := range g.colls {
		into := l.openColl(k.id, k.part)
		for _, r := range c.byKey {
			l.bytes += into.absorb(r)
		}
		if len(into.byKey) == 0 {
			delete(l.colls, k)
		}
	}
	l.moved = l.moved || g.moved
	for id := range g.lost {
		l.lost[id] = struct{}{}
	}
	for _, e := range g.heads {
		delete(l.lost, e.head.ID)
	}
}

func (l *layer) absorbHead(e *headEntry) {
	mine := l.heads[e.headKey]
	if mine == nil {
		l.heads[e.headKey] = e
		l.place(e)
		if e.live() && e.head.ExpireAt != 0 {
			l.ttl.Set(e)
		}
		l.note(e, e.head.Notes)
		l.bytes += entryBytes + int64(len(e.name)+len(e.head.Value)+len(e.head.Notes))
		l.grown = l.grown.Plus(weigh(&e.head)).Minus(e.weighBelow())
		return
	}
	mine.stored = e.stored
	l.replace(mine, e.head)
}

// dropLoose forgets the items of ids that were given out and that no head names at the end.
func (l *layer) dropLoose() {
	if len(l.fresh) == 0 {
		return
	}
	loose := map[store.ID]bool{}
	for _, id := range l.fresh {
		loose[id] = true
	}
	for _, e := range l.heads {
		delete(loose, e.head.ID)
	}
	if len(loose) == 0 {
		return
	}
	for k := range l.colls {
		if loose[k.id] {
			delete(l.colls, k)
		}
	}
}
