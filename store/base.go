package store

import "context"

// Base is an engine that a journal can stand in front of: the journal keeps the latest
// writes and hands them down in large sorted transactions.
type Base interface {
	Engine
	// Snapshot is View for a Looker.
	Snapshot(ctx context.Context, s Scope, l Looker) error
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

// Looker is who looks at a snapshot of a base, together with what it has above it. For one goroutine.
type Looker interface {
	// Pin is called when the View waits for nothing any more, and before the state it sees is fixed: that holds all
	// that was settled when Pin was called, and perhaps what has settled since, which Mark tells. An error ends the View.
	Pin() error
	// Look is the View's function.
	Look(tx BaseTx) error
}

// Borrower is a Base that can use memory which those above it do not need for a while.
type Borrower interface {
	// Borrow lets the base use so many bytes beyond its own budget; 0 takes all back, with what is
	// in it. It does not wait for transactions. For any goroutine.
	Borrow(bytes int64)
}

// Mark says how far a base has followed its journal.
type Mark struct {
	LSN    uint64 // position of the last record it contains
	NextID ID     // ids from here on were never used
}

// BaseTx is a transaction of a Base.
type BaseTx interface {
	Tx
	// Mark is the mark this transaction's snapshot contains.
	Mark() (Mark, error)
	// Keyspaces counts the databases that hold keys, in order, as this transaction sees them.
	Keyspaces() ([]Keyspace, error)
	// SetMark records how far the base has come with this transaction; inside Settle only.
	SetMark(Mark) error
	// Row returns a key's head as it is stored, expired or not; ok false if there is none.
	Row(k Key) (h Head, ok bool, err error)
	// Unlink removes a key's row, expired or not, and leaves its id alone.
	Unlink(k Key) error
	// Orphan leaves the items of ids that no head names any more to the sweep.
	Orphan(ids ...ID) error
}

// Position is where a key stands in Scan's order: its slot, then its hash.
func Position(name []byte, hash int64) Cursor {
	return Cursor(uint64(Slot(name))<<HashBits | uint64(hash))
}
