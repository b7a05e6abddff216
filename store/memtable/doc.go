// Package memtable is the writes of a shard that are not in its tables yet: layers over a base, newest on top, each
// a set of absolute heads and items that a transaction reads as if they were in the base. The tables are a store.BaseTx
// to it. It has no files, no goroutines and no log: package shard fills layers in groups, records what they hold,
// and has them settle.
//
//   - A Layer is what one group writes, or several that have melted together. A Writer fills it and can take back
//     what it has written.
//   - A Stack is the layers over the base: those that settle (frozen), then those that grow. It is immutable, and Push
//     makes the next one.
//   - Merged reads a layer over what is older, down to a snapshot of the base: Stack.Over.
//
// # What it promises
//
// The numbers are those of package shard's comment, where the rest of them stand.
//
//  5. A View pins the newest layer, which is then not written to any more: a group that finds it pinned
//     becomes a layer of its own, and layers melt together when no View needs them apart. Small ones are joined in a
//     copy before that, or readers that come and go would have every look-up search as many layers as there were
//     groups: below meltBytes each layer is larger than all above it, see small.
//
//  11. A reader applies the frozen layers only if its snapshot's mark is below theirs, and begins again (ErrMoved) if
//     the mark is not below its growing ones, so that what is in both counts once.
//
//  12. An item's row knows whether something lies below it; a head learns it when somebody
//     counts. A plain SET looks at nothing below.
//
//  16. Orders are made on demand, or when a part has orderEarly rows: most are only written
//     between two settles, and a tree costs more than the write. Layers above meltBytes are
//     not melted, since everybody would wait. A rank is guessed in the base, and corrected
//     by what all layers show and hide before it: see search.
//     Emptying databases is a write like others: the layer notes it, the layers below give up
//     what they hold, and the base empties them when it takes the layer.
//
//     A long range that is removed is one tombstone, whatever it holds. It hides what lies below its layer, never the
//     layer's own rows, and its count is exact, since what lies below a layer does not change.
//
//  17. What is known to be hidden at the ends of a part is remembered, so that draining a
//     queue does not walk over its own deletions again and again. So it is with the indexes of
//     expiries: whose time has come is removed at the front.
//
//  18. An id whose head is gone is orphaned when its layer is applied to the base, unless another head of it names the
//     id: that is a rename.
package memtable
