package sqlite

import (
	"bytes"
	"encoding/binary"
	"sync"

	"larder/store"
)

// rows remembers heads as they are in the file, so that reading a hot key costs a map lookup where
// SQLite wants a descent of four pages. A page of the page cache holds two dozen heads of
// which one may be hot, and every connection has its own copy of it; here a head costs its bytes, once.
//
// An entry says since which commit it holds, and serves the snapshots taken since then, for whoever changes
// a key replaces its entry. Three rules keep that true:
//
//   - A reader adds what it has read only if nothing was committed since its snapshot.
//   - While a transaction that changes a key is under way, readers add nothing for that key (pending).
//   - What the transaction staged is dropped if it fails.
//
// For any goroutine; stage, discard and end are the writer's.
type rows struct {
	commits func() uint64
	stripes [rowStripes]rowStripe
}

const (
	rowStripes = 8
	// rowMax is the longest name that is remembered.
	rowMax = 1 << 10
	// rowIndexBytes is what the index takes for an entry, about.
	rowIndexBytes = 16
)

// rowStripe keeps two generations. When the younger is full the older one goes; what is found in the older moves to the
// younger. So what is used stays, as with LRU, without its lists: an entry is bytes in one long
// slice, which the garbage collector does not look into.
type rowStripe struct {
	mu         sync.Mutex
	young, old rowGeneration
	limit      int // bytes of one generation
	pending    map[rowKey]struct{}
}

// rowKey is a key's place; ns is never used again after a flush.
type rowKey struct{ ns, h int64 }

// rowGeneration is entries in a slice, and where in it each key is.
type rowGeneration struct {
	at  rowIndex
	buf []byte
}

func newRows(limit int64, commits func() uint64) *rows {
	r := &rows{commits: commits}
	for i := range r.stripes {
		s := &r.stripes[i]
		s.limit = int(limit / rowStripes / 2)
		s.pending = map[rowKey]struct{}{}
	}
	return r
}

func (r *rows) stripe(k rowKey) *rowStripe { return &r.stripes[uint64(k.h)%rowStripes] }

// get answers what a snapshot taken at commit seen shows of a key, if that is known. The value is a copy in a.
func (r *rows) get(ns int64, row *headRow, seen uint64, a *arena) bool {
	k := rowKey{ns, row.h}
	s := r.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.young.entry(k)
	if e == nil {
		if e = s.old.entry(k); e == nil {
			return false
		}
		e = s.promote(k, e)
	}
	return e.read(ns, row, seen, a)
}

// add remembers what a reader found at commit seen.
func (r *rows) add(ns int64, row *headRow, seen uint64) {
	k := rowKey{ns, row.h}
	s := r.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, changing := s.pending[k]; !changing && r.commits() == seen {
		s.put(k, row, seen)
	}
}

// stage remembers what the transaction that will be commit number next has made of a key.
func (r *rows) stage(ns int64, row *headRow, next uint64) {
	k := rowKey{ns, row.h}
	s := r.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[k] = struct{}{}
	s.put(k, row, next)
}

// end ends a transaction, after the count of commits has moved if it was kept.
func (r *rows) end(kept bool) {
	if !kept {
		r.discard()
	}
	r.each(func(s *rowStripe) { clear(s.pending) })
}

// discard drops what was staged. Readers go on to add nothing for those keys until the end.
func (r *rows) discard() {
	r.each(func(s *rowStripe) {
		for k := range s.pending {
			s.forget(k)
		}
	})
}

// clear forgets everything: the file was changed behind the back of the cache.
func (r *rows) clear() {
	r.each(func(s *rowStripe) {
		s.young.empty()
		s.old.empty()
	})
}

// size is how many bytes there are.
func (r *rows) size() (n int64) {
	r.each(func(s *rowStripe) { n += int64(s.young.size() + s.old.size()) })
	return n
}

func (r *rows) each(fn func(*rowStripe)) {
	for i := range r.stripes {
		s := &r.stripes[i]
		s.mu.Lock()
		fn(s)
		s.mu.Unlock()
	}
}

// promote moves an entry of the older generation to the younger, unless both are about to change places.
func (s *rowStripe) promote(k rowKey, e rowEntry) rowEntry {
	if s.young.size()+len(e) > s.limit {
		return e
	}
	s.old.at.drop(k)
	return s.young.append(k, e)
}

// put replaces a key's entry.
func (s *rowStripe) put(k rowKey, row *headRow, since uint64) {
	s.forget(k)
	n := rowFields + len(row.name) + len(row.head.Value)
	if len(row.name) > rowMax || n > s.limit || row.head.Notes != "" { // few keys have notes
		return
	}
	if s.young.size()+n > s.limit {
		s.young, s.old = s.old, s.young
		s.young.empty()
	}
	s.young.at.put(k, uint32(len(s.young.buf)))
	s.young.buf = appendEntry(s.young.buf, k.ns, row, since)
}

func (s *rowStripe) forget(k rowKey) {
	s.young.at.drop(k)
	s.old.at.drop(k)
}

func (g *rowGeneration) entry(k rowKey) rowEntry {
	at, ok := g.at.get(k)
	if !ok {
		return nil
	}
	e := g.buf[at:]
	n, w := binary.Uvarint(e)
	return e[:w+int(n)]
}

func (g *rowGeneration) append(k rowKey, e rowEntry) rowEntry {
	at := len(g.buf)
	g.at.put(k, uint32(at))
	g.buf = append(g.buf, e...)
	return g.buf[at:]
}

func (g *rowGeneration) empty() {
	g.at.empty()
	g.buf = g.buf[:0]
}

func (g *rowGeneration) size() int { return len(g.buf) + g.at.n*rowIndexBytes }

// rowEntry is one head as bytes: the length of the rest; since; kind, 0 for a key that is not there; id, expire,
// len, bytes, ns; the length of the name, the name; the value. Numbers are varints: most are small.
type rowEntry []byte

// rowFields bounds what an entry takes beyond name and value.
const rowFields = 9 * binary.MaxVarintLen64

func appendEntry(dst []byte, ns int64, row *headRow, since uint64) []byte {
	h, kind := &row.head, int64(0)
	if row.found {
		kind = kindOf(row.head)
	}
	var room [rowFields]byte
	fields := room[:0]
	for _, n := range [...]uint64{since, uint64(kind), uint64(h.ID), uint64(h.ExpireAt), uint64(h.Len), uint64(h.Bytes), uint64(ns), uint64(len(row.name))} {
		fields = binary.AppendUvarint(fields, n)
	}
	dst = binary.AppendUvarint(dst, uint64(len(fields)+len(row.name)+len(h.Value)))
	dst = append(dst, fields...)
	dst = append(dst, row.name...)
	return append(dst, h.Value...)
}

// read fills in the row if the entry is its key's and held at commit seen.
func (e rowEntry) read(ns int64, row *headRow, seen uint64, a *arena) bool {
	e.next() // its length
	since, kind := e.next(), int64(e.next())
	h := headOf(kind)
	h.ID, h.ExpireAt, h.Len, h.Bytes = store.ID(e.next()), int64(e.next()), int64(e.next()), int64(e.next())
	whose, n := int64(e.next()), e.next()
	if since > seen || whose != ns || !bytes.Equal(e[:n], row.name) {
		return false
	}
	row.found, row.head = kind != 0, store.Head{}
	if !row.found {
		return true
	}
	if v := e[n:]; len(v) > 0 {
		h.Value = a.take(len(v))
		copy(h.Value, v)
	}
	row.head = h
	return true
}

// next takes the first number off.
func (e *rowEntry) next() uint64 {
	n, w := binary.Uvarint(*e)
	*e = (*e)[w:]
	return n
}
