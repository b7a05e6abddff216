// Package wal is a write-ahead log: records in segments, their fsyncs and their recovery. To it a record is bytes with
// a number, the LSN, and a Demand on a disk that is full; it knows of shards only that each reports up to which record
// it has settled. Package shard decides what is in a record, and is the only one to append to a Log.
//
// A Log is made (New), told its records (Recover), begun behind them (Begin), and then takes more (Append, Sync). Check
// and SetAside are for a log that is not open.
//
// # What it promises
//
// The numbers go on from those in package shard's comment.
//
//  7. After a failed or short append the segment is cut back to its last good record, or
//     left behind for a new one. Each checksum is chained to the one before and salted by
//     segment, so a stale tail never validates. Recovery reads up to the first record that
//     does not, and goes on in a fresh segment. Recovery refuses a segment by name if it does not follow the one
//     before it (see sequence), if it has the header of another segment, or if it has data but no header.
//  8. When an fsync fails, writes are refused until a new segment holds every record since
//     the last good fsync and is itself synced; the old descriptor is never synced again,
//     because Linux may have marked its pages clean. Those records are kept in memory, at
//     most keptMax bytes of them: past that a writer waits for an fsync in every mode.
//  9. A new segment's name is synced before its header is written, and its header before a record
//     goes in. A segment that no shard needs is deleted, or its file kept for the next: the other
//     way round a power cut could leave the new header under the old name.
package wal
