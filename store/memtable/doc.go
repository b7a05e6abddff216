// Package memtable holds the writes of a shard that are not in its tables yet. A memtable is layers over a base,
// newest on top. Each layer is a set of complete heads and items (not of changes to them), which a transaction reads
// as if they were in the base. The base, the shard's tables, is a store.BaseTx to it. It has no files, no goroutines
// and no log: package shard fills layers in groups, records what they hold, and has them settle.
//
//   - A Layer is what one group writes, or what several groups wrote whose layers have been merged. A Writer fills it
//     and can take back
//     what it has written.
//   - A Stack is the layers over the base: those that settle (frozen), then those that grow. It is immutable, and Push
//     makes the next one.
//   - Merged reads a layer over what is older, down to a snapshot of the base: Stack.Over.
//
// # What it promises
//
// The numbers are those of package shard's comment, where the rest of them stand.
//
//  5. A View pins the newest layer, and a pinned layer is immutable: a group that finds the newest layer pinned
//     starts a layer of its own. Layers are merged ("melt") when no View needs them apart. Small ones are merged into
//     a copy even before that; otherwise, while readers come and go, a look-up would search as many layers as there
//     were groups. Below meltBytes each layer is larger than all above it together, see small.
//
//  11. A reader applies the frozen layers only if its snapshot of the base is older than they are, and begins again
//     (ErrMoved) if the snapshot already contains one of its growing layers. So a write that is both in a layer and
//     in the base counts once.
//
//  12. The row of an item records whether it replaces an older one. A head finds that out only when keys are counted,
//     so that a plain SET reads nothing below its layer.
//
//  16. Orders are made on demand, or when a part has orderEarly rows: most are only written
//     between two settles, and a tree costs more than the write. Layers above meltBytes are not merged, since all
//     writers would wait. A rank is looked up in the base, and corrected by what the layers add and hide before that
//     position: see search. Emptying databases is a write like others: the layer notes it, the layers below give up
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
