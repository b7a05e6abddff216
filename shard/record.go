package shard

import (
	"bytes"

	"larder/store"
)

// recordLimit bounds the bytes a record keeps. A larger transaction is begun anew if an engine wants to run its
// part again before any shard has committed, and fails if one has: keeping gigabytes for a case that
// only a conflict on a shard nobody else may write to could bring would cost more than it is worth.
const recordLimit = 16 << 20

// record is what a transaction over several shards wrote, by shard, in order, in the shards' own ids. The
// goroutine of the transaction owns it. A nil record, a View's, keeps nothing.
type record struct {
	writes    [][]write
	met       []map[store.ID]bool
	size      int
	overflown bool
}

// write does one thing again. ids leads from an id of the first run to the one that stands for it now.
type write func(tx store.Tx, ids map[store.ID]store.ID) error

func newRecord(shards int) *record {
	r := &record{writes: make([][]write, shards), met: make([]map[store.ID]bool, shards)}
	for i := range r.met {
		r.met[i] = map[store.ID]bool{}
	}
	return r
}

// replay does everything again that was done on a shard.
func (r *record) replay(shard int, tx store.Tx) error {
	ids := map[store.ID]store.ID{}
	for _, w := range r.writes[shard] {
		if err := w(tx, ids); err != nil {
			return err
		}
	}
	return nil
}

// add keeps a write that holds on to size bytes.
func (r *record) add(shard, size int, w write) {
	r.size += size + 64
	if r.size > recordLimit {
		r.overflown, r.writes, r.met = true, nil, nil
	}
	if !r.overflown {
		r.writes[shard] = append(r.writes[shard], w)
	}
}

// off reports whether there is no point in copying what a write is made of.
func (r *record) off() bool { return r == nil || r.overflown }

func now(ids map[store.ID]store.ID, id store.ID) store.ID {
	if moved, ok := ids[id]; ok {
		return moved
	}
	return id
}

func copyKey(k store.Key) store.Key { return store.Key{DB: k.DB, Name: bytes.Clone(k.Name)} }

// meet records the reading of a head that owns items: an engine may want to have shown an id before
// its items are written.
func (r *record) meet(shard int, k store.Key, id store.ID) {
	if r.off() || id == 0 || r.met[shard][id] {
		return
	}
	r.met[shard][id] = true
	k = copyKey(k)
	r.add(shard, len(k.Name)+32, func(tx store.Tx, _ map[store.ID]store.ID) error {
		_, err := tx.Heads(nil, k)
		return err
	})
}

func (r *record) putHead(shard int, k store.Key, h store.Head) {
	if r.off() {
		return
	}
	k, h.Value = copyKey(k), bytes.Clone(h.Value)
	r.add(shard, len(k.Name)+len(h.Value)+80, func(tx store.Tx, ids map[store.ID]store.ID) error {
		again := h
		again.ID = now(ids, h.ID)
		return tx.PutHead(k, again)
	})
}

func (r *record) newID(shard int, k store.Key, id store.ID) {
	if r.off() {
		return
	}
	k = copyKey(k)
	r.add(shard, len(k.Name), func(tx store.Tx, ids map[store.ID]store.ID) (err error) {
		ids[id], err = tx.NewID(k)
		return err
	})
}

func (r *record) drop(shard int, keys []store.Key) {
	if r.off() {
		return
	}
	kept, size := make([]store.Key, len(keys)), 0
	for i, k := range keys {
		kept[i] = copyKey(k)
		size += len(k.Name) + 40
	}
	r.add(shard, size, func(tx store.Tx, _ map[store.ID]store.ID) error {
		_, err := tx.Drop(kept...)
		return err
	})
}

func (r *record) detach(shard int, k store.Key) {
	if r.off() {
		return
	}
	k = copyKey(k)
	r.add(shard, len(k.Name), func(tx store.Tx, _ map[store.ID]store.ID) error { return tx.Detach(k) })
}

func (r *record) putItems(shard int, id store.ID, p store.Part, items []store.Item) {
	if r.off() {
		return
	}
	kept, size := make([]store.Item, len(items)), 0
	for i, it := range items {
		it.Field, it.Value = bytes.Clone(it.Field), bytes.Clone(it.Value)
		kept[i] = it
		size += len(it.Field) + len(it.Value) + 80
	}
	r.add(shard, size, func(tx store.Tx, ids map[store.ID]store.ID) error {
		_, err := tx.PutItems(now(ids, id), p, kept...)
		return err
	})
}

func (r *record) dropItems(shard int, id store.ID, p store.Part, fields [][]byte) {
	if r.off() {
		return
	}
	kept, size := make([][]byte, len(fields)), 0
	for i, f := range fields {
		kept[i] = bytes.Clone(f)
		size += len(f) + 24
	}
	r.add(shard, size, func(tx store.Tx, ids map[store.ID]store.ID) error {
		_, err := tx.DropItems(now(ids, id), p, kept...)
		return err
	})
}

func (r *record) dropRange(shard int, id store.ID, p store.Part, span store.Range) {
	if r.off() {
		return
	}
	span.Min.Field, span.Max.Field = bytes.Clone(span.Min.Field), bytes.Clone(span.Max.Field)
	r.add(shard, len(span.Min.Field)+len(span.Max.Field)+120, func(tx store.Tx, ids map[store.ID]store.ID) error {
		_, err := tx.DropRange(now(ids, id), p, span)
		return err
	})
}

func (r *record) flush(shard, db int) {
	if r.off() {
		return
	}
	r.add(shard, 0, func(tx store.Tx, _ map[store.ID]store.ID) error { return tx.Flush(db) })
}

func (r *record) swap(shard, a, b int) {
	if r.off() {
		return
	}
	r.add(shard, 0, func(tx store.Tx, _ map[store.ID]store.ID) error { return tx.Swap(a, b) })
}
