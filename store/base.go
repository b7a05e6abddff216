package store

import "context"

// Base is an engine that can have a log and a memtable in front of it: those keep the latest
// writes, which come down in large sorted transactions. A base need not hold its Views to their scopes.
type Base interface {
	Engine
	// Reader takes one of the base's readers, waiting for it until ctx ends. Whoever takes readers of several bases
	// takes them in the order of the bases.
	Reader(ctx context.Context) (Reader, error)
	// OwnReader is Reader for the one writer of the engine in front: however many Views have readers, it does not wait
	// for them.
	OwnReader() (Reader, error)
	// Settle runs fn in an Update and returns when it is on stable storage, with the mark
	// that fn set. Inside fn, ids may be used that this engine did not give out, as long
	// as they are below the mark's NextID.
	Settle(ctx context.Context, fn func(BaseTx) error) error
	// Settled returns the mark of the last Settle; the zero Mark if there was none.
	Settled() Mark
	// Hash is the seeded 48-bit hash by which this engine orders keys inside a slot and
	// hashed items.
	Hash(b []byte) int64
}

// Reader reads snapshots of a base, one after the other. For one goroutine.
type Reader interface {
	// Begin takes a snapshot of all that has been committed, and does not wait. The transaction lasts until the next
	// Begin or Close, and its Now is nowMillis.
	Begin(nowMillis int64) (BaseTx, error)
	// Close gives the reader back. The error is one of the base's own that a read of the last transaction met.
	Close() error
}

// ExpiryIndex is a Base that can walk its keys in the order of their expiry. The engine in front hides keys that it has
// written since, so it must be able to go on behind those it has seen.
type ExpiryIndex interface {
	// Expiring returns the first n keys behind a place that expire before a time in Unix milliseconds; less only
	// if there are no more. The place is the last key of the answer before, the zero Due for the beginning.
	// Keys of equal expiry come in an order of the engine's own.
	Expiring(ctx context.Context, behind Due, before int64, n int) ([]Due, error)
}

// Hurrier is an optional interface of a BaseTx, for callers that must not wait for the disk.
type Hurrier interface {
	// Hurry makes reads return ErrCold, from now on or no longer, where they cannot be answered from memory.
	Hurry(on bool)
	// Version is the same number for transactions that see the same state of the base; 0 if that is not certain.
	Version() uint64
}

// Borrower is a Base that can use memory which those above it do not need for a while.
type Borrower interface {
	// Borrow lets the base use so many bytes beyond its own budget; 0 takes all back, with what is
	// in it. It does not wait for transactions. For any goroutine.
	Borrow(bytes int64)
}

// Trimmer is a Base with a log of its own.
type Trimmer interface {
	// Trim moves the log into the file and cuts it off if it has passed its share of the disk. It waits for the writer,
	// and for Views a moment only: the next call may have to do what this one could not.
	Trim(ctx context.Context) error
}

// Mark says how far a base has followed the log.
type Mark struct {
	LSN    uint64 // position of the last record it contains
	NextID ID     // ids from here on were never used
	// Note is a text that is stored beside the position when a generation settles: Settled returns it. Text without
	// quotes.
	Note string
}

// homeShift is where in an id of another base the number of that base stands.
const homeShift = 48

// Foreign is the first id that is another base's. A base's own ids lie below.
const Foreign ID = 1 << homeShift

// Abroad is what the other bases call id of the base numbered home. A head may name such an id: a key is moved to
// another base by moving its head alone, and its items stay in the file where they are.
func Abroad(home int, id ID) ID { return ID(home+1)<<homeShift | id }

// Home is the number of the base that an id from Foreign on belongs to, -1 for others, and what that base calls it.
func (id ID) Home() (home int, own ID) { return int(id>>homeShift) - 1, id & (Foreign - 1) }

// Lender is a Base whose heads may name ids of other bases, and the other way round.
type Lender interface {
	// Estranged returns up to n ids of other bases that a head here was the last to name. They are noted in the
	// transaction that took the head away, until their own base knows it: see BaseTx.Told.
	Estranged(ctx context.Context, n int) ([]ID, error)
	// Borrowed calls fn with the ids of the base numbered home that heads here name: expired ones, and ones of flushed
	// databases that are not swept yet, too.
	Borrowed(ctx context.Context, home int, fn func(ID)) error
	// CheckAmong is Checker's, for a base that is one of several. It calls claimed with ids of its own whose items
	// belong to no key here, and takes those that are returned for another base's keys' or on their way to the sweep.
	CheckAmong(ctx context.Context, fix bool, claimed func([]ID) ([]ID, error)) ([]Finding, error)
}

// BaseTx is a transaction of a Base.
type BaseTx interface {
	Tx
	Finder
	Reaper
	Rower
	// Weigh is what the items of a range, which has neither Skip nor Limit, count for.
	Weigh(id ID, p Part, r Range) (Change, error)
	// Mark is the mark this transaction's snapshot contains.
	Mark() (Mark, error)
	// Keyspaces counts the databases that hold keys, in order, as this transaction sees them.
	Keyspaces() ([]Keyspace, error)
	// SetMark records how far the base has come with this transaction; inside Settle only.
	SetMark(Mark) error
	// SetNow has the transaction go by a time in Unix milliseconds and not by the base's clock. It comes before
	// anything else that the transaction does.
	SetNow(nowMillis int64)
	// Unlink removes a key's row, expired or not, and leaves its id alone.
	Unlink(k Key) error
	// Orphan leaves the items of ids that no head names any more to the sweep. Those of other bases are noted: see
	// Lender.
	Orphan(ids ...ID) error
	// Told forgets what is noted of ids of other bases: these know by now.
	Told(ids ...ID) error
	// Adopt tells that an id of this base, whose head was another's, gets a head here again.
	Adopt(id ID) error
	// Rank has an id's items counted from now on, as a Head that is Ranked does: that head is another base's.
	Rank(id ID) error
}
