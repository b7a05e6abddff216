package store

import "context"

// The optional interfaces below are the upkeep of an engine. Engines implement
// those they need, the fanout forwards them, and only background work, the command
// line and the server's own commands use them, through the functions of this file.

// Due is a key that has an expiry, or has fields that do, and its Head.Wake.
type Due struct {
	Key      Key
	ExpireAt int64
}

// Expirer finds keys whose time has passed, or that of one of their fields, by index. They are hints: Expire and
// ExpireFields look again.
type Expirer interface {
	// Expired returns at most n of them, and none only if there are none. The first has waited longest.
	Expired(ctx context.Context, nowMillis int64, n int) ([]Due, error)
}

// Reaper is an optional interface of a Tx that removes what has expired.
type Reaper interface {
	// Expire removes those of keys whose own time has passed, and returns how many. A hash that is gone with its last
	// field is not among them: see ExpireFields.
	Expire(keys ...Key) (int, error)
}

// Rower is an optional interface of a Tx that tells what ExpireFields has to know.
type Rower interface {
	// Row returns a key's head as it is stored, expired or not; ok false if there is none.
	Row(k Key) (h Head, ok bool, err error)
}

// Expire has a transaction remove those of keys whose own time has passed, and returns how many. An engine that is no
// Reaper removes them itself: no reader sees an expired key in any case.
func Expire(tx Tx, keys ...Key) (int, error) {
	r, ok := As[Reaper](tx)
	if !ok {
		return 0, nil
	}
	return r.Expire(keys...)
}

// Sweeper deletes at most about n rows that nothing refers to any more, and reports
// whether more are left.
type Sweeper interface {
	Sweep(ctx context.Context, n int) (more bool, err error)
}

// Checkpointer moves the write-ahead log into the database file.
type Checkpointer interface {
	Checkpoint(ctx context.Context) error
}

// Rester gives back the disk space that the write-ahead log keeps for the next writes, once there has been no write
// for a while.
type Rester interface {
	Rest(ctx context.Context) error
}

// Measurer tells what the engine takes of the disk: the bytes of all its files.
type Measurer interface {
	DiskBytes() (int64, error)
}

// Syncer makes everything that was acknowledged survive a power cut.
type Syncer interface {
	Sync(ctx context.Context) error
}

// Sizer tells how much there is, one row for each shard.
type Sizer interface {
	Sizes(ctx context.Context) ([]Size, error)
}

// Size is what one shard takes. Units are bytes unless named otherwise.
type Size struct {
	File       int64 // database file
	WAL        int64 // write-ahead log
	WALShare   int64 // length of that from which on it is to be checkpointed; 0 if the engine does not know
	Free       int64 // free pages inside the file
	Excess     int64 // of File: what the next checkpoint cuts off
	Keys       int64 // over all databases, a number of keys
	Volatile   int64 // keys with an expiry, a number of keys
	Orphans    int64 // ids and flushed databases waiting for the sweep, a number
	Pending    int64 // bytes that wait with them, see Fill
	Data       int64 // sum of Head.Bytes
	CacheBytes int64 // page caches, as configured
	Overlay    int64 // writes in memory that the log has and the file has not
	Journal    int64 // the log, told by the first shard for all

	// What the engine did since the start: generations settled, the time that took, groups
	// of writes that had to wait for it, and transactions too large for the memtable.
	Settles, SettleMicros, Stalls, Direct, Staged int64

	// Records appended to the log since the start, fsyncs of it and the time they took; told
	// by the first shard for all.
	Appends, Syncs, SyncMicros int64

	// Unsynced are the groups of writes that were acknowledged and that a power cut could still undo. All before
	// them was on stable storage at SyncedAt, in Unix milliseconds. Failing says that the last attempt to bring
	// writes there has failed and none has succeeded since. Behind a log the first shard tells it for all.
	Unsynced, SyncedAt int64
	Failing            bool
}

// Keyspace describes one database of an engine: INFO's keyspace section.
type Keyspace struct {
	DB      int
	Keys    int64
	Expires int64
	Bytes   int64 // sum of Head.Bytes
	// AvgTTLMillis is an estimate from a sample, 0 when unknown.
	AvgTTLMillis int64
}

// Keyspacer lists the databases that hold keys.
type Keyspacer interface {
	Keyspaces(ctx context.Context) ([]Keyspace, error)
}

// Finding is one inconsistency found by a Checker.
type Finding struct {
	Shard   int    // -1 for what concerns no shard alone
	Subject string // what it is about: a table, a key
	Problem string // one sentence that goes on from the subject
	// Repair is what mends it, in the present tense: done if Fixed, else what fix would do.
	// "" if nothing can.
	Repair string
	Fixed  bool
	// Damage is set for bytes that the file system gave back wrong: more may be wrong than
	// could be looked at.
	Damage bool
	// Audited is set for what Audit found: a rule of the data types, which heads and items that
	// were not written through them need not keep.
	Audited bool
}

// Checker looks for inconsistencies and, if fix is set, repairs them.
type Checker interface {
	Check(ctx context.Context, fix bool) ([]Finding, error)
}
