package memory

import (
	"bytes"
	"cmp"
	"iter"

	"larder/store"
)

// each calls fn with the rows of a range until it returns false. Rows may be
// written meanwhile: an Update walks a copy of the tree.
func (t *tx) each(id store.ID, p store.Part, r store.Range, fn func(*itemRow) bool) error {
	if r.Order == store.ByScore && !p.Scored() {
		return misuse("part %d has no scores", p)
	}
	skip, taken := r.Skip, int64(0)
	t.walk(id, p, r, func(row *itemRow) bool {
		entered, left := aboveMin(r, row), !belowMax(r, row)
		if r.Reverse {
			entered, left = belowMax(r, row), !aboveMin(r, row)
		}
		switch {
		case row.id != id || row.part != p || left || r.Limit > 0 && taken == r.Limit:
			return false
		case !entered:
			return true
		case skip > 0:
			skip--
			return true
		}
		taken++
		return fn(row)
	})
	return nil
}

// walk goes over a tree in a range's direction, from a row at or before the range's near end.
func (t *tx) walk(id store.ID, p store.Part, r store.Range, fn func(*itemRow) bool) {
	tree := t.st.items
	if r.Order == store.ByScore {
		tree = t.st.scores
	}
	if t.write {
		tree = tree.Copy()
	}
	if r.Reverse {
		tree.Descend(pivot(r, r.Max, p, highest(id, p)), fn)
	} else {
		tree.Ascend(pivot(r, r.Min, p, lowest(id, p)), fn)
	}
}

// pivot narrows a row outside the part to one at the outside of a bound.
func pivot(r store.Range, b store.Bound, p store.Part, outside *itemRow) *itemRow {
	switch {
	case b.Edge == store.Unbounded:
	case r.Order == store.ByScore:
		outside.item.Score = b.Score
		if b.Field != nil {
			outside.edge, outside.item.Field = 0, b.Field
		}
	case p.Class() == store.Named:
		outside.edge, outside.item.Pos, outside.item.Field = 0, 0, b.Field
	default:
		outside.item.Pos = b.Pos
	}
	return outside
}

func aboveMin(r store.Range, row *itemRow) bool {
	c := against(r, row, r.Min)
	return c > 0 || c == 0 && r.Min.Edge != store.Exclusive
}

func belowMax(r store.Range, row *itemRow) bool {
	c := against(r, row, r.Max)
	return c < 0 || c == 0 && r.Max.Edge != store.Exclusive
}

// against compares a row with a bound; no bound compares equal.
func against(r store.Range, row *itemRow, b store.Bound) int {
	it := row.item
	switch {
	case b.Edge == store.Unbounded:
		return 0
	case r.Order == store.ByScore:
		c := cmp.Compare(it.Score, b.Score)
		if c == 0 && b.Field != nil {
			c = bytes.Compare(it.Field, b.Field)
		}
		return c
	case row.part.Class() == store.Named:
		return bytes.Compare(it.Field, b.Field)
	}
	return cmp.Compare(it.Pos, b.Pos)
}

// Range yields every item in the same two buffers, so that one kept too long shows.
func (t *tx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := t.readID(id); err != nil {
			yield(store.Item{}, err)
			return
		}
		t.reading[id]++
		defer func() { t.reading[id]-- }()
		var field, value []byte
		var ended error
		err := t.each(id, p, r, func(row *itemRow) bool {
			spoil(field)
			spoil(value)
			it := row.item
			field, value = append(field[:0], it.Field...), append(value[:0], it.Value...)
			it.Field, it.Value, it.Found = field, value, false
			if ended = t.readable(); ended != nil {
				return false
			}
			return yield(it, nil)
		})
		spoil(field)
		spoil(value)
		if err = firstError(err, ended); err != nil {
			yield(store.Item{}, err)
		}
	}
}

// Count walks the range.
func (t *tx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	if err := t.readID(id); err != nil {
		return 0, err
	}
	n := int64(0)
	err := t.each(id, p, r, func(*itemRow) bool {
		n++
		return true
	})
	return n, err
}
