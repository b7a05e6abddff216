package sqlite

import (
	"bytes"
	"encoding/binary"
	"sync"

	"larder/store"
)

// rows remembers heads and hashed items as they are in the file, so that reading a hot one costs a probe where
// SQLite wants a descent of four pages. A page of the page cache holds two dozen rows of
// which one may be hot, and every connection has its own copy of it; here a row costs its bytes, once.
//
// An entry says since which commit it holds, and serves the snapshots taken since then, for whoever changes
// a row replaces its entry. Three rules keep that true:
//
//   - A reader adds what it has read only if nothing was committed since its snapshot.
//   - While a transaction that changes a row is under way, readers add nothing for that row (pending).
//   - What the transaction staged is dropped if it fails.
//
// For any goroutine; stage, discard and end are the writer's.
type rows struct {
	commits func() uint64
	stripes [rowStripes]rowStripe
}

const (
	rowStripes = 8
	// rowMax is the longest name, and the longest value, that is remembered.
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

// rowKey is a row's place. A space is a namespace of heads or a part of an id: neither is used again when it is gone.
type rowKey struct {
	space uint64
	h     int64
}

func headSpace(ns int64) uint64                  { return uint64(ns) << 1 }
func itemSpace(id store.ID, p store.Part) uint64 { return (uint64(id)<<4|uint64(p))<<1 | 1 }

// record is a row, or that there is none. What its numbers mean is known to whoever wrote it.
type record struct {
	key     rowKey
	name    []byte
	found   bool
	opaque  bool // it has more than a record can hold: nothing is remembered of it
	numbers [rowNumbers]int64
	value   []byte
}

const rowNumbers = 5

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

// get fills in what a snapshot taken at commit seen shows of a record's key and name, if that is known. The value
// is a copy in a.
func (r *rows) get(rec *record, seen uint64, a *arena) bool {
	s := r.stripe(rec.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.young.entry(rec.key)
	if e == nil {
		if e = s.old.entry(rec.key); e == nil {
			return false
		}
		e = s.promote(rec.key, e)
	}
	return e.read(rec, seen, a)
}

// add remembers what a reader found at commit seen.
func (r *rows) add(rec *record, seen uint64) {
	s := r.stripe(rec.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, changing := s.pending[rec.key]; !changing && r.commits() == seen {
		s.put(rec, seen)
	}
}

// stage remembers what the transaction that will be commit number next has made of a row.
func (r *rows) stage(rec *record, next uint64) {
	s := r.stripe(rec.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[rec.key] = struct{}{}
	s.put(rec, next)
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

// put replaces a row's entry.
func (s *rowStripe) put(rec *record, since uint64) {
	s.forget(rec.key)
	n := rowFields + len(rec.name) + len(rec.value)
	if len(rec.name) > rowMax || len(rec.value) > rowMax || n > s.limit || rec.opaque {
		return
	}
	if s.young.size()+n > s.limit {
		s.young, s.old = s.old, s.young
		s.young.empty()
	}
	s.young.at.put(rec.key, uint32(len(s.young.buf)))
	s.young.buf = appendEntry(s.young.buf, rec, since)
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

// rowEntry is one record as bytes: the length of the rest; since; space; found; the numbers; the length of the name;
// the name; the value. Numbers are varints: most are small.
type rowEntry []byte

// rowFields bounds what an entry takes beyond name and value.
const rowFields = (5 + rowNumbers) * binary.MaxVarintLen64

func appendEntry(dst []byte, rec *record, since uint64) []byte {
	var room [rowFields]byte
	fields := binary.AppendUvarint(room[:0], since)
	fields = binary.AppendUvarint(fields, rec.key.space)
	if rec.found {
		fields = append(fields, 1)
		for _, n := range rec.numbers {
			fields = binary.AppendUvarint(fields, uint64(n))
		}
	} else {
		fields = append(fields, 0)
	}
	fields = binary.AppendUvarint(fields, uint64(len(rec.name)))
	dst = binary.AppendUvarint(dst, uint64(len(fields)+len(rec.name)+len(rec.value)))
	dst = append(dst, fields...)
	dst = append(dst, rec.name...)
	return append(dst, rec.value...)
}

// read fills in the record if the entry is its key's and held at commit seen.
func (e rowEntry) read(rec *record, seen uint64, a *arena) bool {
	e.next() // its length
	if since, space := e.next(), e.next(); since > seen || space != rec.key.space {
		return false
	}
	found := e.next() == 1
	var numbers [rowNumbers]int64
	if found {
		for i := range numbers {
			numbers[i] = int64(e.next())
		}
	}
	n := e.next()
	if !bytes.Equal(e[:n], rec.name) {
		return false
	}
	rec.found, rec.numbers, rec.value = found, numbers, nil
	if v := e[n:]; len(v) > 0 {
		rec.value = a.take(len(v))
		copy(rec.value, v)
	}
	return true
}

// next takes the first number off.
func (e *rowEntry) next() uint64 {
	n, w := binary.Uvarint(*e)
	*e = (*e)[w:]
	return n
}
