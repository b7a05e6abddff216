package sqlite

import (
	"slices"

	"larder/store"
)

// Counting in bulk. A row of blocks stands for a hundred items and a row above it for thousands: what
// a call changes is gathered, sorted, and added up, so that every row is found and written once for all
// that changed in its stretch. Going through the levels for each item by itself was a third of what
// it cost to settle a sorted set.

// shift is a mark that items have taken or left, and what they add to the count there.
type shift struct {
	at    mark
	delta int64
}

// moved notes an item that was added, or whose score changed.
func (t *tx) moved(p store.Part, m mark, old stored, score float64) {
	if old.found {
		t.shifts = append(t.shifts, shift{blockMark(p, m, old.score), -1})
	}
	t.shifts = append(t.shifts, shift{blockMark(p, m, score), 1})
}

// left notes an item that was dropped.
func (t *tx) left(p store.Part, m mark, score float64) {
	t.shifts = append(t.shifts, shift{blockMark(p, m, score), -1})
}

// recount adds what was noted to the rows that count it. Where there are none yet it counts all items.
func (t *tx) recount(id store.ID, p store.Part) error {
	defer func() {
		clear(t.shifts)
		t.shifts = t.shifts[:0]
	}()
	if len(t.shifts) == 0 {
		return nil
	}
	if len(t.shifts) > 1 {
		slices.SortFunc(t.shifts, func(a, b shift) int { return a.at.compare(b.at) })
	}
	if _, ok, err := t.find(id, p, 0, t.shifts[0].at); err != nil || !ok {
		if err == nil {
			err = t.build(id, p)
		}
		return err
	}
	low, err := t.shiftLevel(id, p, 0, t.shifts)
	for level, rows := 1, low; len(rows) > 0 && err == nil; level++ {
		rows, err = t.shiftLevel(id, p, level, rows)
	}
	if err != nil {
		return err
	}
	return t.rebalance(id, p, low)
}

// shiftLevel adds sorted shifts to the rows of a level and returns them by row; none if there is no such level.
func (t *tx) shiftLevel(id store.ID, p store.Part, level int, all []shift) ([]shift, error) {
	var rows []shift
	for len(all) > 0 {
		b, ok, err := t.find(id, p, level, all[0].at)
		if err != nil || !ok {
			return rows, err
		}
		n, err := t.within(id, p, level, b, all)
		if err != nil {
			return nil, err
		}
		sum := shift{at: b.start}
		for _, s := range all[:n] {
			sum.delta += s.delta
		}
		if sum.delta != 0 {
			b.n += sum.delta
			if err := t.putBlock(id, p, level, b); err != nil {
				return nil, err
			}
			rows = append(rows, sum)
		}
		all = all[n:]
	}
	return rows, nil
}

// within is how many of the shifts lie in the stretch of a row; the first does.
func (t *tx) within(id store.ID, p store.Part, level int, b block, all []shift) (int, error) {
	if len(all) == 1 {
		return 1, nil
	}
	end, err := t.endOf(id, p, level, b)
	if err != nil {
		return 0, err
	}
	n := 1
	for n < len(all) && all[n].at.before(end) {
		n++
	}
	return n, nil
}

// rebalance balances the rows of level 0 that have changed: from the end, so that a row is still there
// when its turn comes. A lone row may stay short for ever: it looks for neighbours to join
// only now and then.
func (t *tx) rebalance(id store.ID, p store.Part, low []shift) error {
	for _, s := range slices.Backward(low) {
		b, ok, err := t.find(id, p, 0, s.at)
		if err != nil {
			return err
		}
		if !ok || b.start.before(s.at) {
			continue // joined with the one before
		}
		crossed := b.n>>4 != (b.n-s.delta)>>4
		if b.n > itemsMax || s.delta < 0 && b.n < itemsLow && crossed {
			if err := t.balance(id, p, 0, b); err != nil {
				return err
			}
		}
	}
	return nil
}
