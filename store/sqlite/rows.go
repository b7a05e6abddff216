package sqlite

import (
	"sync"
	"sync/atomic"
)

// Rows remembers heads and hashed items of all files that share it as they are in the files, so that reading a hot one
// costs a probe where SQLite wants a descent of four pages. A page of the page cache holds two dozen rows of
// which one may be hot, and every connection has its own copy of it; here a row costs its bytes, once. It is shared
// because what is used seldom spreads evenly: one large hash lies in one file.
//
// An entry says since which commit it holds, and serves the snapshots taken since then, for whoever changes
// a row replaces its entry. Three rules keep that true:
//
//   - A reader adds what it has read only if nothing was committed since its snapshot.
//   - While a transaction that changes a row is under way, readers add nothing for that row (pendingRows).
//   - What the transaction staged is dropped if it fails.
//
// For any goroutine.
type Rows struct {
	own     int64 // bytes, without what is lent
	lent    atomic.Int64
	numbers atomic.Uint64 // of files, given out
	stripes [rowStripes]rowStripe
}

// rows is the part of Rows that belongs to one file. For any goroutine; stage, discard and end are the writer's.
type rows struct {
	*Rows
	commits func() uint64
	number  uint64 // of the file among those that share, below 1 << rowNumberBits
	loan    atomic.Int64
	pending [rowStripes]pendingRows // each under the lock of its stripe
}

const (
	rowStripes = 32
	// rowNumberBits is how many bits of a space tell the file.
	rowNumberBits = 16
	// rowMax is the longest name, and the longest value, that is remembered.
	rowMax = 1 << 10
)

// rowStripe is a part of the rows under a lock of its own.
type rowStripe struct {
	mu  sync.Mutex
	log rowLog
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

// NewRows makes room for so many bytes of rows.
func NewRows(bytes int64) *Rows {
	r := &Rows{own: bytes}
	for i := range r.stripes {
		r.stripes[i].log = newRowLog(bytes / rowStripes)
	}
	return r
}

// join makes a file's part.
func (r *Rows) join(commits func() uint64) *rows {
	return &rows{Rows: r, commits: commits, number: r.numbers.Add(1)}
}

// Borrow lends the rows that are remembered so many bytes besides their own. They follow soon: forgetting what lies in a
// large loan takes milliseconds.
func (e *Engine) Borrow(bytes int64) {
	e.rows.lent.Add(bytes - e.rows.loan.Swap(bytes))
	go e.rows.resize()
}

// resize has the stripes follow the loan, the last one made whichever call of several comes last.
func (r *Rows) resize() {
	r.each(func(_ int, s *rowStripe) { s.log.resize((r.own + r.lent.Load()) / rowStripes) })
}

func stripeOf(k rowKey) int { return int(uint64(k.h) % rowStripes) }

// shared is a key as those know it who share the log.
func (r *rows) shared(k rowKey) rowKey {
	return rowKey{k.space<<rowNumberBits | r.number, k.h}
}

// get fills in what a snapshot taken at commit seen shows of a record's key and name, if that is known. The value
// is a copy in a.
func (r *rows) get(rec *record, seen uint64, a *arena) bool {
	k, s := r.shared(rec.key), &r.stripes[stripeOf(rec.key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.log.find(k.mark())
	if e == nil || !e.read(k, rec, seen, a) {
		return false
	}
	e.use(s.log.clock)
	return true
}

// add remembers what a reader found at commit seen.
func (r *rows) add(rec *record, seen uint64) {
	i := stripeOf(rec.key)
	s := &r.stripes[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.pending[i].has(rec.key) && r.commits() == seen {
		s.put(r.shared(rec.key), rec, seen)
	}
}

// stage remembers what the transaction that will be commit number next has made of a row.
func (r *rows) stage(rec *record, next uint64) {
	i := stripeOf(rec.key)
	s := &r.stripes[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	r.pending[i].add(rec.key)
	s.put(r.shared(rec.key), rec, next)
}

// put replaces a row's entry.
func (s *rowStripe) put(k rowKey, rec *record, since uint64) {
	if len(rec.name) > rowMax || len(rec.value) > rowMax || rec.opaque {
		s.log.drop(k.mark())
		return
	}
	s.log.put(k, rec, since)
}

// end ends a transaction, after the count of commits has moved if it was kept.
func (r *rows) end(kept bool) {
	if !kept {
		r.discard()
	}
	r.each(func(i int, _ *rowStripe) { r.pending[i].clear() })
}

// discard drops what was staged: the entries from a commit that is not to be. Readers go on to add nothing for those
// keys until the end.
func (r *rows) discard() {
	last := r.commits()
	r.each(func(i int, s *rowStripe) {
		if r.pending[i].any {
			s.log.forget(func(e rowEntry) bool { return r.owns(e) && e.since() > last })
		}
	})
}

func (r *rows) owns(e rowEntry) bool { return e.space()&(1<<rowNumberBits-1) == r.number }

// clear forgets all rows of the file, which was changed behind the back of the cache. It takes milliseconds.
func (r *rows) clear() {
	r.each(func(_ int, s *rowStripe) {
		s.log.forget(r.owns)
	})
}

// size is how many bytes there are.
func (r *Rows) size() (n int64) {
	r.each(func(_ int, s *rowStripe) { n += int64(s.log.size()) })
	return n
}

func (r *Rows) each(fn func(int, *rowStripe)) {
	for i := range r.stripes {
		s := &r.stripes[i]
		s.mu.Lock()
		fn(i, s)
		s.mu.Unlock()
	}
}
