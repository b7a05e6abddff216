package memtable

import (
	"slices"

	"larder/store"
)

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
