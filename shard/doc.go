// Package shard joins the one engine over all shards with the upkeep of each. The directory they live in is package
// datadir's.
//
// A key's slot is Redis Cluster's; slot*N>>14 is its shard. Transactions go to the engine over all shards, which keeps
// the one order of commits: see package journal. What is done shard by shard (sizes, expired keys, sweeping, samples,
// checks) begins with another shard each time, so that none is always the last that a budget reaches.
package shard
