package store

import (
	"bytes"
	"slices"
)

// listSpot is a place between two elements; at an end of the list one of them is missing.
type listSpot struct {
	lo, hi       int64
	hasLo, hasHi bool
}

// Insert puts value before or behind the first element that equals pivot. It returns the
// new length, -1 without a pivot, 0 for an absent list.
func (l *ListKey) Insert(before bool, pivot, value []byte) (int64, error) {
	if !l.Exists() {
		return 0, nil
	}
	spot, found, err := l.find(before, pivot)
	if err != nil || !found {
		return -1, err
	}
	switch {
	case !spot.hasLo:
		err = l.Push(Front, value)
	case !spot.hasHi:
		err = l.Push(Back, value)
	case spot.hi-spot.lo > 1:
		err = l.fill(spot, value)
	default:
		return l.squeeze(before, pivot, value, spot)
	}
	return l.Len(), err
}

func (l *ListKey) find(before bool, pivot []byte) (s listSpot, found bool, err error) {
	for it, err := range l.walk(Elements, l.whole()) {
		if err != nil {
			return s, false, err
		}
		if !found && !bytes.Equal(it.Value, pivot) {
			s.lo, s.hasLo = it.Pos, true
			continue
		}
		if found || before {
			s.hi, s.hasHi = it.Pos, true
			return s, true, nil
		}
		found = true
		s.lo, s.hasLo = it.Pos, true
	}
	return s, found, nil
}

func (l *ListKey) fill(s listSpot, value []byte) error {
	ch, err := l.put(Elements, Item{Pos: s.lo + (s.hi-s.lo)/2, Value: value})
	if err != nil {
		return err
	}
	l.span.irregular = true
	return l.commit(ch)
}

// squeeze inserts where no position is left, by spreading the neighbours evenly. The window
// is widened until the gaps in it become worth the move; larger windows ask for larger gaps,
// so that a small one has room to fill up again before the next larger must move. Where
// even the largest is full, the list is laid out anew, once in millions of inserts.
func (l *ListKey) squeeze(before bool, pivot, value []byte, s listSpot) (int64, error) {
	for _, w := range [...]struct{ side, gap int64 }{{32, 1 << 6}, {256, 1 << 8}, {2048, 1 << 10}} {
		window, err := l.window(s, w.side)
		if err != nil {
			return -1, err
		}
		base, step := window.layout()
		if step < w.gap || base > listReach || base < -listReach {
			continue
		}
		err = l.spread(window, value, base, step)
		return l.Len(), err
	}
	if err := l.rebuild(); err != nil {
		return -1, err
	}
	return l.Insert(before, pivot, value)
}

// listWindow is a run of neighbours: at of them stand in front of the spot, the others
// behind it. lo and hi are the positions just outside, unless the list ends there.
type listWindow struct {
	items          []Item
	at             int
	lo, hi         int64
	openLo, openHi bool
}

func (l *ListKey) window(s listSpot, side int64) (w listWindow, err error) {
	below, above := l.whole(), l.whole()
	below.Max.Pos, below.Reverse, below.Limit = s.lo, true, side+1
	above.Min.Pos, above.Limit = s.hi, side+1
	left, err := l.collect(below)
	if err != nil {
		return w, err
	}
	right, err := l.collect(above)
	if err != nil {
		return w, err
	}
	w.openLo, w.openHi = int64(len(left)) <= side, int64(len(right)) <= side
	if !w.openLo {
		w.lo, left = left[side].Pos, left[:side]
	}
	if !w.openHi {
		w.hi, right = right[side].Pos, right[:side]
	}
	slices.Reverse(left)
	w.at = len(left)
	w.items = append(left, right...)
	return w, nil
}

func (l *ListKey) collect(r Range) ([]Item, error) {
	var items []Item
	for it, err := range l.walk(Elements, r) {
		if err != nil {
			return nil, err
		}
		items = append(items, Item{Pos: it.Pos, Value: bytes.Clone(it.Value)})
	}
	return items, nil
}

// layout spaces the window's items and the new one evenly: the k-th goes to base + k*step.
// Beyond the end of the list there is room without end.
func (w *listWindow) layout() (base, step int64) {
	slots := int64(len(w.items)) + 1
	switch {
	case w.openLo && w.openHi:
		return 0, listGap
	case w.openLo:
		return w.hi - slots*listGap, listGap
	case w.openHi:
		return w.lo + listGap, listGap
	}
	step = (w.hi - w.lo) / (slots + 1)
	return w.lo + step, step
}

// spread writes a window in its new layout with value at the spot. A window over the whole
// list makes it regular again.
func (l *ListKey) spread(w listWindow, value []byte, base, step int64) error {
	old := Positions(w.items[0].Pos, w.items[len(w.items)-1].Pos)
	dropped, err := l.dropRange(Elements, old)
	if err != nil {
		return err
	}
	items := slices.Insert(w.items, w.at, Item{Value: value})
	for i := range items {
		items[i].Pos = base + int64(i)*step
	}
	put, err := l.put(Elements, items...)
	if err != nil {
		return err
	}
	if w.openLo {
		l.span.first = items[0].Pos
	}
	if w.openHi {
		l.span.last = items[len(items)-1].Pos
	}
	l.span.irregular = !w.openLo || !w.openHi
	return l.commit(dropped.Plus(put))
}

// rebuild lays the list out anew, regular, under a fresh id, a batch at a time.
func (l *ListKey) rebuild() error {
	span := emptySpan(Back)
	ch, err := l.moveItems(Elements, func(yield func(Item, error) bool) {
		for it, err := range l.tx.Range(l.head.ID, Elements, l.whole()) {
			it.Pos = span.extend(Back)
			if !yield(it, err) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	l.span = span
	return l.commit(ch)
}
