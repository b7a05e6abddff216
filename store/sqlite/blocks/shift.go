package blocks

import "slices"

// Counting in bulk. A row of blocks stands for a hundred items and a row above it for thousands: what
// a call changes is gathered, sorted, and added up, so that every row is found and written once for all
// that changed in its stretch. Going through the levels for each item by itself was a third of what
// it cost to settle a sorted set.

// Changes are the marks that a call has items take or leave. They belong to their transaction.
type Changes struct{ list []shift }

// shift is a mark, and what is added to the count there.
type shift struct {
	at    Mark
	delta int64
}

// Take notes an item that is now at a mark.
func (c *Changes) Take(m Mark) { c.list = append(c.list, shift{m, 1}) }

// Leave notes an item that was at a mark.
func (c *Changes) Leave(m Mark) { c.list = append(c.list, shift{m, -1}) }

// Clear forgets what was noted.
func (c *Changes) Clear() {
	clear(c.list)
	c.list = c.list[:0]
}

// Apply adds what was noted to the rows that count it. Where there are none yet it counts all items.
func (c Counts) Apply(changes *Changes) error {
	defer changes.Clear()
	list := changes.list
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		slices.SortFunc(list, func(a, b shift) int { return a.at.compare(b.at) })
	}
	if _, ok, err := c.find(0, list[0].at); err != nil || !ok {
		if err == nil {
			err = c.Build()
		}
		return err
	}
	low, err := c.shift(0, list)
	for level, rows := 1, low; len(rows) > 0 && err == nil; level++ {
		rows, err = c.shift(level, rows)
	}
	if err != nil {
		return err
	}
	return c.rebalance(low)
}

// shift adds sorted shifts to the rows of a level and returns them by row; none if there is no such level.
func (c Counts) shift(level int, all []shift) ([]shift, error) {
	var rows []shift
	for len(all) > 0 {
		b, ok, err := c.find(level, all[0].at)
		if err != nil || !ok {
			return rows, err
		}
		n, err := c.within(level, b, all)
		if err != nil {
			return nil, err
		}
		sum := shift{at: b.start}
		for _, s := range all[:n] {
			sum.delta += s.delta
		}
		if sum.delta != 0 {
			b.n += sum.delta
			if err := c.put(level, b); err != nil {
				return nil, err
			}
			rows = append(rows, sum)
		}
		all = all[n:]
	}
	return rows, nil
}

// within is how many of the shifts lie in the stretch of a row; the first does.
func (c Counts) within(level int, b block, all []shift) (int, error) {
	if len(all) == 1 {
		return 1, nil
	}
	end, err := c.endOf(level, b)
	if err != nil {
		return 0, err
	}
	n := 1
	for n < len(all) && all[n].at.Before(end) {
		n++
	}
	return n, nil
}

// rebalance balances the rows of level 0 that have changed: from the end, so that a row is still there
// when its turn comes. A lone row may stay short for ever: it looks for neighbours to join
// only now and then, and when it is empty.
func (c Counts) rebalance(low []shift) error {
	for _, s := range slices.Backward(low) {
		b, ok, err := c.find(0, s.at)
		if err != nil {
			return err
		}
		if !ok || b.start.Before(s.at) {
			continue // joined with the one before
		}
		crossed := b.n>>4 != (b.n-s.delta)>>4 || b.n == 0
		if b.n > itemsMax || s.delta < 0 && b.n < itemsLow && crossed {
			if err := c.balance(0, b); err != nil {
				return err
			}
		}
	}
	return nil
}
