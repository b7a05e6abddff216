package sqlite

import (
	"sync"
	"sync/atomic"
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
	own     int64 // bytes, without what is lent
	lent    atomic.Int64
	stripes [rowStripes]rowStripe
}

const (
	rowStripes = 8
	// rowMax is the longest name, and the longest value, that is remembered.
	rowMax = 1 << 10
)

// rowStripe is a part of the rows under a lock of its own.
type rowStripe struct {
	mu      sync.Mutex
	log     rowLog
	pending map[rowKey]struct{}
}

// rowKey is a row's place. A space is a namespace of heads or a part of an id: neither is used again when it is gone.
type rowKey struct {
	space uint64
	h     int64
}

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

func newRows(limit int64, commits func() uint64) *rows {
	r := &rows{commits: commits, own: limit}
	for i := range r.stripes {
		r.stripes[i].log = newRowLog(limit / rowStripes)
		r.stripes[i].pending = map[rowKey]struct{}{}
	}
	return r
}

// Borrow lends the rows that are remembered so many bytes besides their own. They follow soon: forgetting what lies in a
// large loan takes milliseconds.
func (e *Engine) Borrow(bytes int64) {
	e.rows.lent.Store(bytes)
	go e.rows.resize()
}

// resize has the stripes follow the loan, the last one made whichever call of several comes last.
func (r *rows) resize() {
	r.each(func(s *rowStripe) { s.log.resize((r.own + r.lent.Load()) / rowStripes) })
}

func (r *rows) stripe(k rowKey) *rowStripe { return &r.stripes[uint64(k.h)%rowStripes] }

// get fills in what a snapshot taken at commit seen shows of a record's key and name, if that is known. The value
// is a copy in a.
func (r *rows) get(rec *record, seen uint64, a *arena) bool {
	s := r.stripe(rec.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.log.find(rec.key.mark())
	return e != nil && e.read(rec, seen, a)
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

// put replaces a row's entry.
func (s *rowStripe) put(rec *record, since uint64) {
	if len(rec.name) > rowMax || len(rec.value) > rowMax || rec.opaque {
		s.log.drop(rec.key.mark())
		return
	}
	s.log.put(rec, since)
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
			s.log.drop(k.mark())
		}
	})
}

// clear forgets everything: the file was changed behind the back of the cache.
func (r *rows) clear() {
	r.each(func(s *rowStripe) { s.log.clear() })
}

// size is how many bytes there are.
func (r *rows) size() (n int64) {
	r.each(func(s *rowStripe) { n += int64(s.log.size()) })
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
