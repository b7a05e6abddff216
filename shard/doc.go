// Package shard makes one store.Engine of several. The directory they live in is package datadir's.
//
// # Routing
//
// A key's slot is Redis Cluster's; slot*N>>14 is its shard. A transaction whose keys lie on
// one shard goes to that engine as it is. Any other becomes nested transactions, one for each shard
// it needs, in ascending order. In those, ids say which shard they belong to: inner*N + shard. An id
// is only good in the transaction it was got in, which is why transactions on one shard can
// hand on the engine's own ids, and its Tx, untouched.
//
// # Nobody sees half of a transaction
//
// Each shard has a gate, a read-write lock above the engine:
//
//   - an Update on one shard holds its gate shared from beginning to end;
//   - an Update on several holds their gates exclusively until all have committed;
//   - a View holds the gates of its shards shared until all its snapshots are taken, that is until fn
//     is entered, which is when engines must have fixed what a View sees.
//
// So while a View takes its snapshots, no Update on several shards that shares a shard with it is between its
// first commit and its last: each snapshot has all of that Update or none of it. Updates on one
// shard may commit between two snapshots. One alone does no harm, but of two, one after the other on
// two shards, a View could see only the second. Every shard therefore counts the Updates it
// acknowledged; a View over several shards whose count moved while it took its snapshots starts again,
// and after a few attempts takes the gates exclusively.
//
// An engine may enter a View's fn again, on a new snapshot. If the gates were let go, the new one may not
// fit the others: then the transaction starts again with all gates held exclusively to its end.
//
// # Nothing waits for ever
//
// Gates are taken in ascending order, by everybody, and nobody takes one while holding a higher
// one. What is locked inside engines (a writer, a reader connection) is taken in ascending
// order too, after the gates. The holder of the highest thing somebody waits for thus waits for
// nothing, and lets go when its fn and its commit are done. fn itself may not wait for another
// transaction: the contract forbids it to touch anything but its Tx. A goroutine that held a gate
// shared and asked for it again could be caught between a waiting writer and itself; fn cannot do
// that for the same reason.
//
// Waiting for a gate does not watch the context: it lasts as long as the transactions before it. The
// context is looked at when the gates are held. From then on an Update over several shards ignores
// it, because a shard that gave up after another had committed would leave half behind.
//
// # Engines that run fn again
//
// The shards of one transaction commit one after the other, innermost (highest) first. If an outer
// engine then wants to run its part again, running the caller's fn again would apply
// it a second time to the shards that have committed. So fn's writes are recorded by shard while it runs, fn
// runs to success only once, and an engine that asks again gets the recorded writes. The gates are held, so
// nothing fn read has changed since. The record is bounded, see recordLimit.
//
// # Crashes
//
// Shards that commit one after the other can be torn apart by a crash, or by an engine that fails, between the
// first commit and the last. Only the engines can prevent that, with one commit for all of them: if they are
// store.Joiners they are asked to, under the same gates, and none of the above about running fn
// again is needed. Engines that cannot are atomic over several shards against other transactions and against errors
// of fn, and say so in the error if a shard fails half way.
package shard
