package memtable

import (
	"bytes"
	"time"

	"larder/store"
)

// Merged is a transaction that reads a layer over an older transaction. Stacked, they make
// what a command sees: the group's own writes over the active generation over the frozen
// one over a snapshot of the base. For the goroutine of its transaction.
type Merged struct {
	layer *Layer
	low   store.BaseTx
	hash  func([]byte) int64
}

func (m *Merged) Now() time.Time                          { return m.low.Now() }
func (m *Merged) Mark() (store.Mark, error)               { return m.low.Mark() }
func (m *Merged) SetMark(store.Mark) error                { return store.ErrReadOnly }
func (m *Merged) SetNow(nowMillis int64)                  { m.low.SetNow(nowMillis) }
func (m *Merged) Unlink(store.Key) error                  { return store.ErrReadOnly }
func (m *Merged) Orphan(...store.ID) error                { return store.ErrReadOnly }
func (m *Merged) Told(...store.ID) error                  { return store.ErrReadOnly }
func (m *Merged) Adopt(store.ID) error                    { return store.ErrReadOnly }
func (m *Merged) Rank(store.ID) error                     { return store.ErrReadOnly }
func (m *Merged) Flush(int) error                         { return store.ErrReadOnly }
func (m *Merged) Swap(int, int) error                     { return store.ErrReadOnly }
func (m *Merged) PutHead(store.Key, store.Head) error     { return store.ErrReadOnly }
func (m *Merged) Move(_, _ store.Key, _ store.Head) error { return store.ErrReadOnly }
func (m *Merged) NewID(store.Key) (store.ID, error)       { return 0, store.ErrReadOnly }
func (m *Merged) Drop(...store.Key) (int, error)          { return 0, store.ErrReadOnly }
func (m *Merged) Expire(...store.Key) (int, error)        { return 0, store.ErrReadOnly }
func (m *Merged) PutItems(store.ID, store.Part, ...store.Item) (store.Change, error) {
	return store.Change{}, store.ErrReadOnly
}
func (m *Merged) DropItems(store.ID, store.Part, ...[]byte) (store.Change, error) {
	return store.Change{}, store.ErrReadOnly
}
func (m *Merged) DropRange(store.ID, store.Part, store.Range) (store.Change, error) {
	return store.Change{}, store.ErrReadOnly
}

// Heads looks each key up in the layer, and the rest below in one call.
func (m *Merged) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
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

func (m *Merged) manyHeads(dst []store.Head, keys []store.Key) ([]store.Head, error) {
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
func (m *Merged) alive(e *headEntry) store.Head {
	if e.wake == 0 {
		return e.head()
	}
	h := e.head()
	if h.Expired(m.Now().UnixMilli()) {
		return store.Head{}
	}
	return h
}

// Row is the stored head, expired or not.
func (m *Merged) Row(k store.Key) (store.Head, bool, error) {
	if e := m.layer.head(k); e != nil {
		return e.head(), e.live(), nil
	}
	return m.low.Row(k)
}

// resolve finds out what lies below an entry.
func (m *Merged) resolve(e *headEntry) error {
	h, there, err := m.low.Row(e.key())
	if err != nil {
		return err
	}
	e.liesOver(&h, there)
	return nil
}

// Scan merges a page from below with the layer's keys of the same stretch. If the layer has
// more of them than asked for, the page ends earlier.
func (m *Merged) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
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

// A layer that is only read takes no savepoints.

// Savepoint marks nothing.
func (m *Merged) Savepoint() (store.Savepoint, error) { return 0, nil }

// Rollback has nothing to take back.
func (m *Merged) Rollback(store.Savepoint) error { return nil }

// Release has nothing to forget.
func (m *Merged) Release(store.Savepoint) error { return nil }
