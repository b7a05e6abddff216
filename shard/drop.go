package shard

import (
	"larder/store"
	"larder/store/memtable"
)

// largeRange is the number of items past which DropRange leaves the memtable. What shorter
// ones hide may make a generation outgrow its bound by as much: see writer.room.
const largeRange = 32 << 10

// DropRange hides the items of a range. A long range leaves the memtable. The record holds the range: replay finds
// the same items in it.
func (w *writer) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	if memtable.Single(p, r) { // how lists are popped: neither counted nor put in order
		ch, err := w.dropItem(id, p, store.Item{Pos: r.Min.Pos})
		if err != nil {
			return ch, err
		}
		return ch, w.room()
	}
	if err := w.strait.admit(false); err != nil {
		return store.Change{}, err
	}
	n := r.Limit // which is enough to know if it is small: a count may have to read what the range does not
	if n == 0 || w.Ranged()+n > largeRange {
		var err error
		if n, err = w.Count(id, p, r); err != nil || n == 0 {
			return store.Change{}, err
		}
	}
	if w.Ranged()+n > largeRange {
		return store.Change{}, w.tooLarge()
	}
	ch, err := w.HideRange(id, p, r, n)
	if err != nil || ch.Count == 0 {
		return ch, err
	}
	w.wrote = true
	w.rec.dropRange(id, p, r)
	return ch, w.room()
}
