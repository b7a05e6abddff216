package store

import "iter"

// scan calls visit with about n items of a hashed part from a cursor on, and returns the
// cursor to go on from, 0 at the end. The cursor is an item's hash, so it outlives any change;
// items of equal hash come together. Redis gives a collection in a compact encoding at once
// whatever the cursor and n, and clients rely on it: whole asks for that.
func (h *handle) scan(p Part, whole bool, from Cursor, n int64, visit func(Item)) (Cursor, error) {
	if !h.Exists() || from >= 1<<HashBits && !whole {
		return 0, nil
	}
	r := Range{}
	if whole {
		n = h.Len()
	} else {
		r.Min = Bound{Edge: Inclusive, Pos: int64(from)}
	}
	seen, last := int64(0), int64(-1)
	for it, err := range h.tx.Range(h.head.ID, p, r) {
		if err != nil {
			return 0, err
		}
		if seen >= n && it.Pos != last {
			return Cursor(it.Pos), nil
		}
		visit(it)
		seen++
		last = it.Pos
	}
	return 0, nil
}

// items yields all items of a part, none if the key is absent. Slices are valid until the
// next is asked for, and nothing may be written to the key meanwhile.
func (h *handle) items(p Part) iter.Seq2[Item, error] {
	if !h.Exists() {
		return func(func(Item, error) bool) {}
	}
	return h.tx.Range(h.head.ID, p, Range{})
}

// lookup finds items by field, in order; Found tells which are there.
func (h *handle) lookup(p Part, fields ...[]byte) ([]Item, error) {
	if h.Exists() {
		return h.tx.Items(make([]Item, 0, len(fields)), h.head.ID, p, fields...)
	}
	items := make([]Item, len(fields))
	for i, f := range fields {
		items[i].Field = f
	}
	return items, nil
}

// remove deletes items by field and returns how many were there.
func (h *handle) remove(p Part, fields ...[]byte) (int64, error) {
	if !h.Exists() {
		return 0, nil
	}
	ch, err := h.tx.DropItems(h.head.ID, p, fields...)
	if err != nil || ch.Count == 0 {
		return 0, err
	}
	return -ch.Count, h.save(ch)
}
