package store

// scan calls visit with about n items of a hashed part from a cursor on, and returns the
// cursor to go on from, 0 at the end. The cursor is an item's hash, so it outlives any change;
// items of equal hash come together. Redis gives a collection in a compact encoding at once
// whatever the cursor and n, and clients rely on it: whole asks for that.
func (h *handle) scan(p Part, whole bool, from Cursor, n int64, visit func(Item)) (Cursor, error) {
	if whole || h.packed() {
		return 0, h.visitAll(p, visit)
	}
	if !h.Exists() || from >= 1<<HashBits {
		return 0, nil
	}
	r := Range{Min: Bound{Edge: Inclusive, Pos: int64(from)}}
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

func (h *handle) visitAll(p Part, visit func(Item)) error {
	for it, err := range h.items(p) {
		if err != nil {
			return err
		}
		visit(it)
	}
	return nil
}

// remove deletes items by field and returns how many were there.
func (h *handle) remove(p Part, fields ...[]byte) (int64, error) {
	ch, err := h.dropFields(p, fields...)
	if err != nil || ch.Count == 0 {
		return 0, err
	}
	return -ch.Count, h.finish(ch)
}
