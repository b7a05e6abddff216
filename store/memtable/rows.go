package memtable

import (
	"bytes"

	"larder/store"
)

// Rows are a group's items of one part of one id, to be written. They belong to their Writer's goroutine.
type Rows struct {
	w   *Writer
	c   *coll
	key collKey
}

// Rows opens a part. Its items come to it as Normal makes them.
func (w *Writer) Rows(id store.ID, p store.Part) Rows {
	return Rows{w: w, c: w.layer.openColl(id, p), key: collKey{id, p}}
}

// Normal gives an item its place.
func (w *Writer) Normal(p store.Part, it store.Item) store.Item {
	clean := store.Item{Field: it.Field, Value: it.Value, Given: it.Given}
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

// Put must know whether the item is new, so unless the caller does it looks below for one that the layer does not
// have; an id that was made in this generation has nothing below.
func (x Rows) Put(it store.Item, isNew bool) (store.Change, error) {
	if r := x.c.find(it.Pos, it.Field); r != nil {
		return x.overwrite(r, it), nil
	}
	var old store.Item
	if !isNew {
		found, err := x.below(it)
		if err != nil {
			return store.Change{}, err
		}
		old = found
	}
	r := newRow(x.key.part, it)
	r.live = true
	return x.enter(r, old), nil
}

// Hide has an item be gone, with one look below if the layer does not have it. hidden is false if it was not there.
func (x Rows) Hide(it store.Item) (ch store.Change, hidden bool, err error) {
	if r := x.c.find(it.Pos, it.Field); r != nil {
		if !r.live {
			return ch, false, nil
		}
		ch = ch.Minus(changeOf(r))
		x.w.removeRow(x.c, x.key, r)
		return ch, true, nil
	}
	old, err := x.below(it)
	if err != nil || !old.Found {
		return ch, false, err
	}
	return x.enter(newRow(x.key.part, it), old), true, nil
}

// below finds what lies below an item that the group does not have.
func (x Rows) below(it store.Item) (store.Item, error) {
	w, id, p := x.w, x.key.id, x.key.part
	if id >= w.made && !w.stack.mentions(id, p) {
		return store.Item{}, nil
	}
	if p.Class() == store.Placed && x.c.tomb(it) != nil {
		return store.Item{}, nil
	}
	if w.shown.Found && w.shownIn == x.key && w.shown.Pos == it.Pos {
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
	if err != nil || x.c.tomb(found[0]) != nil {
		return store.Item{}, err
	}
	return found[0], nil
}

// enter takes in a row that the group has not had, over what lies below it if that was found.
func (x Rows) enter(r *row, old store.Item) (ch store.Change) {
	if old.Found {
		r.below, r.oldScore, r.oldSize = true, old.Score, uint32(store.ItemBytes(old))
		ch = store.Change{Count: -1, Bytes: -store.ItemBytes(old)}
	}
	x.w.addRow(x.c, x.key, r)
	return ch.Plus(changeOf(r))
}

// overwrite gives a row of the group a new item.
func (x Rows) overwrite(r *row, it store.Item) store.Change {
	was, before := changeOf(r), r.bytes()
	x.w.changing(x.c, x.key, r)
	x.c.put(r, it)
	x.w.layer.bytes += r.bytes() - before
	return changeOf(r).Minus(was)
}

// changeOf is what a row counts for.
func changeOf(r *row) store.Change {
	if !r.live {
		return store.Change{}
	}
	return store.Change{Count: 1, Bytes: store.ItemBytes(r.item())}
}

// HideRange hides the items of a range, which are n at most, without looking again for what the range itself has shown.
func (w *Writer) HideRange(id store.ID, p store.Part, r store.Range, n int64) (store.Change, error) {
	list, err := w.doomed(id, p, r, n)
	if err != nil || len(list) == 0 {
		return store.Change{}, err
	}
	return w.Rows(id, p).hideAll(list), nil
}

// doomed is an item that a HideRange hides, and what it counted for.
type doomed struct {
	item store.Item // without its value
	size int64
}

// doomed lists a range.
func (w *Writer) doomed(id store.ID, p store.Part, r store.Range, n int64) ([]doomed, error) {
	list := make([]doomed, 0, min(n, 1024)) // n may be a limit that is far above
	for it, err := range w.Range(id, p, r) {
		if err != nil {
			return nil, err
		}
		d := doomed{store.Item{Pos: it.Pos, Field: bytes.Clone(it.Field), Score: it.Score}, store.ItemBytes(it)}
		if p.Class() == store.Hashed {
			d.item.Pos = w.hash(it.Field)
		}
		list = append(list, d)
	}
	return list, nil
}

// hideAll hides items that are known to be there.
func (x Rows) hideAll(list []doomed) (ch store.Change) {
	for _, d := range list {
		ch = ch.Plus(store.Change{Count: -1, Bytes: -d.size})
		if mine := x.c.find(d.item.Pos, d.item.Field); mine != nil {
			x.w.removeRow(x.c, x.key, mine)
			continue
		}
		hides := newRow(x.key.part, store.Item{Pos: d.item.Pos, Field: d.item.Field})
		hides.below, hides.oldScore, hides.oldSize = true, d.item.Score, uint32(d.size)
		x.w.addRow(x.c, x.key, hides)
	}
	x.w.dropped += int64(len(list))
	return ch
}
