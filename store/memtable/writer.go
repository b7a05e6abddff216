package memtable

import (
	"bytes"
	"iter"

	"larder/store"
)

// Writer is a transaction that puts absolute writes into the layer of a group, over what the layers below and the base
// show. It can take back what it has written: see Point. It reads through Merged; the writing methods of store.Tx are
// its caller's, which also logs them. It belongs to the leader of the group.
type Writer struct {
	Merged
	stack *Stack // what lies under the group
	undo  undo
	// made: ids from here on were made in the growing layers.
	made store.ID
	// exact has every entry told what it replaces.
	exact bool
	// seen is the last head that was read below the group: who writes a key has mostly just read it.
	seen seenHead
	// shown is the last placed item that a range has shown: who pops a list reads its end and then drops it. What
	// lies below the group does not change while it runs.
	shown   store.Item
	shownIn collKey
	// dropped is the number of items that the group's HideRanges hide.
	dropped int64
}

// Under is what lies under a group's layer.
type Under struct {
	Stack *Stack
	// Low shows the layers over the base: see Stack.Over.
	Low  store.BaseTx
	Hash func([]byte) int64 // the base's
	// Made: ids from here on were made in the growing layers, so that nothing of them lies in the base.
	Made store.ID
	// Exact has a blind write look up what it replaces in the base.
	Exact bool
}

// seenHead is what a key's row below a group counts for. Its name is a copy, or empty for none.
type seenHead struct {
	db            int
	name          []byte
	bytes, expire int64
	there         bool
}

// none forgets what was seen, but for the memory.
func (s seenHead) none() seenHead { return seenHead{name: s.name[:0]} }

// Begin has the writer fill a layer, which is empty.
func (w *Writer) Begin(l *Layer, u Under) {
	w.undo.reset()
	*w = Writer{Merged: Merged{layer: l, low: u.Low, hash: u.Hash}, stack: u.Stack, undo: w.undo, made: u.Made,
		exact: u.Exact, seen: w.seen.none()}
}

// Leave lets go of everything but memory for the next group.
func (w *Writer) Leave() { *w = Writer{undo: w.undo, seen: w.seen.none()} }

// Heads remembers what it has read of a single key, of expired ones as well.
func (w *Writer) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if len(keys) != 1 {
		return w.Merged.Heads(dst, keys...)
	}
	if e := w.layer.head(keys[0]); e != nil {
		return append(dst, w.alive(e)), nil
	}
	h, there, err := w.low.Row(keys[0])
	if err != nil {
		return dst, err
	}
	w.seen = seenHead{keys[0].DB, append(w.seen.name[:0], keys[0].Name...), h.Bytes, h.ExpireAt, there}
	if h.Expired(w.Now().UnixMilli()) {
		h = store.Head{}
	}
	return append(dst, h), nil
}

// Give notes an id that was given out to the group.
func (w *Writer) Give(id store.ID) { w.layer.fresh = append(w.layer.fresh, id) }

// Put sets a key's head. It reads nothing below, unless the count must be exact.
func (w *Writer) Put(k store.Key, h store.Head) error {
	old := w.layer.head(k)
	if old == nil {
		w.noteLost(k, h.ID)
	}
	e := w.setHead(k, h)
	e.stored = w.Now().UnixMilli()
	if old == nil {
		return w.noteBelow(e, k)
	}
	return nil
}

// noteLost records the id that a head of the generation being filled gives up; an id
// further below is found when that generation settles.
func (w *Writer) noteLost(k store.Key, id store.ID) {
	e := w.stack.head(k)
	if w.layer.emptied[k.DB] || e == nil || e.id == 0 || e.id == id {
		return
	}
	if _, known := w.layer.lost[e.id]; !known {
		w.losing(e.id)
		w.layer.lost[e.id] = struct{}{}
	}
}

// noteBelow tells an entry that the group has just got what it replaces: what an older layer
// knows, or what the base has if that was just read or the count must be exact.
func (w *Writer) noteBelow(e *headEntry, k store.Key) error {
	under, gone := w.find(k)
	if under != nil {
		h := under.head()
		w.layer.lies(e, &h, under.live())
		return nil
	}
	if gone {
		w.layer.lies(e, &store.Head{}, false)
		return nil
	}
	if s := &w.seen; s.db == k.DB && len(k.Name) > 0 && bytes.Equal(s.name, k.Name) {
		w.layer.lies(e, &store.Head{Bytes: s.bytes, ExpireAt: s.expire}, s.there)
		return nil
	}
	if !w.exact {
		return nil
	}
	h, there, err := w.low.Row(k)
	if err == nil {
		w.layer.lies(e, &h, there)
	}
	return err
}

// find is the newest entry for a key in any layer under the group's. Without one, gone tells that it was flushed.
func (w *Writer) find(k store.Key) (e *headEntry, gone bool) {
	if w.layer.emptied[k.DB] {
		return nil, true
	}
	return w.stack.find(k)
}

func (w *Writer) position(k store.Key) store.Cursor {
	return store.Position(k.Name, w.hash(k.Name))
}

// Hide records that a key is gone. was is its head if the caller has looked.
func (w *Writer) Hide(k store.Key, was *store.Head) error {
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

// Moved reports whether the group has moved an id between keys. Its layer cannot empty databases any more: the id
// may have left one, and a layer empties before it puts.
func (w *Writer) Moved() bool { return w.layer.moved }

// Empty empties a database.
func (w *Writer) Empty(db int) {
	step := flushUndo{db: db, again: w.layer.emptied[db], low: w.low,
		marks: [3]int{len(w.undo.heads), len(w.undo.rows), len(w.undo.burials)}}
	step.heads, step.colls = w.layer.flush(map[int]bool{db: true})
	w.undo.flushes = append(w.undo.flushes, step)
	if t, ok := w.low.(*emptied); !ok || t.layer != w.layer {
		w.low = &emptied{BaseTx: w.low, layer: w.layer}
	}
}

// Bytes is what the group's layer takes, without the rows that HideRanges hide: the caller of HideRanges bounds
// those.
func (w *Writer) Bytes() int64 { return w.layer.bytes - w.dropped*rowBytes }

// Ranged is the number of items that the group's HideRanges hide.
func (w *Writer) Ranged() int64 { return w.dropped }

// Range remembers what it has shown of a list.
func (w *Writer) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	rows := w.Merged.Range(id, p, r)
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
