package store

import (
	"context"
	"iter"
	"time"
)

// Scope says which keys a transaction is going to use. A View sees these and no others: it is one moment of the
// shards they live on. A key's shard depends on its name, not on its DB, so naming it in one database is enough to use
// it in others. To an Update, which may touch any key, it is a hint of what to fetch.
// The zero Scope names no key.
type Scope struct {
	Keys []Key
	// All is every key, and Scan, Size, Flush, Swap, Random.
	All bool
}

// Whole is the scope of a transaction over all keys.
func Whole() Scope { return Scope{All: true} }

// One is the scope of a transaction on these keys.
func One(keys ...Key) Scope { return Scope{Keys: keys} }

// Engine runs transactions. It may be used by many goroutines.
//
// fn may run more than once (a conflict, a failed neighbour in the same commit
// group), and possibly on another goroutine than the caller's: it must touch nothing
// but tx and variables that it sets afresh on every run. An error from fn is returned
// as it is, and then nothing that fn wrote is kept. Update returns after what fn wrote
// is as durable as the engine's settings promise. Transactions are serializable:
// nobody sees half of an Update. A View's state is fixed before fn is entered, and a View
// keeps no Update waiting.
type Engine interface {
	View(ctx context.Context, s Scope, fn func(Tx) error) error
	Update(ctx context.Context, s Scope, fn func(Tx) error) error
	Close() error
}

// Tx is one consistent view of the keys in its scope, and in an Update of any key, and the way to
// change them; it reads its own writes. In a View keys outside the scope give ErrScope. One goroutine at a time may use
// it, and only until fn returns. Batched forms are the primitives: on a remote engine each
// call is a round trip. Writing inside a View returns ErrReadOnly.
type Tx interface {
	// Now is fixed for the transaction and never goes backwards between transactions.
	Now() time.Time

	// Heads appends the heads of keys to dst, in order; an absent or expired key gives
	// a zero Head. Lazy expiry lives here only.
	Heads(dst []Head, keys ...Key) ([]Head, error)
	// PutHead sets a key's head. Putting another ID than the one there orphans the
	// old one's items.
	PutHead(k Key, h Head) error
	// NewID returns a fresh id for items of k's. An id without a head that names it,
	// when the transaction ends, is an orphan.
	NewID(k Key) (ID, error)
	// Drop removes keys in O(1) each: items become orphans. It returns how many were
	// there (expired ones are removed too, but not counted).
	Drop(keys ...Key) (int, error)
	// Move takes from away and puts h under to, over whatever was there. h names what from owns: the items stay where
	// they are, so it is O(1) whatever the names. The keys differ, and from is there.
	Move(from, to Key, h Head) error

	// Scan returns about n keys from the cursor on, and the cursor to go on from, 0 at
	// the end. Cursors are stateless: every key present from the first call to the last
	// is returned at least once. A page ends between two granules: see Cursor.Granule. Expired keys are left out.
	Scan(db int, from Cursor, n int) ([]Entry, Cursor, error)
	// RandomKey returns a key chosen at random, ok false if the database is empty.
	RandomKey(db int) (name []byte, ok bool, err error)

	// Items looks up hashed or named items, in order; Found tells which exist.
	Items(dst []Item, id ID, p Part, fields ...[]byte) ([]Item, error)
	// PutItems adds or overwrites items. In a scored part it also moves them in the
	// second order.
	PutItems(id ID, p Part, items ...Item) (Change, error)
	// DropItems removes hashed or named items.
	DropItems(id ID, p Part, fields ...[]byte) (Change, error)
	// DropRange removes the items of a range.
	DropRange(id ID, p Part, r Range) (Change, error)
	// Range yields the items of a range, paged from the engine: memory does not grow
	// with its length. After an error the sequence ends. The transaction must not
	// write to the same id before the loop ends. A yielded Item's slices are valid
	// until the next is asked for.
	Range(id ID, p Part, r Range) iter.Seq2[Item, error]
	// Count returns how many items a range has; O(log n) on Ranked ids.
	Count(id ID, p Part, r Range) (int64, error)
	// Random returns n items of a part of size items, each drawn uniformly and independently.
	Random(id ID, p Part, size int64, n int) ([]Item, error)

	// Size is the exact number of keys in a database, expired ones not yet removed included.
	Size(db int) (int64, error)
	// Flush empties a database in O(1); its rows are swept later.
	Flush(db int) error
	// Swap exchanges two databases in O(1).
	Swap(a, b int) error

	// Savepoint marks how far the transaction has come. Savepoints nest; in a View they are harmless.
	Savepoint() (Savepoint, error)
	// Rollback takes back all that was written since a savepoint and forgets the later ones; it may be rolled back to
	// again. No range is being read meanwhile, and what was read since is to be read again: an id given out since is none.
	Rollback(Savepoint) error
	// Release keeps what was written since a savepoint and forgets it and the later ones. Savepoints that are no
	// longer needed cost the writes that follow, so a caller that takes one for each of many steps releases it after
	// the step.
	Release(Savepoint) error
}

// Savepoint is a mark of what a transaction has written. It is valid until it is released, an earlier one is rolled
// back to or released, or the transaction ends.
type Savepoint int

// Change is what writing items did, signed: removals count below zero. Types add it to
// Head.Len and Head.Bytes.
type Change struct {
	Count int64
	Bytes int64 // see ItemBytes
}

// Plus adds two changes.
func (c Change) Plus(d Change) Change { return Change{c.Count + d.Count, c.Bytes + d.Bytes} }

// Minus takes a change back.
func (c Change) Minus(d Change) Change { return Change{c.Count - d.Count, c.Bytes - d.Bytes} }

// ItemBytes is what an item counts for in Change.Bytes and Head.Bytes.
func ItemBytes(it Item) int64 { return int64(len(it.Field)+len(it.Value)) + 8 }

// Entry is a key found by Scan.
type Entry struct {
	Name []byte
	Head Head
}

// Job is one transaction of a batch.
type Job struct {
	Scope Scope
	Write bool
	// May says of a job that reads, as a rule, that it writes now and then. It runs as one that reads, which waits for no
	// writer; if Fn answers ErrReadOnly then, Write is set and it runs again, with all of its batch that has run.
	May bool
	Fn  func(Tx) error
	// Publish, if there is one, lets an engine run Fn apart from the other writers when it writes a great deal: at one
	// moment, in a Tx that is Staged, while they go on. Publish then runs at the transaction's own place in the order of
	// commits, in the transaction that makes visible what Fn has written, and what has to be done there is done by it. Fn
	// runs again instead if anything that it has read has changed by then. Where Fn did not run apart it does all of it by
	// itself.
	Publish func(Tx) error
	// After, if there is one, runs when the transaction has committed: once, in the order of commits, and before any
	// client that has seen the transaction gets a reply. Messages and events of a write are published there. It may
	// run on another goroutine than the caller's, and must not use the engine.
	After func()
	// Moment is set by an engine that is a Sequencer, to the number of commits that the transaction comes after. For
	// a writer that includes its own.
	Moment uint64
	// Err is set when the batch returns.
	Err error
}

// MustWrite reports whether a job that has run as one that reads is to run again as one that writes: see May.
func (j *Job) MustWrite() bool { return j.May && j.Err == ErrReadOnly }

// Sequencer is an optional interface of engines with one order of commits.
type Sequencer interface {
	// Happening is the Moment of the last writer whose After has begun. For any goroutine.
	Happening() uint64
}

// Batcher is an optional interface of engines that can run several independent
// transactions together. Jobs run in order; each job succeeds or fails for itself.
type Batcher interface {
	Batch(ctx context.Context, jobs []*Job)
}

// Batch runs jobs on e: together if e is a Batcher, else one after the other.
func Batch(ctx context.Context, e Engine, jobs []*Job) {
	if b, ok := e.(Batcher); ok {
		b.Batch(ctx, jobs)
		return
	}
	for _, j := range jobs {
		Run(ctx, e, j)
	}
}

// Run runs one job on e and sets its Err.
func Run(ctx context.Context, e Engine, j *Job) {
	if b, ok := e.(Batcher); ok {
		one := [1]*Job{j}
		b.Batch(ctx, one[:])
		return
	}
	if !j.Write {
		j.Err = e.View(ctx, j.Scope, j.Fn)
	}
	if j.Write = j.Write || j.MustWrite(); j.Write {
		j.Err = e.Update(ctx, j.Scope, j.Fn)
	}
	if j.Err == nil && j.After != nil {
		j.After()
	}
}

// Voidable is an optional interface of a Tx whose engine may give a run of fn up, to begin another, by ErrAgain from
// any method.
type Voidable interface {
	// Void reports whether this run is given up: what it answers, be it an error, counts for nothing.
	Void() bool
}

// Stager is an optional interface of a Tx whose engine runs fn apart from other writers: see Job.Publish.
type Stager interface {
	// Staged reports whether this run is apart.
	Staged() bool
}

// As finds an optional interface of a transaction, or of the one behind it: what stands before another has Unwrap.
func As[T any](tx Tx) (found T, ok bool) {
	for {
		if found, ok = tx.(T); ok {
			return found, true
		}
		before, wraps := tx.(interface{ Unwrap() Tx })
		if !wraps {
			return found, false
		}
		tx = before.Unwrap()
	}
}
