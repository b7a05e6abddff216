package journal

import (
	"iter"

	"larder/store"
)

// writer is the transaction of a command that writes: it puts absolute writes into the
// group's layer and, in the same order, into the group's record. It belongs to the
// leader of the group.
type writer struct {
	merged
	engine *Engine
	now    *generations // what lies under the group
	rec    recorder
	undo   undo
	strait strait
	points []mark // the savepoints of the present job
	wrote  bool   // the present job has written
	large  bool   // the present job is too large, whatever error it makes of being told so
	// shown is the last placed item that a range has shown: who pops a list reads its end and then drops it. What
	// lies below the group does not change while it runs.
	shown   store.Item
	shownIn collKey
	// dropped is the number of items that the group's DropRanges hide.
	dropped int64
}

// NewID hands out the shard's next id.
func (w *writer) NewID(k store.Key) (store.ID, error) {
	id := w.engine.newID()
	w.layer.fresh = append(w.layer.fresh, id)
	return id, nil
}

// PutHead never reads below: a SET of a key that is not in the overlay costs no page.
func (w *writer) PutHead(k store.Key, h store.Head) error {
	if err := w.strait.admit(growing(h)); err != nil {
		return err
	}
	w.wrote = true
	w.noteReplayed(h.ID)
	old := w.layer.head(k)
	if old == nil {
		w.noteLost(k, h.ID)
	}
	e := w.setHead(k, h)
	e.stored = w.Now().UnixMilli()
	if old == nil {
		if err := w.noteBelow(e, k); err != nil {
			return err
		}
	}
	w.rec.putHead(k, h)
	return w.room()
}

// noteReplayed keeps the counter above an id that a record which is replayed has made. A stream may have none but in its
// head, so heads count as items do.
func (w *writer) noteReplayed(id store.ID) {
	if id >= w.engine.nextID {
		w.engine.noteID(id)
		w.layer.fresh = append(w.layer.fresh, id)
	}
}

// noteLost records the id that a head of the generation being filled gives up; an id
// further below is found when that generation settles.
func (w *writer) noteLost(k store.Key, id store.ID) {
	e := w.now.head(k)
	if w.layer.emptied[k.DB] || e == nil || e.id == 0 || e.id == id {
		return
	}
	if _, known := w.layer.lost[e.id]; !known {
		w.losing(e.id)
		w.layer.lost[e.id] = struct{}{}
	}
}

func (w *writer) position(k store.Key) store.Cursor {
	return store.Position(k.Name, w.hash(k.Name))
}

// room refuses what would make the overlay outgrow its bound. What DropRanges hide does not
// count: it is bounded by largeRange, and settling all there is would take longer.
func (w *writer) room() error {
	if w.layer.bytes-w.dropped*rowBytes > w.engine.limit {
		return w.tooLarge()
	}
	return nil
}

// tooLarge has the engine run the transaction again without the overlay, straight on the
// base: it writes more than the overlay should hold, or exchanges databases.
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
	if w.layer.head(k) != nil {
		w.setHead(k, store.Head{})
		return nil
	}
	w.noteLost(k, 0)
	e := w.setHead(k, store.Head{})
	if was == nil {
		return w.noteBelow(e, k)
	}
	w.layer.lies(e, was, true)
	return nil
}

// Expire drops the keys whose time has passed.
func (w *writer) Expire(keys ...store.Key) (int, error) {
	n := 0
	now := w.Now().UnixMilli()
	for _, k := range keys {
		h, there, err := w.Row(k)
		if err != nil {
			return n, err
		}
		if there && h.Expired(now) {
			if err := w.hide(k, &h); err != nil {
				return n, err
			}
			w.rec.drop(k)
			n++
		}
	}
	return n, w.room()
}

// Detach hides the head as Drop does: an id is only orphaned if no head names it when the
// generation settles.
func (w *writer) Detach(k store.Key) error {
	if err := w.hide(k, nil); err != nil {
		return err
	}
	w.layer.moved = true
	w.rec.detach(k)
	return w.room()
}

// Unlink is Detach, which looks at no clock here: replay uses it.
func (w *writer) Unlink(k store.Key) error { return w.Detach(k) }

// PutItems must know whether each item is new, so it looks below for those that the layer
// does not have; an id that was made in this generation has nothing below.
func (w *writer) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	if err := w.strait.admit(true); err != nil {
		return store.Change{}, err
	}
	w.wrote = true
	w.noteReplayed(id)
	c, key := w.layer.openColl(id, p), collKey{id, p}
	var ch store.Change
	for i := range items {
		it := w.normal(p, items[i])
		r := c.find(it.Pos, it.Field)
		if r != nil {
			ch = ch.Plus(w.overwrite(c, key, r, it))
		} else {
			var old store.Item
			if !items[i].New {
				found, err := w.itemBelow(id, p, it)
				if err != nil {
					return ch, err
				}
				old = found
			}
			r = newRow(p, it)
			r.live = true
			ch = ch.Plus(w.enter(c, key, r, old))
		}
		w.rec.putItem(id, p, it)
	}
	return ch, w.room()
}

// normal gives an item its place.
func (w *writer) normal(p store.Part, it store.Item) store.Item {
	clean := store.Item{Field: it.Field, Value: it.Value}
	switch p.Class() {
	case store.Hashed:
		clean.Pos = w.hash(it.Field)
	case store.Placed:
		clean.Pos, clean.Field = it.Pos, nil
	}
	if p.Scored() {
		clean.Score = it.Score + 0 // -0 becomes 0, as in the tables
	}
	return clean
}

// Range remembers what it has shown of a list.
func (w *writer) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	rows := w.merged.Range(id, p, r)
	if p.Class() != store.Placed {
		return rows
	}
	return func(yield func(store.Item, error) bool) {
		for it, err := range rows {
			w.shown, w.shownIn = it, collKey{id, p}
			c := w.layer.coll(id, p)
			w.shown.Found = err == nil && (c == nil || c.find(it.Pos, nil) == nil) // else it is the group's own
			if !yield(it, err) {
				return
			}
		}
	}
}

func (w *writer) itemBelow(id store.ID, p store.Part, it store.Item) (store.Item, error) {
	if id >= w.engine.firstID && !w.now.mentions(id, p) {
		return store.Item{}, nil
	}
	if w.shown.Found && w.shownIn == (collKey{id, p}) && w.shown.Pos == it.Pos {
		return w.shown, nil
	}
	if p.Class() == store.Placed {
		for found, err := range w.low.Range(id, p, store.Positions(it.Pos, it.Pos)) {
			found.Found = err == nil
			return found, err
		}
		return store.Item{}, nil
	}
	found, err := w.low.Items(nil, id, p, it.Field)
	if err != nil {
		return store.Item{}, err
	}
	return found[0], nil
}

// enter takes in a row that the group has not had, over what lies below it if that was found.
func (w *writer) enter(c *coll, k collKey, r *row, old store.Item) (ch store.Change) {
	if old.Found {
		r.below, r.oldScore = true, old.Score
		ch = store.Change{Count: -1, Bytes: -store.ItemBytes(old)}
	}
	w.addRow(c, k, r)
	return ch.Plus(changeOf(r))
}

// overwrite gives a row of the group a new item.
func (w *writer) overwrite(c *coll, k collKey, r *row, it store.Item) store.Change {
	was, before := changeOf(r), r.bytes()
	w.changing(c, k, r)
	c.put(r, it)
	w.layer.bytes += r.bytes() - before
	return changeOf(r).Minus(was)
}

// changeOf is what a row counts for.
func changeOf(r *row) store.Change {
	if !r.live {
		return store.Change{}
	}
	return store.Change{Count: 1, Bytes: store.ItemBytes(r.item())}
}

// DropItems hides items, one lookup below for each that the layer does not have.
func (w *writer) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	var ch store.Change
	for _, f := range fields {
		it := w.normal(p, store.Item{Field: f})
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
	c, key := w.layer.openColl(id, p), collKey{id, p}
	if r := c.find(it.Pos, it.Field); r != nil {
		if !r.live {
			return ch, nil
		}
		ch = ch.Minus(changeOf(r))
		w.removeRow(c, key, r)
	} else {
		old, err := w.itemBelow(id, p, it)
		if err != nil || !old.Found {
			return ch, err
		}
		ch = w.enter(c, key, newRow(p, it), old)
	}
	w.wrote = true
	w.rec.dropItem(id, p, it)
	return ch, nil
}

// Swap exchanges whole databases: it leaves the overlay.
func (w *writer) Swap(int, int) error {
	return w.tooLarge()
}
