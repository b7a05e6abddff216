package shard

import (
	"larder/store"
	"larder/store/memtable"
)

// writer is the transaction of a command that writes: it puts absolute writes into the
// group's layer and, in the same order, into the group's record. It belongs to the
// leader of the group.
type writer struct {
	memtable.Writer
	shard  *Shard
	rec    recorder
	strait strait
	points []mark     // the savepoints of the present job
	wrote  bool       // the present job has written
	dbs    *numbering // the last that was written here, or nil; for replay
	replay bool       // a record is replayed
	large  bool       // the present job is too large, whatever error it makes of being told so
}

// NewID hands out the shard's next id.
func (w *writer) NewID(k store.Key) (store.ID, error) {
	id := w.shard.newID()
	w.Give(id)
	return id, nil
}

// PutHead never reads below: a SET of a key that is not in the memtable costs no page.
func (w *writer) PutHead(k store.Key, h store.Head) error {
	grows, err := w.growing(k, &h)
	if err == nil {
		err = w.strait.admit(grows)
	}
	if err != nil {
		return err
	}
	w.wrote = true
	w.noteReplayed(h.ID)
	if err := w.Put(k, h); err != nil {
		return err
	}
	w.rec.putHead(k, h, grows)
	return w.room()
}

// noteReplayed keeps the counter above an id that a record which is replayed has made. A stream may have none but in
// its head, so heads count as items do. Records of before recorder.loose do not tell of ids that have lost their head.
func (w *writer) noteReplayed(id store.ID) {
	if w.replay && id >= w.shard.nextID && id < store.Foreign {
		w.shard.noteID(id)
		w.Give(id)
	}
}

// room refuses what would make the memtable outgrow its bound. What DropRanges hide does not
// count: it is bounded by hiddenMost, and settling all there is would take longer.
func (w *writer) room() error {
	if w.Bytes() > w.shard.limit {
		return w.tooLarge()
	}
	return nil
}

// tooLarge has the engine run the transaction again without the memtable, straight on the
// base: it writes more than the memtable should hold, or exchanges databases.
func (w *writer) tooLarge() error {
	w.large = true
	return store.ErrAgain
}

// Drop hides the heads; their items are orphaned when the generation settles.
func (w *writer) Drop(keys ...store.Key) (int, error) {
	n := 0
	now := w.Now().UnixMilli()
	for _, k := range keys {
		h, there, err := w.Row(k)
		if err != nil {
			return n, err
		}
		if !there {
			continue
		}
		if err := w.hide(k, &h); err != nil {
			return n, err
		}
		w.rec.drop(k)
		if !h.Expired(now) {
			n++
		}
	}
	return n, w.room()
}

// hide records that a key is gone. was is its head if the caller has looked.
func (w *writer) hide(k store.Key, was *store.Head) error {
	if err := w.strait.admit(false); err != nil {
		return err
	}
	w.wrote = true
	return w.Hide(k, was)
}

// Expire drops the keys whose own time has passed.
func (w *writer) Expire(keys ...store.Key) (int, error) {
	n := 0
	now := w.Now().UnixMilli()
	for _, k := range keys {
		h, there, err := w.Row(k)
		if err != nil {
			return n, err
		}
		if there && h.Outlived(now) {
			if err := w.hide(k, &h); err != nil {
				return n, err
			}
			w.rec.drop(k)
			n++
		}
	}
	return n, w.room()
}

// Unlink hides the head as Drop does, and keeps its id for the next head that names it.
func (w *writer) Unlink(k store.Key) error {
	if err := w.strait.admit(false); err != nil {
		return err
	}
	w.wrote = true
	if err := w.Writer.Unlink(k); err != nil {
		return err
	}
	w.rec.unlink(k)
	return w.room()
}

// Move is within the shard.
func (w *writer) Move(from, to store.Key, h store.Head) error {
	if err := w.Unlink(from); err != nil {
		return err
	}
	return w.PutHead(to, h)
}

// Orphan has the items of ids of this shard swept whose last key was another shard's.
func (w *writer) Orphan(ids ...store.ID) error {
	w.wrote = true
	w.End(ids)
	w.rec.ids(opOrphan, ids)
	return nil
}

// Told forgets ids of other shards, which know by now that they are orphans.
func (w *writer) Told(ids ...store.ID) error {
	w.wrote = true
	w.Tell(ids)
	w.rec.ids(opTold, ids)
	return nil
}

// Adopt notes that an id of this shard comes back from another.
func (w *writer) Adopt(id store.ID) error {
	w.wrote = true
	w.Writer.Adopt(id)
	w.rec.ids(opAdopt, []store.ID{id})
	return nil
}

// Rank has the items of an id counted whose key is another shard's.
func (w *writer) Rank(id store.ID) error {
	if w.CountItems(id) {
		w.wrote = true
		w.rec.ids(opRank, []store.ID{id})
	}
	return nil
}

// PutItems must know whether each item is new, so it looks below for those that the layer
// does not have; an id that was made in this generation has nothing below.
func (w *writer) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	grows, err := w.lengthens(id, p, items)
	if err == nil {
		err = w.strait.admit(grows)
	}
	if err != nil {
		return store.Change{}, err
	}
	w.wrote = true
	w.noteReplayed(id)
	rows := w.Rows(id, p)
	var ch store.Change
	for i := range items {
		it := w.Normal(p, items[i])
		more, err := rows.Put(it, items[i].New)
		if err != nil {
			return ch, err
		}
		ch = ch.Plus(more)
		if it.Changed = items[i].Changed; it.Changed.Empty() {
			w.rec.putItem(id, p, it, grows)
		} else {
			w.rec.patch(id, p, it, grows)
		}
	}
	return ch, w.room()
}

// DropItems hides items, one lookup below for each that the layer does not have.
func (w *writer) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	var ch store.Change
	for _, f := range fields {
		it := w.Normal(p, store.Item{Field: f})
		gone, err := w.dropItem(id, p, it)
		if err != nil {
			return ch, err
		}
		ch = ch.Plus(gone)
	}
	return ch, w.room()
}

func (w *writer) dropItem(id store.ID, p store.Part, it store.Item) (ch store.Change, err error) {
	if err := w.strait.admit(false); err != nil {
		return ch, err
	}
	ch, hidden, err := w.Rows(id, p).Hide(it)
	if err != nil || !hidden {
		return ch, err
	}
	w.wrote = true
	w.rec.dropItem(id, p, it)
	return ch, nil
}

// Flush empties a database, unless the group has moved an id between keys: see Writer.Moved.
func (w *writer) Flush(db int) error {
	if w.Moved() {
		return w.tooLarge()
	}
	w.wrote = true
	w.Empty(db)
	w.rec.flush(db)
	return nil
}

// Swap exchanges whole databases, as logs before the numbering say: it leaves the memtable.
func (w *writer) Swap(int, int) error {
	return w.tooLarge()
}
