// Package sqlite keeps one shard in one SQLite file. With the packages below it, it alone holds SQL.
//
// # Reading tour
//
// schema.sql says what is on disk; engine.go and open.go what an engine is made of; writer.go
// how Updates take turns; reader.go how Views keep a snapshot; tx.go with heads.go,
// items.go, ranges.go and scan.go what a transaction does; counting.go what is counted for ranks; checkpoint.go,
// sweep.go, sizes.go and check.go the upkeep.
// Package blocks counts, and knows how bounds of all kinds become one; capi knows the C library, sqlfile what every
// connection is set to and what errors mean, rowcache the rows that are remembered, repair what to do about damaged
// files that nobody has open.
//
// # Invariants
//
//   - One connection writes, one transaction at a time, on its caller's goroutine. What does not commit leaves nothing.
//   - Update returns after COMMIT has: the log is then with the operating system, and kill -9 loses nothing. A power
//
// cut
//
//	  loses what neither Settle nor Sync has synced.
//	- The commit counter moves before COMMIT, and again before Update returns. A View keeps its reader's
//	  snapshot only if the count is the same and no commit is under way: so it sees every Update
//	  that returned before, and everything that an earlier View saw.
//	- An idle reader may keep its snapshot, but Checkpoint takes it away: else the log would never start again.
//	- Ids are reserved in the file in the transaction that first uses them and are never given out twice.
//	- Counters of databases change in the transaction that changes what they count.
//	- Nothing opens the database file or -shm but SQLite: closing them would drop its locks.
//
// # Measured
//
// Two cores shared with other work, CPU time per operation, 100-byte values, 1,000,000 keys; compare inside a line.
//
//	page size 4096 / 8192 / 16384        SET in groups of 31: 31 / 43 / 46 us; GET 11.6 / 12.0 / 12.7 us;
//	                                     50,000 sorted overwrites and a checkpoint: 2.2 / 3.9 / 5.0 s
//	item value inline up to 100 / 400 / 900 bytes
//	                                     put of 350 bytes 18.0 / 14.5 / 14.5 us, get 11.0 / 8.6 / 9.7 us;
//	                                     put of 800 bytes 19.5 / 17.7 / 19.5 us, get 12.5 / 12.2 / 12.9 us
//	snapshot kept / renewed              1.3 us without a commit in between; 26 us, and a cold page cache, after one
//	statement planned again              90 us each time a bound of a range changed, before the stability guarantee
//	driver: zombiezen / direct           SET in groups 29 / 22 us, GET 9.0 / 8.3 us
//	200,000 keys, a quarter overwritten in key order in one transaction: 7.5 us a row
package sqlite
