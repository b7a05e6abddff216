package rowcache

import (
	"sync"
	"sync/atomic"
)

// Cache remembers heads and hashed items of all files that share it as they are in the files, so that reading a hot one
// costs a probe where SQLite wants a descent of four pages. A page of the page cache holds two dozen rows of
// which one may be hot, and every connection has its own copy of it; here a row costs its bytes, once. It is shared
// because what is used seldom spreads evenly: one large hash lies in one file.
//
// An entry says since which commit it holds, and serves the snapshots taken since then, for whoever changes
// a row replaces its entry. Three rules keep that true:
//
//   - A reader adds what it has read only if nothing was committed since its snapshot.
//   - While a transaction that changes a row is under way, readers add nothing for that row (see pending).
//   - What the transaction staged is dropped if it fails.
//
// For any goroutine.
type Cache struct {
	own     int64 // bytes, without what is lent
	lent    atomic.Int64
	numbers atomic.Uint64 // of files, given out
	stripes [stripeCount]stripe
}

// File is the part of a Cache that belongs to one file. For any goroutine; Stage, Discard and End are the writer's.
type File struct {
	*Cache
	commits func() uint64
	number  uint64 // of the file among those that share, below 1 << numberBits
	loan    atomic.Int64
	pending [stripeCount]pending // each under the lock of its stripe
}

const (
	stripeCount = 32
	// numberBits is how many bits of a space tell the file.
	numberBits = 16
	// rowMax is the longest name, and the longest value, that is remembered.
	rowMax = 1 << 10
)

// stripe is a part of the rows under a lock of its own.
type stripe struct {
	mu  sync.Mutex
	log log
}

// Key is a row's place. A space is a namespace of heads or a part of an id: neither is used again when it is gone.
type Key struct {
	Space uint64
	At    int64
}

// Record is a row, or that there is none. What its numbers mean is known to its writer.
type Record struct {
	Key     Key
	Name    []byte
	Found   bool
	Opaque  bool // it has more than a record can hold: nothing is remembered of it
	Numbers [Numbers]int64
	Value   []byte
}

// Numbers is how many numbers a record has.
const Numbers = 5

// Memory gives what the values of records are copied into.
type Memory interface {
	// Take lends n bytes, which may hold anything.
	Take(n int) []byte
}

// New makes room for so many bytes of rows.
func New(bytes int64) *Cache {
	r := &Cache{own: bytes}
	for i := range r.stripes {
		r.stripes[i].log = newLog(bytes / stripeCount)
	}
	return r
}

// Join makes a file's part.
func (r *Cache) Join(commits func() uint64) *File {
	return &File{Cache: r, commits: commits, number: r.numbers.Add(1)}
}

// Borrow lends the cache so many bytes besides its own, in the name of this file. It follows soon: forgetting what lies
// in a large loan takes milliseconds.
func (r *File) Borrow(bytes int64) {
	r.lent.Add(bytes - r.loan.Swap(bytes))
	go r.resize()
}

// resize has the stripes follow the loan, the last one made whichever call of several comes last.
func (r *Cache) resize() {
	r.each(func(_ int, s *stripe) { s.log.resize((r.own + r.lent.Load()) / stripeCount) })
}

func stripeOf(k Key) int { return int(uint64(k.At) % stripeCount) }

// shared is a key as those know it who share the log.
func (r *File) shared(k Key) Key {
	return Key{k.Space<<numberBits | r.number, k.At}
}

// Get fills in what a snapshot taken at commit seen shows of a record's key and name, if that is known. The value
// is a copy in memory that m gives.
func (r *File) Get(rec *Record, seen uint64, m Memory) bool {
	k, s := r.shared(rec.Key), &r.stripes[stripeOf(rec.Key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.log.find(k.mark())
	if e == nil || !e.read(k, rec, seen, m) {
		return false
	}
	e.use(s.log.clock)
	return true
}

// Add remembers what a reader found at commit seen.
func (r *File) Add(rec *Record, seen uint64) {
	i := stripeOf(rec.Key)
	s := &r.stripes[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.pending[i].has(rec.Key) && r.commits() == seen {
		s.put(r.shared(rec.Key), rec, seen)
	}
}

// Stage remembers what the transaction that will be commit number next has made of a row.
func (r *File) Stage(rec *Record, next uint64) {
	i := stripeOf(rec.Key)
	s := &r.stripes[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	r.pending[i].add(rec.Key)
	s.put(r.shared(rec.Key), rec, next)
}

// put replaces a row's entry.
func (s *stripe) put(k Key, rec *Record, since uint64) {
	if len(rec.Name) > rowMax || len(rec.Value) > rowMax || rec.Opaque {
		s.log.drop(k.mark())
		return
	}
	s.log.put(k, rec, since)
}

// End ends a transaction, after the count of commits has moved if it was kept.
func (r *File) End(kept bool) {
	if !kept {
		r.Discard()
	}
	r.each(func(i int, _ *stripe) { r.pending[i].clear() })
}

// Discard drops what was staged: the entries from a commit that is not to be. Readers go on to add nothing for those
// keys until the end.
func (r *File) Discard() {
	last := r.commits()
	r.each(func(i int, s *stripe) {
		if r.pending[i].any {
			s.log.forget(func(e entry) bool { return r.owns(e) && e.since() > last })
		}
	})
}

func (r *File) owns(e entry) bool { return e.space()&(1<<numberBits-1) == r.number }

// Clear forgets all rows of the file, which was changed behind the back of the cache. It takes milliseconds.
func (r *File) Clear() {
	r.each(func(_ int, s *stripe) {
		s.log.forget(r.owns)
	})
}

func (r *Cache) each(fn func(int, *stripe)) {
	for i := range r.stripes {
		s := &r.stripes[i]
		s.mu.Lock()
		fn(i, s)
		s.mu.Unlock()
	}
}
