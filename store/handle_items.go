package store

import "iter"

// The methods below read and write the items of a collection as the methods of Tx do, whatever form the collection
// has. An absent key has no items. Writing changes the head in memory only, and returns by how much its length
// changes: see finish.

// walk yields the items of a range. Slices are valid until the next is asked for, and nothing may be written to the
// key meanwhile.
func (h *handle) walk(p Part, r Range) iter.Seq2[Item, error] {
	switch {
	case !h.Exists():
		return func(func(Item, error) bool) {}
	case h.packed():
		return h.walkPacked(p, r)
	}
	return h.tx.Range(h.head.ID, p, r)
}

// items yields all items of a part, in the order in which Redis has them if it has them in one. Fields whose time has
// passed are none.
func (h *handle) items(p Part) iter.Seq2[Item, error] {
	if h.stale() {
		return h.living(h.kept(p))
	}
	return h.kept(p)
}

// itemsTimed is items, with the times of those that expire.
func (h *handle) itemsTimed(p Part) iter.Seq2[Item, error] {
	if h.timed() {
		return h.living(h.kept(p))
	}
	return h.kept(p)
}

// kept is items, with the fields whose time has passed and that are not removed yet.
func (h *handle) kept(p Part) iter.Seq2[Item, error] {
	switch {
	case h.sorts(p):
		return h.sorted(p)
	case p == Scores && h.compact():
		return h.walk(p, Range{Order: ByScore})
	case p == Elements && !h.packed():
		var s listSpan
		if s.parse(h.head.Value) {
			return h.walk(p, Positions(s.first, s.last)) // see ListKey.whole
		}
	}
	return h.walk(p, Range{})
}

// lookup finds items by field, in order; Found tells which are there.
func (h *handle) lookup(p Part, fields ...[]byte) ([]Item, error) {
	items, err := h.find(p, fields)
	if err != nil || !h.stale() {
		return items, err
	}
	return h.alive(items)
}

// lookupTimed is lookup, and Score tells when the fields expire.
func (h *handle) lookupTimed(p Part, fields ...[]byte) ([]Item, error) {
	found, err := h.find(p, fields)
	if err != nil || !h.timed() {
		return found, err
	}
	return h.alive(found)
}

// find is lookup, with the fields whose time has passed; and the times of fields are those that a pack tells.
func (h *handle) find(p Part, fields [][]byte) ([]Item, error) {
	if h.Exists() && !h.packed() {
		items, err := h.tx.Items(make([]Item, 0, len(fields)), h.head.ID, p, fields...)
		return h.bare(items), err
	}
	return h.lookupPacked(p, fields)
}

// put adds or overwrites items.
func (h *handle) put(p Part, items ...Item) (Change, error) {
	switch h.form() {
	case packed:
		return h.putPacked(p, items)
	case numbered:
		return h.putNumbered(p, items)
	}
	if p.expires() && (h.timed() || anyTimed(items)) {
		return h.putTimed(p, items)
	}
	return h.tx.PutItems(h.head.ID, p, items...)
}

// dropFields removes items by field.
func (h *handle) dropFields(p Part, fields ...[]byte) (Change, error) {
	switch {
	case !h.Exists():
		return Change{}, nil
	case h.packed():
		return h.removeFields(p, fields)
	}
	if err := h.dropTimes(fields...); err != nil {
		return Change{}, err
	}
	return h.tx.DropItems(h.head.ID, p, fields...)
}

// dropRange removes the items of a range.
func (h *handle) dropRange(p Part, r Range) (Change, error) {
	switch {
	case !h.Exists():
		return Change{}, nil
	case h.packed():
		return h.removeRange(p, r)
	}
	return h.tx.DropRange(h.head.ID, p, r)
}

// count returns how many items a range has.
func (h *handle) count(p Part, r Range) (int64, error) {
	switch {
	case !h.Exists():
		return 0, nil
	case h.packed():
		return h.countPacked(p, r)
	}
	return h.tx.Count(h.head.ID, p, r)
}

// random returns n items, each drawn uniformly and independently.
func (h *handle) random(p Part, n int) ([]Item, error) {
	if h.packed() {
		return h.drawPacked(p, n)
	}
	items, err := h.tx.Random(h.head.ID, p, h.head.Len, n)
	for i := range items {
		items[i].Found = true
	}
	return h.bare(items), err
}

// Content yields the items of a collection, in Redis's order if it has one, and scored ones by score: for those who
// read any type. Of the range Reverse, which is for lists and sorted sets, Skip and Limit count.
func Content(tx Tx, h Head, r Range) iter.Seq2[Item, error] {
	of := handle{tx: tx, head: h}
	parts := partsOf(h.Type)
	if len(parts) == 0 {
		return func(func(Item, error) bool) {}
	}
	p, whole := parts[0], r.Skip == 0 && r.Limit == 0 && !r.Reverse
	switch {
	case whole && h.Type != ZSet:
		return of.items(p)
	case of.stale() || of.sorts(p):
		return window(of.items(p), r)
	case h.Type == ZSet:
		r.Order = ByScore
	}
	return of.walk(p, r)
}

// window yields what a range's Skip and Limit leave of items.
func window(items iter.Seq2[Item, error], r Range) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		skip, left := r.Skip, r.Limit
		for it, err := range items {
			if skip--; skip >= 0 && err == nil {
				continue
			}
			if !yield(it, err) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// FieldsOf looks fields of a hash's head up, in order.
func FieldsOf(tx Tx, h Head, fields ...[]byte) ([]Item, error) {
	of := handle{tx: tx, head: h}
	return of.lookup(Fields, fields...)
}
