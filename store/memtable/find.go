package memtable

import (
	"bytes"
	"slices"

	"github.com/tidwall/btree"

	"larder/store"
)

// namesPage is up to how long the pages of names grow that are asked for below.
const namesPage = 1024

// Tagged merges a page from below with the layer's own keys of the same stretch, as Scan
// does. A key of the layer hides what the index below says of it.
func (m *Merged) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	low, next, err := m.low.Tagged(db, tag, from, n)
	if err != nil || m.layer.heads.n == 0 {
		return low, next, err
	}
	var names [][]byte
	taken, last := 0, store.Cursor(0)
	for _, e := range m.layer.tagged(db, tag, from) {
		if next != 0 && e.pos >= next {
			break
		}
		if taken >= n && e.pos.Granule() != last.Granule() {
			next = e.pos.Granule()
			break
		}
		taken, last = taken+1, e.pos
		if h := m.alive(e); h.Exists() {
			names = append(names, bytes.Clone(e.name()))
		}
	}
	for _, name := range low {
		if next != 0 && store.Position(name, m.hash(name)) >= next {
			continue
		}
		if m.layer.head(store.Key{DB: db, Name: name}) == nil {
			names = append(names, name)
		}
	}
	return names, next, nil
}

// tagged lists the keys of a layer that have a tag, in the order of cursors.
func (l *Layer) tagged(db int, tag string, from store.Cursor) []*headEntry {
	var list []*headEntry
	for e := range l.noted {
		if int(e.db) == db && e.pos >= from && e.head().Notes.Tagged(tag) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, headCompare)
	return list
}

// Names merges a page from below with the layer's own names of the span. What the layer hides
// leaves a page short, so the walk below goes on until there is enough.
func (m *Merged) Names(db int, s store.Span) ([][]byte, error) {
	if m.layer.heads.n == 0 {
		return m.low.Names(db, s)
	}
	mine := m.namesOf(db, s)
	low, err := m.namesBelow(db, s)
	if err != nil {
		return nil, err
	}
	names := make([][]byte, 0, min(s.Limit, len(mine)+len(low)))
	for len(names) < s.Limit && len(mine)+len(low) > 0 {
		from := &low
		if len(low) == 0 || len(mine) > 0 && s.Precedes(mine[0], low[0]) {
			from = &mine
		}
		names, *from = append(names, (*from)[0]), (*from)[1:]
	}
	return names, nil
}

// namesOf are the first names of a span that the layer shows.
func (m *Merged) namesOf(db int, s store.Span) (names [][]byte) {
	take := func(e *headEntry) bool {
		name := bytes.Clone(e.name())
		if int(e.db) != db || s.Past(name) || len(names) == s.Limit {
			return false
		}
		if h := m.alive(e); h.Exists() && s.Admits(name) {
			names = append(names, name)
		}
		return true
	}
	order := m.layer.named()
	switch {
	case !s.Reverse:
		order.Ascend(newHeadEntry(store.Key{DB: db, Name: s.From}, 0), take)
	case s.To != nil:
		order.Descend(newHeadEntry(store.Key{DB: db, Name: s.To}, 0), take)
	default:
		order.Descend(newHeadEntry(store.Key{DB: db + 1}, 0), func(e *headEntry) bool { return int(e.db) > db || take(e) })
	}
	return names
}

// namesBelow are the first names of a span below that the layer does not hide. The more it hides, the longer
// the pages: one of a single name for each that is hidden would take for ever.
func (m *Merged) namesBelow(db int, s store.Span) ([][]byte, error) {
	var names [][]byte
	for want := s.Limit; ; {
		found, err := m.low.Names(db, s)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			if m.layer.head(store.Key{DB: db, Name: name}) == nil {
				names = append(names, name)
			}
		}
		if len(found) < s.Limit || len(names) >= want {
			return names[:min(len(names), want)], nil
		}
		s = s.Beyond(found[len(found)-1])
		s.Limit = max(s.Limit, min(2*s.Limit, namesPage))
	}
}

// named returns the heads in the order of their names, making it at the first call: see ordered.
func (l *Layer) named() *btree.BTreeG[*headEntry] {
	l.ordering.Lock()
	defer l.ordering.Unlock()
	if l.names == nil {
		l.names = btree.NewBTreeGOptions(nameOrder, btree.Options{NoLocks: true})
		for e := range l.heads.all() {
			l.names.Set(e)
		}
	}
	return l.names
}
