package memtable

import (
	"maps"
	"slices"

	"larder/store"
)

// A flush is a write like others: one record, and a note in the layer that the databases were emptied before its
// entries came. Readers of the layer see nothing of them below, and the base empties them when the layer settles. So a
// flush waits for no data file. What lay in the layers above the base is dropped at once.

// emptied is what lies below a layer as the layer leaves it: nothing in the databases that it has emptied. Items are
// looked up by ids, which nobody can know any more. For the goroutine of its transaction.
type emptied struct {
	store.BaseTx
	layer *Layer
}

func (t *emptied) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	var rest []store.Key
	var places []int
	for _, k := range keys {
		if !t.layer.emptied[k.DB] {
			rest, places = append(rest, k), append(places, len(dst))
		}
		dst = append(dst, store.Head{})
	}
	if len(rest) == 0 {
		return dst, nil
	}
	heads, err := t.BaseTx.Heads(nil, rest...)
	for i, h := range heads {
		dst[places[i]] = h
	}
	return dst, err
}

func (t *emptied) Row(k store.Key) (store.Head, bool, error) {
	if t.layer.emptied[k.DB] {
		return store.Head{}, false, nil
	}
	return t.BaseTx.Row(k)
}

func (t *emptied) Size(db int) (int64, error) {
	if t.layer.emptied[db] {
		return 0, nil
	}
	return t.BaseTx.Size(db)
}

func (t *emptied) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if t.layer.emptied[db] {
		return nil, 0, nil
	}
	return t.BaseTx.Scan(db, from, n)
}

func (t *emptied) RandomKey(db int) ([]byte, bool, error) {
	if t.layer.emptied[db] {
		return nil, false, nil
	}
	return t.BaseTx.RandomKey(db)
}

// Names asks below in any case: whether names are kept in order at all is known there.
func (t *emptied) Names(db int, s store.Span) ([][]byte, error) {
	names, err := t.BaseTx.Names(db, s)
	if t.layer.emptied[db] {
		names = nil
	}
	return names, err
}

func (t *emptied) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if t.layer.emptied[db] {
		return nil, 0, nil
	}
	return t.BaseTx.Tagged(db, tag, from, n)
}

// Keyspaces leaves out the databases that are emptied.
func (t *emptied) Keyspaces() ([]store.Keyspace, error) {
	spaces, err := t.BaseTx.Keyspaces()
	return slices.DeleteFunc(spaces, func(k store.Keyspace) bool { return t.layer.emptied[k.DB] }), err
}

// flush has the layer itself flush databases, behind what it has, and returns what it drops.
func (l *Layer) flush(dbs map[int]bool) (heads []*headEntry, colls map[collKey]*coll) {
	if len(dbs) == 0 {
		return nil, nil
	}
	heads, colls = l.clear(func(e *headEntry) bool { return dbs[int(e.db)] }, map[store.ID]bool{})
	if l.emptied == nil {
		l.emptied = map[int]bool{}
	}
	maps.Copy(l.emptied, dbs)
	for db := range dbs {
		delete(l.discounted, db) // there is nothing left of it
	}
	return heads, colls
}

// clear forgets the heads that are doomed and the items of dead ids, to which it adds those of the heads, and returns
// them. The caller alone holds the layer.
func (l *Layer) clear(doomed func(*headEntry) bool, dead map[store.ID]bool) (
	gone []*headEntry, colls map[collKey]*coll) {
	rest := make([]*headEntry, 0, l.heads.n)
	for e := range l.heads.all() {
		if !doomed(e) {
			rest = append(rest, e)
			continue
		}
		dead[e.id] = true
		if l.unknown(e.id) {
			l.lost[e.id] = struct{}{}
		}
		gone = append(gone, e)
		l.conceal(e)
	}
	if len(rest) < l.heads.n {
		l.order, l.names = nil, nil
		l.heads.clear()
		for _, e := range rest {
			l.heads.add(e)
		}
	}
	for k, c := range l.colls {
		if dead[k.id] {
			l.bytes -= c.bytes()
			l.closeColl(k)
			if colls == nil {
				colls = map[collKey]*coll{}
			}
			colls[k] = c
		}
	}
	return gone, colls
}

// conceal undoes enter, but for the indexes.
func (l *Layer) conceal(e *headEntry) {
	if e.wake != 0 {
		l.ttl.Delete(e)
	}
	delete(l.noted, e)
	l.bytes -= headBytes + int64(len(e.text))
	if !l.discounted[int(e.db)] {
		l.grown = l.grown.Minus(e.weight()).Plus(e.weighBelow())
	}
}

// discount takes what the layer adds to databases off its growth, once.
func (l *Layer) discount(dbs map[int]bool) {
	for e := range l.heads.all() {
		if db := int(e.db); dbs[db] && !l.discounted[db] {
			l.grown = l.grown.Minus(e.weight()).Plus(e.weighBelow())
		}
	}
	if l.discounted == nil {
		l.discounted = map[int]bool{}
	}
	maps.Copy(l.discounted, dbs)
}

// unburden drops from the growing layers what one above them has emptied, or is about to: all of it, or nothing where
// an id may have moved from key to key, for who owns it is only known when the moves are followed. What a View reads
// stays until the next time.
func (s *Stack) unburden(about map[int]bool) {
	free := 0 // from here on nobody reads
	for i, l := range s.active {
		if l.moved {
			for _, l := range s.active {
				l.discount(about)
			}
			return
		}
		if l.held() {
			free = i + 1
		}
	}
	dead := map[store.ID]bool{}
	for i, l := range s.active {
		above := emptiedBy(s.active[i+1:])
		maps.Copy(above, about)
		doomed := func(e *headEntry) bool { return above[int(e.db)] }
		switch {
		case len(above) == 0:
		case i >= free:
			l.clear(doomed, dead)
		default:
			for e := range l.heads.all() {
				if doomed(e) {
					dead[e.id] = true
				}
			}
			l.discount(about)
		}
	}
}

// emptiedBy are the databases that one of the layers has emptied.
func emptiedBy(layers []*Layer) map[int]bool {
	dbs := map[int]bool{}
	for _, l := range layers {
		maps.Copy(dbs, l.emptied)
	}
	return dbs
}

// Discount takes off the growth of a group's layer what it hides in the base and in the layers that settle, as the
// writer's own snapshot has them: with a reader of its own it would wait for Views, which wait for the writer. Those
// that grow lose their part themselves.
func (s *Stack) Discount(group *Layer, low store.BaseTx) {
	if len(group.emptied) == 0 {
		return
	}
	mark, err := low.Mark()
	if err == nil && mark.LSN >= s.FrozenLast() {
		s = s.Settled()
	}
	gone, settling := emptiedBy(s.active), emptiedBy(s.frozen)
	var sum store.Fill
	for db := range group.emptied {
		if !gone[db] {
			sum = sum.Plus(s.frozenFill(db))
		}
	}
	spaces, _ := low.Keyspaces() // when the layer settles the sum is taken anew
	for _, space := range spaces {
		if group.emptied[space.DB] && !gone[space.DB] && !settling[space.DB] {
			sum = sum.Plus(store.Fill{Data: space.Bytes, Keys: space.Keys, Volatile: space.Expires})
		}
	}
	group.concealed = sum
	group.grown = group.grown.Minus(sum)
}

// frozenFill is what the layers that settle add to a database.
func (s *Stack) frozenFill(db int) (sum store.Fill) {
	for _, l := range s.frozen {
		if l.emptied[db] {
			sum = store.Fill{}
		}
		for e := range l.heads.all() {
			if int(e.db) == db {
				sum = sum.Plus(e.weight()).Minus(e.weighBelow())
			}
		}
	}
	return sum
}
