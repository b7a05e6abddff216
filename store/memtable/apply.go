package memtable

import (
	"maps"
	"slices"
	"sort"

	"larder/store"
)

// Apply writes the frozen layers into the base, oldest first.
func (s *Stack) Apply(tx store.BaseTx) error {
	for _, l := range s.frozen {
		if err := l.apply(tx); err != nil {
			return err
		}
	}
	return nil
}

// apply writes a layer into the base, in key order, so that pages are touched once.
func (l *Layer) apply(tx store.BaseTx) error {
	for _, db := range slices.Sorted(maps.Keys(l.emptied)) {
		if err := tx.Flush(db); err != nil {
			return err
		}
	}
	for _, id := range l.ranked {
		if err := tx.Rank(id); err != nil {
			return err
		}
	}
	var given []store.ID
	if l.moved {
		old, err := l.unlinkOld(tx)
		if err != nil {
			return err
		}
		given = old
	}
	dead := l.dead(given)
	if err := l.applyHeads(tx, dead); err != nil {
		return err
	}
	for _, k := range l.collKeys() {
		if _, gone := dead[k.id]; gone {
			continue
		}
		if err := l.colls[k].apply(tx, k); err != nil {
			return err
		}
	}
	return l.settle(tx, dead, given)
}

// applyHeads writes the heads. An id that one of them names is not dead.
func (l *Layer) applyHeads(tx store.BaseTx, dead map[store.ID]struct{}) (err error) {
	for _, e := range l.sorted() {
		if e.live() {
			delete(dead, e.id)
			stamp(tx, e)
			err = tx.PutHead(e.key(), e.head())
		} else {
			_, err = tx.Drop(e.key())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unlinkOld takes away the heads below that differ from the layer's in their ids, and returns these: where ids have
// moved between keys, each of them may be named by another head.
func (l *Layer) unlinkOld(tx store.BaseTx) (given []store.ID, err error) {
	for _, e := range l.sorted() {
		h, there, err := tx.Row(e.key())
		if err != nil {
			return nil, err
		}
		if !there || h.ID == 0 || e.live() && h.ID == e.id {
			continue
		}
		if err := tx.Unlink(e.key()); err != nil {
			return nil, err
		}
		given = append(given, h.ID)
	}
	return given, nil
}

func (l *Layer) collKeys() []collKey {
	keys := make([]collKey, 0, len(l.colls))
	for k := range l.colls {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].id != keys[j].id {
			return keys[i].id < keys[j].id
		}
		return keys[i].part < keys[j].part
	})
	return keys
}

// settleBatch is the number of items handed to the base in one call. The more, the more of them
// share a row of what the base counts.
const settleBatch = 16384

// apply writes a part's rows: deletions first, then what is live, each in natural order.
func (c *coll) apply(tx store.BaseTx, k collKey) error {
	for i := range c.tombstones {
		if _, err := tx.DropRange(k.id, k.part, c.tombstones[i].stretch(k.part)); err != nil {
			return err
		}
	}
	if err := c.applyGone(tx, k); err != nil {
		return err
	}
	items := make([]store.Item, 0, min(settleBatch, c.lives))
	for batch := range slices.Chunk(c.sorted(func(r *row) bool { return r.live }), settleBatch) {
		items = items[:0]
		for _, r := range batch {
			it := r.item()
			it.New = !r.below
			items = append(items, it)
		}
		if _, err := tx.PutItems(k.id, k.part, items...); err != nil {
			return err
		}
	}
	return nil
}

// stamp passes down when a head was put.
func stamp(tx store.BaseTx, e *headEntry) {
	if s, ok := tx.(store.Stamper); ok {
		s.Stamp(e.stored)
	}
}
