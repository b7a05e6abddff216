package journal

import (
	"bytes"
	"slices"

	"larder/store"
)

// largeRange is the number of items past which DropRange leaves the overlay. What shorter
// ones hide may make a generation outgrow its bound by as much: see writer.room.
const largeRange = 32 << 10

// DropRange hides the items of a range without looking again for what the range itself has
// shown. A long range leaves the overlay.
func (w *writer) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	if single(p, r) { // how lists are popped: neither counted nor put in order
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
	if n == 0 || w.dropped+n > largeRange {
		var err error
		if n, err = w.Count(id, p, r); err != nil || n == 0 {
			return store.Change{}, err
		}
	}
	if w.dropped+n > largeRange {
		return store.Change{}, w.tooLarge()
	}
	doomed, err := w.doomed(id, p, r, n)
	if err != nil {
		return store.Change{}, err
	}
	if len(doomed) == 0 {
		return store.Change{}, nil
	}
	return w.hideAll(id, p, r, doomed), w.room()
}

func single(p store.Part, r store.Range) bool {
	return p.Class() == store.Placed && r.Skip == 0 &&
		r.Min.Edge == store.Inclusive && r.Max.Edge == store.Inclusive && r.Min.Pos == r.Max.Pos
}

// doomed is an item that a DropRange hides, and what it counted for.
type doomed struct {
	item store.Item // without its value
	size int64
}

// doomed lists a range.
func (w *writer) doomed(id store.ID, p store.Part, r store.Range, n int64) ([]doomed, error) {
	list := make([]doomed, 0, min(n, 1024))
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

// hideAll hides items that are known to be there. The record holds the range: replay finds
// the same items in it.
func (w *writer) hideAll(id store.ID, p store.Part, r store.Range, list []doomed) (ch store.Change) {
	c, key := w.layer.openColl(id, p), collKey{id, p}
	for _, d := range list {
		ch = ch.Plus(store.Change{Count: -1, Bytes: -d.size})
		if mine := c.find(d.item.Pos, d.item.Field); mine != nil {
			w.removeRow(c, key, mine)
			continue
		}
		hides := newRow(p, store.Item{Pos: d.item.Pos, Field: d.item.Field})
		hides.below, hides.oldScore = true, d.item.Score
		w.addRow(c, key, hides)
	}
	w.wrote = true
	w.dropped += int64(len(list))
	w.rec.dropRange(id, p, r)
	return ch
}

// runMin is the number of deletions from which on it pays to look whether they are all there
// is between the first and the last.
const runMin = 64

// applyGone deletes what the coll hides below, ranges in one go.
func (c *coll) applyGone(tx store.BaseTx, k collKey) error {
	gone := c.sorted(func(r *row) bool { return r.below && !r.live })
	by := rankOrder(k.part)
	if !counted(k.part, by) {
		return dropRows(tx, k, gone)
	}
	if by == store.ByScore {
		slices.SortFunc(gone, oldScoreCompare)
	}
	return dropRuns(tx, k, by, gone)
}

// dropRuns deletes rows that are sorted: as a range if nothing else lies between them, else
// in halves while they are at least half of what does.
func dropRuns(tx store.BaseTx, k collKey, by store.Order, rows []*row) error {
	if len(rows) < runMin {
		return dropRows(tx, k, rows)
	}
	r := store.Range{Order: by, Min: goneBound(rows[0]), Max: goneBound(rows[len(rows)-1])}
	n, err := tx.Count(k.id, k.part, r)
	switch {
	case err != nil:
		return err
	case n == int64(len(rows)):
		_, err = tx.DropRange(k.id, k.part, r)
		return err
	case n > 2*int64(len(rows)):
		return dropRows(tx, k, rows)
	}
	half := len(rows) / 2
	if err := dropRuns(tx, k, by, rows[:half]); err != nil {
		return err
	}
	return dropRuns(tx, k, by, rows[half:])
}

func goneBound(r *row) store.Bound {
	it := r.item()
	it.Score = r.oldScore
	return boundAt(it)
}

// dropRows deletes rows below one by one.
func dropRows(tx store.BaseTx, k collKey, rows []*row) (err error) {
	if k.part.Class() == store.Placed {
		for _, r := range rows {
			if _, err = tx.DropRange(k.id, k.part, store.Positions(r.pos, r.pos)); err != nil {
				return err
			}
		}
		return nil
	}
	for batch := range slices.Chunk(rows, settleBatch) {
		fields := make([][]byte, len(batch))
		for i, r := range batch {
			fields[i] = r.field()
		}
		if _, err = tx.DropItems(k.id, k.part, fields...); err != nil {
			return err
		}
	}
	return nil
}
