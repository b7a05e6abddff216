// Package shard is the engine: one log (package wal), one memtable for each shard (package memtable) with the writes
// that are not in its tables yet, and the files, which are store.Bases to it. The directory they live in is package
// datadir's.
//
//   - An Engine is all shards together. Transactions are its Order's, which keeps the one order of commits; what is
//     done shard by shard (sizes, expired keys, sweeping, samples, checks) begins with another shard each time, so
//     that none is always the last that a budget reaches.
//   - A Shard is one of them: its file, its layers, its part of the room. A key's slot is Redis Cluster's; slot*N>>14
//     is its shard.
//
// # Why
//
// A small random write costs a table two pages, one in its own log and one at the
// checkpoint, and with `appendfsync always` an fsync for each shard. A record costs its
// bytes, one write(2) for everyone who waits, and one fsync for all shards. Hot keys
// coalesce in the memtable, and a generation is handed down in key order, so that a page
// is written once for many keys.
//
// # Who may see what, when
//
//  1. A group of transactions runs on a layer of its own over the present state. Its record
//     is appended with one write, and only then is the layer published. A failed append
//     publishes nothing.
//  2. With Always a record is synced before anybody is answered who wrote it or has seen it, so nobody acts on what
//     a power cut could still undo. Groups run on what is not synced yet: while one waits for the disk the next is
//     appended, and the next fsync serves both. Views wait at their end, unless the log is broken.
//  3. There is one order of commits over all shards. A group has one record, whatever shards it touched, and its layers
//     become visible in one step, between two of which a View pins those it reads: see Order. What a
//     group leads to happens behind what the group before it has led to, and before anybody is answered who has
//     seen it.
//  4. fn may run several times: when a row that it reads must come from the disk first (see cold.go), and when
//     it proves too large for the memtable, which it is told by store.ErrAgain.
//  5. A View reads the layers and the base's snapshot as both were when its function is entered. It pins
//     the layers, see memtable.Stack. It may wait for a reader of the file, so it pins behind that wait, and
//     pins again if what has settled between the pin and the snapshot is newer than what it may see. Its time is
//     not before that of the newest record it sees, nor behind that of the next group.
//  6. Replay uses no clock and no chance. Records are absolute but for patches of chunks, so each is replayed once.
//
// # The log
//
// The records lie in a log, which is package wal's: it promises what is left of them after a failed write, a failed
// fsync or a power cut (7 to 9), and knows nothing of what is in them.
//
// # Settling
//
//  10. A generation is settled by syncing the log through its last record, in every mode,
//     then writing it to the base in one durable transaction together with its mark. A
//     base that is ahead of the log is refused at Open: records were lost.
//  13. A generation settles when it is the largest and the room gets full, when it has been idle for a second, when
//     the log has grown too long, or when it leaves much less data than the base has.
//  14. Room is waited for before anything is held, and not for ever. A shard that cannot settle has its own part of the
//     room and no more, waits for nothing, and keeps nobody else from settling. What it could not settle grows on with
//     what was written since, so that what is deleted meanwhile need not be written: see postpone.
//
// # A full disk
//
// Reserves keep blocks for records that free space and for shards that have next to nothing to settle. While one is
// missing, records that need space are refused, or they would take what deleting frees: see wal.Demand.
//
// # Memory
//
//  15. The layers of all shards, growing and settling, share a room of twice Options.OverlayBytes, less
//     under a small limit: see room, SetLimit. What DropRanges hide one by one may pass the bound by hiddenMost rows;
//     longer ranges are tombstones. A transaction larger than its shard's part of OverlayBytes leaves the memtable:
//     everything settles, and it runs straight on the base. Where one shard is written the base's own commit makes it
//     atomic, and no record is kept; where several are, the record is made durable before the first base commits, and
//     each base commits with its LSN as mark. That it is several is known at the second: it runs again, with a record.
//
// What the layers take care of themselves (11, 12, 16, 17) is package memtable's. What is remembered of the base's index
// of expiries (17) is forgotten when the base changes.
//
// # Identity
//
//  18. Ids come from a counter of the shard, recovered from the base's mark and the records
//     behind it. What becomes of an id whose head is gone is package memtable's.
package shard
