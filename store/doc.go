// Package store holds the contract between Redis's data types and the engines
// that keep them, and every data type written once on top of that contract.
//
// # Why heads and items
//
// An engine does not know hashes or sorted sets. It knows that a key is a Head
// (type, expiry, length, a small value) and that a head may own ordered Items,
// found through the head's id. A new engine therefore implements one small
// interface, and a new data type is written once for all engines. The rejected
// alternative, one method per Redis command, made our closest peer write 87
// methods twice.
//
// A collection that is small need not have items at all: types keep it as a pack in the
// head's value, see form. To an engine that is a head like any other.
//
// # Identity
//
// Items hang off an ID, never off a name. Dropping a key, overwriting it or
// renaming it moves or forgets the id; the items of a forgotten id are orphans
// that the engine sweeps later. That is what makes DEL, RENAME and SET over a
// list O(1) whatever the key holds. Ids are never used twice: a reused id would
// bring orphans back to life.
//
// # Heads are put one by one
//
// Tx.Heads is asked for many keys at once, for their answer has to come from somewhere; PutHead is of one key, for it
// answers nothing: a local call costs nothing, and the engines group what is put until the transaction ends, as one
// that is far away would. PutHeads would be the same loop inside each engine, with a slice made for it before.
//
// # Order
//
// Items of one id are split into Parts. Inside a part the natural order is
// (Pos, Field); scored parts have a second order, (Score, Field). What Pos means
// is the part's own affair, see Part.
//
// # Expiry
//
// A head whose time has passed is absent: Tx.Heads is the only place that
// decides so. Writing such a key starts afresh, under a new id.
package store
