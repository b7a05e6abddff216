package memory

import (
	"bytes"
	"math/rand/v2"

	"larder/store"
)

// readID checks that fn may read items of id; 0 owns none and may always be asked.
func (t *tx) readID(id store.ID) error {
	if _, ok := t.known[id]; !ok && id != 0 && !t.engine.base {
		return store.ErrScope
	}
	return t.readable()
}

func (t *tx) writeID(id store.ID) error {
	if err := t.writable(); err != nil {
		return err
	}
	if t.engine.base {
		return nil
	}
	if _, ok := t.known[id]; !ok {
		return store.ErrScope
	}
	_, owned := t.st.owned.Get(id)
	if _, loose := t.loose[id]; !owned && !loose {
		return misuse("items of id %d written after its key was dropped", id)
	}
	if t.reading[id] > 0 {
		return misuse("items of id %d written inside a loop over them", id)
	}
	return nil
}

func byField(p store.Part) error {
	if p.Class() == store.Placed {
		return misuse("part %d has no fields", p)
	}
	return nil
}

// place returns where a field stands in a part's natural order.
func (t *tx) place(p store.Part, field []byte) int64 {
	if p.Class() == store.Hashed {
		return int64(t.engine.hash(field))
	}
	return 0
}

func (t *tx) find(id store.ID, p store.Part, field []byte) *itemRow {
	at := store.Item{Pos: t.place(p, field), Field: field}
	r, _ := t.st.items.Get(&itemRow{id: id, part: p, item: at})
	return r
}

// Items answers in the order asked; a field that is not there keeps its name.
func (t *tx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	if err := firstError(t.readID(id), byField(p)); err != nil {
		return dst, err
	}
	for _, f := range fields {
		it := store.Item{Field: f}
		if r := t.find(id, p, f); r != nil {
			it = t.lendItem(r.item)
			it.Found = true
		}
		dst = append(dst, it)
	}
	return dst, nil
}

// PutItems takes what the part's class does not use as absent.
func (t *tx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	var total store.Change
	if err := t.writeID(id); err != nil {
		return total, err
	}
	for _, it := range items {
		if p.Scored() && len(it.Value) > 0 {
			return total, misuse("item of a scored part with a value")
		}
		row := &itemRow{id: id, part: p, item: t.normal(p, it)}
		ch := store.Change{Count: 1, Bytes: store.ItemBytes(row.item)}
		old, ok := t.st.items.Get(row)
		if !it.Changed.Empty() && (!ok || !sameBut(it.Changed, row.item.Value, old.item.Value)) {
			return total, misuse("item that has changed beyond what was said")
		}
		if ok {
			ch = ch.Plus(store.Change{Count: -1, Bytes: -store.ItemBytes(old.item)})
			t.st.removeItem(old)
		}
		t.st.items.Set(row)
		if p.Scored() {
			t.st.scores.Set(row)
		}
		total = total.Plus(ch)
	}
	return total, nil
}

// sameBut reports whether a value is what was there but for what is said to have changed.
func sameBut(changed store.Piece, value, was []byte) bool {
	from, to := int(changed.From), int(changed.To)
	if to > len(value) || len(value) < len(was) || len(value) > len(was) && to != len(value) || from > len(was) {
		return false
	}
	return bytes.Equal(value[:from], was[:from]) && (to >= len(was) || bytes.Equal(value[to:len(was)], was[to:]))
}

// normal copies an item in the form its part keeps.
func (t *tx) normal(p store.Part, it store.Item) store.Item {
	kept := store.Item{Pos: it.Pos, Value: bytes.Clone(it.Value)}
	if p.Class() != store.Placed {
		kept.Pos, kept.Field = t.place(p, it.Field), bytes.Clone(it.Field)
	}
	if p.Scored() {
		kept.Score = it.Score
	}
	return kept
}

// DropItems skips fields that are not there.
func (t *tx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	var total store.Change
	if err := firstError(t.writeID(id), byField(p)); err != nil {
		return total, err
	}
	for _, f := range fields {
		if r := t.find(id, p, f); r != nil {
			total = total.Plus(t.dropRow(r))
		}
	}
	return total, nil
}

func (t *tx) dropRow(r *itemRow) store.Change {
	t.st.removeItem(r)
	return store.Change{Count: -1, Bytes: -store.ItemBytes(r.item)}
}

// DropRange finds the rows first and deletes them then.
func (t *tx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	var total store.Change
	if err := t.writeID(id); err != nil {
		return total, err
	}
	var doomed []*itemRow
	if err := t.each(id, p, r, func(row *itemRow) bool {
		doomed = append(doomed, row)
		return true
	}); err != nil {
		return total, err
	}
	for _, row := range doomed {
		total = total.Plus(t.dropRow(row))
	}
	return total, nil
}

// Weigh adds up row by row.
func (t *tx) Weigh(id store.ID, p store.Part, r store.Range) (sum store.Change, err error) {
	if err := t.readID(id); err != nil {
		return sum, err
	}
	err = t.each(id, p, r, func(row *itemRow) bool {
		sum = sum.Plus(store.Change{Count: 1, Bytes: store.ItemBytes(row.item)})
		return true
	})
	return sum, err
}

// Random lists the part and draws from the list.
func (t *tx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	if err := t.readID(id); err != nil {
		return nil, err
	}
	var rows []*itemRow
	if err := t.each(id, p, store.Range{}, func(row *itemRow) bool {
		rows = append(rows, row)
		return true
	}); err != nil {
		return nil, err
	}
	if int64(len(rows)) != size {
		return nil, misuse("part %d of id %d has %d items, not %d", p, id, len(rows), size)
	}
	var drawn []store.Item
	for range n {
		if size > 0 {
			drawn = append(drawn, t.lendItem(rows[rand.IntN(len(rows))].item))
		}
	}
	return drawn, nil
}
