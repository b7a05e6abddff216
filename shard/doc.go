// Package shard is the engine: one write-ahead log (package wal), one memtable for each shard (package memtable) with
// the writes that are not in its tables yet, and the files, which are store.Bases to it. Package datadir looks after
// the directory they are in.
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
//  2. With Always a record is synced before its writer, or a reader that has seen it, gets a reply, so that no client
//     acts on what a power cut could still undo. Groups may build on records that are not synced yet: while one group
//     waits for the disk the next is appended, and the next fsync serves both. Views wait at their end for the newest
//     record of what they have read, unless the log is broken: see unhappened.
//  3. There is one order of commits over all shards. A group has one record, whatever shards it touched, and its layers
//     become visible in one step, between two of which a View pins those it reads: see Order. The effects of a group
//     (messages, keyspace events) happen after those of the group before it, and before any client that has seen the
//     group's writes gets a reply.
//  4. fn may run several times: when a row that it reads must come from the disk first (see cold.go), and when the
//     transaction is too large for the memtable, which store.ErrAgain reports. A transaction whose job has a Publish is
//     staged then: see stage.go.
//  5. A View reads the layers and the base's snapshot as both were when its function is entered. It pins
//     the layers, see memtable.Stack. It may wait for a reader of the file, so it pins after that wait, and pins
//     again if records that have settled between the pin and the snapshot are newer than what it may see. Its time is
//     at least that of the newest record it sees, and at most that of the next group.
//  6. Replay is deterministic: it uses no clock and no random numbers. Records hold complete values but for patches
//     of chunks, so each is replayed exactly once.
//
// # The log
//
// The records lie in a log, package wal's, which promises what is left of them after a failed write, a failed fsync
// or a power cut (7 to 9), and does not know what is in them.
//
// # Settling
//
//  10. A generation is settled by syncing the log through its last record, in every mode,
//     then writing it to the base in one durable transaction together with its mark. A
//     base that is ahead of the log is refused at Open: records were lost.
//  13. A generation settles when it is the largest and the room gets full, when it has been idle for a second, when
//     the log has grown too long, or when it leaves much less data than the base has.
//  14. A writer waits for room before it holds anything, and not for ever. A shard that cannot settle has its own
//     part of the room and no more; its writers get an error at once, and other shards go on settling. Its generation
//     takes new writes again, so that what is deleted meanwhile need not be written: see postpone.
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
//     longer ranges are tombstones. A transaction larger than its shard's part of OverlayBytes leaves the memtable
//
// unless
//
//	it can be staged:
//	everything settles, and it runs straight on the base. Where one shard is written the base's own commit makes it
//	atomic, and no record is kept; where several are, the record is made durable before the first base commits, and
//	each base commits with its LSN as mark. That it is several is known at the second: it runs again, with a record.
//
// Numbers 11, 12, 16 and 17 are about layers and stand in package memtable. What is remembered of the base's index of
// expiries (17) is forgotten when the base changes.
//
// # Identity
//
//  18. Ids come from a counter of the shard, recovered from the base's mark and the records
//     behind it. Package memtable says what becomes of an id whose head is gone.
//  19. An id that is staged is noted in its file by the transaction that puts its first items, and the note is removed
//
// by
//
//	the record that publishes its head: see limbo.
package shard
