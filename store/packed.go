package store

import (
	"bytes"
	"cmp"
	"iter"
	"math/rand/v2"
	"slices"
)

// This file has of each operation on items what it does to a collection that is packed: see form. Items of a
// pack have no position, but for those of lists: there element i stands at i*listGap, as in a regular list.

// kindOf is what the entries of a part's packs consist of. In a list's entries a is the value.
func kindOf(p Part) packKind {
	switch p {
	case Fields:
		return packPairs
	case Scores:
		return packScored
	}
	return 0
}

// packed reports whether the collection is.
func (h *handle) packed() bool { return h.Exists() && (h.head.ID == 0 || h.head.beside()) }

// beside reports whether the head's pack lies beside it.
func (h *Head) beside() bool {
	return h.ID != 0 && len(h.Value) == 1 && h.Value[0] == besideMark && h.Type != Stream && h.Type != String
}

// pack is the collection's pack, of no bytes if it is absent. One that lies beside its head is read when it is needed.
func (h *handle) pack() (pack, error) {
	switch {
	case h.have:
		return h.held, nil
	case h.head.ID == 0:
		h.held, h.have = h.head.Value, true
		return h.held, nil
	}
	for it, err := range h.tx.Range(h.head.ID, Chunks, Positions(0, 0)) {
		if err == nil {
			h.held, h.have = bytes.Clone(it.Value), true
		}
		return h.held, err
	}
	return nil, errPack
}

// itemAt is entry i of a part's pack as an item.
func (e *packEntry) itemAt(p Part, i int64) Item {
	if p == Elements {
		return Item{Pos: i * listGap, Value: e.a, Found: true}
	}
	if p.expires() {
		return Item{Field: e.a, Value: e.b, Score: float64(e.expireAt), Found: true}
	}
	return Item{Field: e.a, Value: e.b, Score: e.score, Found: true}
}

func entryOf(p Part, it *Item) packEntry {
	if p == Elements {
		return packEntry{a: it.Value}
	}
	if p.expires() {
		return packEntry{a: it.Field, b: it.Value, expireAt: int64(it.Score)}
	}
	return packEntry{a: it.Field, b: it.Value, score: it.Score}
}

// admits reports whether the range's bounds let an item through.
func (r *Range) admits(p Part, it *Item) bool {
	if r.Order != ByScore && p != Elements {
		return true // hashes bound the order of large collections only
	}
	return (r.Min.Edge == Unbounded || r.Min.reaches(r.compare(it, &r.Min))) &&
		(r.Max.Edge == Unbounded || r.Max.reaches(-r.compare(it, &r.Max)))
}

// reaches tells of a lower bound, whether what compares to it like c lies beyond it.
func (b *Bound) reaches(c int) bool { return c > 0 || c == 0 && b.Edge == Inclusive }

func (r *Range) compare(it *Item, b *Bound) int {
	if r.Order != ByScore {
		return cmp.Compare(it.Pos, b.Pos)
	}
	if c := cmp.Compare(it.Score, b.Score); c != 0 || b.Field == nil {
		return c
	}
	return bytes.Compare(it.Field, b.Field)
}

// lookupPacked is lookup.
func (h *handle) lookupPacked(p Part, fields [][]byte) ([]Item, error) {
	items := make([]Item, len(fields))
	held, err := h.pack()
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		e, found, err := held.find(f)
		if err != nil {
			return nil, err
		}
		items[i].Field = f
		if found {
			items[i] = e.itemAt(p, 0)
		}
	}
	return items, nil
}

// walkPacked is walk.
func (h *handle) walkPacked(p Part, r Range) iter.Seq2[Item, error] {
	if r.Reverse {
		return h.walkBack(p, r)
	}
	return func(yield func(Item, error) bool) {
		left := r.Limit
		held, err := h.pack()
		if err != nil {
			yield(Item{}, err)
			return
		}
		e := held.read()
		for i := int64(0); e.next(); i++ {
			it := e.itemAt(p, i)
			if !r.admits(p, &it) {
				continue
			}
			if r.Skip > 0 {
				r.Skip--
				continue
			}
			if !yield(it, nil) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
		if e.broken {
			yield(Item{}, errPack)
		}
	}
}

func (h *handle) walkBack(p Part, r Range) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		items, err := h.selected(p, Range{Order: r.Order, Min: r.Min, Max: r.Max})
		if err != nil {
			yield(Item{}, err)
			return
		}
		items = items[:max(int64(len(items))-r.Skip, 0)]
		if r.Limit > 0 {
			items = items[max(int64(len(items))-r.Limit, 0):]
		}
		for _, it := range slices.Backward(items) {
			if !yield(it, nil) {
				return
			}
		}
	}
}

// selected gathers the items of a range.
func (h *handle) selected(p Part, r Range) ([]Item, error) {
	held, err := h.pack()
	if err != nil {
		return nil, err
	}
	items := make([]Item, 0, min(h.Len(), int64(len(held))))
	for it, err := range h.walkPacked(p, r) {
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

// drawPacked is Tx.Random.
func (h *handle) drawPacked(p Part, n int) ([]Item, error) {
	if n == 1 {
		held, err := h.pack()
		if err != nil {
			return nil, err
		}
		e, found, err := held.nth(rand.Int64N(max(h.Len(), 1)))
		if err != nil || !found {
			return nil, err
		}
		return []Item{e.itemAt(p, 0)}, nil
	}
	all, err := h.selected(p, Range{})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	drawn := make([]Item, n)
	for i := range drawn {
		drawn[i] = all[rand.IntN(len(all))]
	}
	return drawn, nil
}
