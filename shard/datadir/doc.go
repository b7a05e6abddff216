// Package datadir is the directory that a server keeps its data in: whose it is, for how many shards it was made, on
// which file systems it may lie, where each shard's file is, and the small files that belong to no shard. It knows
// nothing of engines. A program that opens a shard claims the directory first and releases it last.
package datadir
