// Package capi is SQLite as Go calls it: connections, statements, results and the memory of pages. It is the only
// package that knows the translated C library; it knows nothing of shards, tables or errors of the store's. Only
// store/sqlite uses it.
//
// It speaks to that library itself. database/sql costs three times as much for a small read; zombiezen.com/go/sqlite is
// close, but copies every bound blob byte by byte into memory it allocates for it, and cannot turn on the planner's
// stability guarantee (see Open).
package capi
