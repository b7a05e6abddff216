package journal

import (
	"bytes"
	"slices"
	"time"

	"larder/store"
)

// merged is a transaction that reads a layer over an older transaction. Stacked, they make
// what a command sees: the group's own writes over the active generation over the frozen
// one over a snapshot of the base. For the goroutine of its transaction.
type merged struct {
	layer *layer
	low   store.BaseTx
	hash  func([]byte) int64
}

func (m *merged) Now() time.Time                      { return m.low.Now() }
func (m *merged) Mark() (store.Mark, error)           { return m.low.Mark() }
func (m *merged) SetMark(store.Mark) error            { return store.ErrReadOnly }
func (m *merged) SetNow(nowMillis int64)              { m.low.SetNow(nowMillis) }
func (m *merged) Unlink(store.Key) error              { return store.ErrReadOnly }
func (m *merged) Orphan(...store.ID) error            { return store.ErrReadOnly }
func (m *merged) SameShard(a, b store.Key) bool       { return m.low.SameShard(a, b) }
func (m *merged) Flush(int) error                     { return store.ErrReadOnly }
func (m *merged) Swap(int, int) error                 { return store.ErrReadOnly }
func (m *merged) PutHead(store.Key, store.Head) error { return store.ErrReadOnly }
func (m *merged) Detach(store.Key) error              { return store.ErrReadOnly }
func (m *merged) NewID(store.Key) (store.ID, error)   { return 0, store.ErrReadOnly }
func (m *merged) Drop(...store.Key) (int, error)      { return 0, store.ErrReadOnly }
func (m *merged) Expire(...store.Key) (int, error)    { return 0, store.ErrReadOnly }
func (m *merged) PutItems(store.ID, store.Part, ...store.Item) (store.Change, error) {
	return store.Change{}, store.ErrReadOnly
}
func (m *merged) DropItems(store.ID, store.Part, ...[]byte) (store.Change, error) {
	return store.Change{}, store.ErrReadOnly
}
func (m *merged) DropRange(store.ID, store.Part, store.Range) (store.Change, error) {
	return store.Change{}, store.ErrReadOnly
}

// Heads looks each key up in the layer, and the rest below in one call.
func (m *merged) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if m.layer.heads.n == 0 {
		return m.low.Heads(dst, keys...)
	}
	if len(keys) == 1 {
		if e := m.layer.head(keys[0]); e != nil {
			return append(dst, m.alive(e)), nil
		}
		return m.low.Heads(dst, keys...)
	}
	return m.manyHeads(dst, keys)
}

func (m *merged) manyHeads(dst []store.Head, keys []store.Key) ([]store.Head, error) {
	at := len(dst)
	var missing []store.Key
	var places []int
	for i, k := range keys {
		e := m.layer.head(k)
		if e == nil {
			missing, places = append(missing, k), append(places, at+i)
			dst = append(dst, store.Head{})
			continue
		}
		dst = append(dst, m.alive(e))
	}
	if len(missing) == 0 {
		return dst, nil
	}
	heads, err := m.low.Heads(nil, missing...)
	if err != nil {
		return nil, err
	}
	for i, h := range heads {
		dst[places[i]] = h
	}
	return dst, nil
}

// alive is an entry's head as a reader sees it: expired ones are absent.
func (m *merged) alive(e *headEntry) store.Head {
	if e.expireAt != 0 && m.Now().UnixMilli() > e.expireAt {
		return store.Head{}
	}
	return e.head()
}

// Row is the stored head, expired or not.
func (m *merged) Row(k store.Key) (store.Head, bool, error) {
	if e := m.layer.head(k); e != nil {
		return e.head(), e.live(), nil
	}
	return m.low.Row(k)
}

// resolve finds out what lies below an entry.
func (m *merged) resolve(e *headEntry) error {
	h, there, err := m.low.Row(e.key())
	if err != nil {
		return err
	}
	e.liesOver(&h, there)
	return nil
}

// Size counts below and corrects by what the layer adds and hides.
func (m *merged) Size(db int) (int64, error) {
	n, err := m.low.Size(db)
	if err != nil {
		return 0, err
	}
	delta, err := m.deltas(db)
	return n + delta.Keys, err
}

// deltas is what the layer adds to a database. What lies below is looked up in the order of its pages; no order of
// the whole layer is made for it, which every later write would have to keep.
func (m *merged) deltas(db int) (sum store.Fill, err error) {
	m.layer.resolving.Lock()
	defer m.layer.resolving.Unlock()
	var open []*headEntry
	for e := range m.layer.heads.all() {
		switch {
		case int(e.db) != db:
		case e.below == unknown:
			open = append(open, e)
		default:
			sum = sum.Plus(e.adds())
		}
	}
	slices.SortFunc(open, headCompare)
	for _, e := range open {
		if err := m.resolve(e); err != nil {
			return sum, err
		}
		sum = sum.Plus(e.adds())
	}
	return sum, nil
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// Scan merges a page from below with the layer's keys of the same stretch. If the layer has
// more of them than asked for, the page ends earlier.
func (m *merged) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	low, next, err := m.low.Scan(db, from, n)
	if err != nil || m.layer.heads.n == 0 {
		return low, next, err
	}
	var entries []store.Entry
	taken, last := 0, store.Cursor(0)
	m.layer.ordered().Ascend(newHeadEntry(store.Key{DB: db}, from), func(e *headEntry) bool {
		if int(e.db) != db || next != 0 && e.pos >= next {
			return false
		}
		if taken >= n && e.pos.Granule() != last.Granule() {
			next = e.pos.Granule()
			return false
		}
		taken, last = taken+1, e.pos
		if h := m.alive(e); h.Exists() {
			entries = append(entries, store.Entry{Name: bytes.Clone(e.name()), Head: h})
		}
		return true
	})
	for _, e := range low {
		if next != 0 && store.Position(e.Name, m.hash(e.Name)) >= next {
			continue
		}
		if m.layer.head(store.Key{DB: db, Name: e.Name}) == nil {
			entries = append(entries, e)
		}
	}
	return entries, next, nil
}
