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
	dead, given, err := l.lost, []store.ID(nil), error(nil)
	if l.moved {
		dead, given, err = l.applyMoved(tx)
	} else {
		err = l.applyHeads(tx)
	}
	if err != nil {
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
	return tx.Orphan(given...)
}

// applyHeads writes the heads of a layer in which no id has moved to another key.
func (l *Layer) applyHeads(tx store.BaseTx) (err error) {
	for _, e := range l.sorted() {
		if e.live() {
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

// applyMoved writes the heads of a layer with renames: a renamed key's id is lost under the old name and found under
// the new. It returns the ids that lost their head and found no other in this layer, and those among them that the base
// does not know to be orphans: it has orphaned what its own heads gave up and what was flushed.
func (l *Layer) applyMoved(tx store.BaseTx) (dead map[store.ID]struct{}, given []store.ID, err error) {
	dead = maps.Clone(l.lost)
	heads := l.sorted()
	for _, e := range heads {
		old, err := detachOld(tx, e)
		if err != nil {
			return nil, nil, err
		}
		if old != 0 {
			dead[old] = struct{}{}
			given = append(given, old)
		}
	}
	for _, e := range heads {
		if !e.live() {
			continue
		}
		delete(dead, e.id)
		stamp(tx, e)
		if err := tx.PutHead(e.key(), e.head()); err != nil {
			return nil, nil, err
		}
	}
	given = slices.DeleteFunc(given, func(id store.ID) bool { _, gone := dead[id]; return !gone })
	return dead, given, nil
}

// detachOld takes the head below away if the layer's differs in its id, and returns the
// id it held.
func detachOld(tx store.BaseTx, e *headEntry) (store.ID, error) {
	h, there, err := tx.Row(e.key())
	if err != nil || !there || e.live() && h.ID == e.id {
		return 0, err
	}
	return h.ID, tx.Unlink(e.key())
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
	if err := c.applyGone(tx, k); err != nil {
		return err
	}
	items := make([]store.Item, 0, min(settleBatch, c.lives))
	for batch := range slices.Chunk(c.sorted(func(r *row) bool { return r.live }), settleBatch) {
		items = items[:0]
		for _, r := range batch {
			items = append(items, r.item())
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
