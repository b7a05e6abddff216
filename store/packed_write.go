package store

import (
	"bytes"
	"cmp"
)

// keep makes a pack the collection's; stow writes it.
func (h *handle) keep(p pack) { h.held, h.have, h.own = p, true, true }

// forget is for what has no pack any more.
func (h *handle) forget() { h.held, h.have, h.own = nil, false, false }

// stow puts a pack that was changed where one of its length belongs.
func (h *handle) stow() error {
	if !h.own {
		return nil
	}
	most := PackedMax
	if h.head.ID != 0 {
		most /= 2
	}
	if len(h.held) <= most {
		h.head.ID, h.head.Value = 0, h.held
		return nil
	}
	if h.head.ID == 0 {
		id, err := h.tx.NewID(h.key)
		if err != nil {
			return err
		}
		h.head.ID = id
	}
	h.head.Value = []byte{besideMark}
	_, err := h.tx.PutItems(h.head.ID, Chunks, Item{Value: h.held})
	return err
}

// mine is the pack, to be changed in place: of the handle's own, with room for what comes.
func (h *handle) mine(p Part, room int) (pack, error) {
	held, err := h.pack()
	switch {
	case err != nil:
		return nil, err
	case len(held) == 0:
		return newPack(kindOf(p), room), nil
	case h.own:
		return held, nil
	}
	return held.clone(room), nil
}

// putPacked is put. The place of an entry depends on the part, and for a set's members also on the encoding.
func (h *handle) putPacked(p Part, items []Item) (ch Change, err error) {
	mine, err := h.mine(p, entriesBytes(items))
	if err == nil && p.expires() && anyTimed(items) {
		mine, err = mine.as(kindOf(p) | packExpiring)
	}
	if err != nil {
		return ch, err
	}
	for i := range items {
		e := entryOf(p, &items[i])
		var there packEntry
		found, at := false, len(mine)
		if p == Elements {
			there, found, at, err = mine.place(items[i].Pos)
		} else if there, found, err = mine.find(e.a); err == nil {
			if moves := p == Scores || there.expireAt != e.expireAt; found && moves {
				mine, there.to = mine.cut(there.from, there.to), there.from
			}
			at, err = h.spot(mine, p, &e)
		}
		if err != nil {
			return ch, err
		}
		ch.Bytes += int64(len(e.a) + len(e.b))
		switch {
		case found:
			ch.Bytes -= int64(len(there.a) + len(there.b))
		default:
			ch = ch.Plus(Change{Count: 1, Bytes: ItemBytes(Item{})})
		}
		if found && there.to > there.from {
			mine = mine.put(there.from, there.to, &e)
		} else {
			mine = mine.put(at, at, &e)
		}
	}
	h.keep(mine)
	return ch, nil
}

// entriesBytes is at least what items take in a pack, but for very long strings.
func entriesBytes(items []Item) (n int) {
	for i := range items {
		n += len(items[i].Field) + len(items[i].Value) + 12
	}
	return n
}

// spot is the offset at which a new entry belongs: members of an intset stand in the order of numbers, those of sorted
// sets in that of scores, fields that expire in that of their times and before the others, all others where they came
// in.
func (h *handle) spot(k pack, p Part, e *packEntry) (int, error) {
	intset := p == Members && Encoding(h.head.Encoding) == EncodingIntset
	if p != Scores && !intset && e.expireAt == 0 {
		return len(k), nil
	}
	n, _ := ParseInteger(e.a)
	r := k.read()
	for r.next() {
		var c int
		switch {
		case intset:
			other, _ := ParseInteger(r.a)
			c = cmp.Compare(other, n)
		case p.expires(): // of equal times the latest comes first, as in Redis
			c = cmp.Compare(behind(r.expireAt), e.expireAt) + 1
		default:
			if c = cmp.Compare(r.score, e.score); c == 0 {
				c = bytes.Compare(r.a, e.a)
			}
		}
		if c > 0 {
			return r.from, nil
		}
	}
	return len(k), r.err()
}

// place finds the element at a position, or else the offset at which one put there belongs.
func (k pack) place(pos int64) (there packEntry, found bool, at int, err error) {
	r := k.read()
	for here := int64(0); r.next(); here += listGap {
		if here >= pos {
			return r.packEntry, here == pos, r.from, nil
		}
	}
	return there, false, len(k), r.err()
}

// removePacked removes the entries for which doomed says so.
func (h *handle) removePacked(p Part, doomed func(i int64, it *Item) bool) (ch Change, err error) {
	mine, err := h.mine(p, 0)
	if err != nil {
		return ch, err
	}
	r, kept := mine.read(), min(packHeader, len(mine))
	for i := int64(0); r.next(); i++ {
		it := r.itemAt(p, i)
		if doomed(i, &it) {
			ch = ch.Minus(Change{Count: 1, Bytes: int64(len(r.a)+len(r.b)) + ItemBytes(Item{})})
			continue
		}
		kept += copy(mine[kept:], mine[r.from:r.to])
	}
	if r.broken {
		return Change{}, errPack
	}
	h.keep(mine[:kept])
	return ch, nil
}

func (h *handle) removeFields(p Part, fields [][]byte) (Change, error) {
	if len(fields) == 1 {
		held, err := h.pack()
		if err != nil {
			return Change{}, err
		}
		there, found, err := held.find(fields[0])
		if err != nil || !found {
			return Change{}, err
		}
		gone := Change{Count: -1, Bytes: -int64(len(there.a)+len(there.b)) - ItemBytes(Item{})}
		if held, err = h.mine(p, 0); err == nil {
			h.keep(held.cut(there.from, there.to))
		}
		return gone, err
	}
	doomed := make(map[string]struct{}, len(fields))
	for _, f := range fields {
		doomed[string(f)] = struct{}{}
	}
	return h.removePacked(p, func(_ int64, it *Item) bool {
		_, ok := doomed[string(it.Field)]
		return ok
	})
}

func (h *handle) removeRange(p Part, r Range) (Change, error) {
	if !r.Reverse {
		skip, left := r.Skip, r.Limit
		return h.removePacked(p, func(_ int64, it *Item) bool {
			if !r.admits(p, it) || r.Limit > 0 && left == 0 {
				return false
			}
			if skip > 0 {
				skip--
				return false
			}
			left--
			return true
		})
	}
	n, err := h.countPacked(p, Range{Order: r.Order, Min: r.Min, Max: r.Max})
	if err != nil || n <= r.Skip {
		return Change{}, err
	}
	forward := r
	forward.Reverse = false
	last := n - r.Skip
	if forward.Skip = 0; r.Limit > 0 && r.Limit < last {
		forward.Skip = last - r.Limit
	}
	forward.Limit = last - forward.Skip
	return h.removeRange(p, forward)
}

func (h *handle) countPacked(p Part, r Range) (n int64, err error) {
	for _, err := range h.walkPacked(p, r) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
