package shard

import (
	"larder/store"
	"larder/store/memtable"
)

const (
	// hiddenMost is how many items the DropRanges of a transaction hide one by one, at most. They may make a generation
	// outgrow its bound by as much: see writer.room.
	hiddenMost = 32 << 10
	// buryShare: a range whose items, hidden one by one, would take more than this part of what a transaction may add
	// to the memtable is hidden by a tombstone instead. That reads the range as well, for what it weighs, but writes
	// nothing for each item. Short ranges stay rows, because each tombstone costs every later look-up in its part.
	buryShare = 64
	// itemBytes is about what hiding an item takes.
	itemBytes = 128
)

// DropRange hides the items of a range. The record holds the range: replay finds the same items in it. A long range of
// hashed items, which has no tombstones, leaves the memtable.
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
	ch, err := w.dropRange(id, p, r)
	if err != nil || ch.Count == 0 {
		return ch, err
	}
	w.wrote = true
	w.rec.dropRange(id, p, r)
	return ch, w.room()
}

func (w *writer) dropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	few := w.shard.limit / buryShare / itemBytes
	n := r.Limit // which is enough to know if it is small: a count may have to read what the range does not
	if n == 0 || n > few || w.Ranged()+n > hiddenMost {
		var err error
		if n, err = w.Count(id, p, r); err != nil || n == 0 {
			return store.Change{}, err
		}
	}
	switch {
	case n > few && memtable.Buries(p, r.Order):
		return w.Bury(id, p, r, n)
	case w.Ranged()+n > hiddenMost:
		return store.Change{}, w.tooLarge()
	}
	return w.HideRange(id, p, r, n)
}
