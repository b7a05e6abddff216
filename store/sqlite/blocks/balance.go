package blocks

import (
	"bytes"
	"fmt"
)

// balance splits a row that counts too many and joins one that counts too few, and then its parent.
func (c Counts) balance(level int, b block) error {
	most, least := int64(rowsMax), int64(rowsLow)
	if level == 0 {
		most, least = itemsMax, itemsLow
	}
	w, err := c.weight(level, b)
	switch {
	case err != nil:
		return err
	case w > most:
		return c.split(level, b, w)
	case w < least:
		return c.merge(level, b, w)
	}
	return nil
}

// weight is the number of items, or of rows one level down, that a row stands for.
func (c Counts) weight(level int, b block) (int64, error) {
	if level == 0 {
		return b.n, nil
	}
	end, err := c.endOf(level, b)
	if err != nil {
		return 0, err
	}
	return c.over(c.s.count, level-1, Span{Lo: b.start, Hi: end})
}

func (c Counts) split(level int, b block, weight int64) error {
	end, err := c.endOf(level, b)
	if err != nil {
		return err
	}
	mid, err := c.middle(level, Span{Lo: b.start, Hi: end}, weight/2)
	if err != nil {
		return err
	}
	left := weight / 2
	if level > 0 {
		if left, err = c.items(level, Span{Lo: b.start, Hi: mid}); err != nil {
			return err
		}
	}
	right := block{start: mid, n: b.n - left}
	b.n = left
	for _, half := range [...]block{b, right} {
		if err := c.put(level, half); err != nil {
			return err
		}
	}
	if err := c.balanceAbove(level, b); err != nil || level > 0 {
		return err
	}
	for _, half := range [...]block{right, b} { // many items may have come at once
		if half.n > itemsMax {
			if err := c.balance(0, half); err != nil {
				return err
			}
		}
	}
	return nil
}

// balanceAbove balances the parent of a row, adding a level if the row's has grown too long.
func (c Counts) balanceAbove(level int, b block) error {
	parent, ok, err := c.find(level+1, b.start)
	if err != nil {
		return err
	}
	if ok {
		return c.balance(level+1, parent)
	}
	return c.raise(level)
}

// middle is the mark of the i-th item, or row one level down, of a stretch.
func (c Counts) middle(level int, sp Span, i int64) (m Mark, err error) {
	row := false
	if level == 0 {
		m, row, err = c.tx.NthRow(c.id, c.part, sp, i)
	} else {
		s := c.s.mid
		c.bind(s, level-1, sp.Lo)
		sp.Hi.Bind(s, 6)
		s.BindInt(8, i)
		if row, err = c.tx.Step(s); row {
			m = ReadMark(c.tx, c.part, s, 0)
		}
		s.Reset()
	}
	if err == nil && !row {
		err = c.tx.Damaged("blocks count more items than there are")
	}
	return m, err
}

// merge joins a short row with a neighbour under the same parent, if together they are not too long.
func (c Counts) merge(level int, b block, weight int64) error {
	for _, side := range [...]bool{true, false} {
		s := c.s.before
		if side {
			s = c.s.next
		}
		other, ok, err := c.near(s, level, b.start)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		left, right := b, other
		if !side {
			left, right = other, b
		}
		if ok, err = c.joinable(level, left, right, weight, other); err != nil {
			return err
		}
		if ok {
			return c.join(level, left, right)
		}
	}
	return nil
}

func (c Counts) joinable(level int, left, right block, weight int64, other block) (bool, error) {
	most := int64(rowsJoin)
	if level == 0 {
		most = itemsJoin
	}
	w, err := c.weight(level, other)
	if err != nil || w+weight > most {
		return false, err
	}
	parent, ok, err := c.find(level+1, right.start)
	if err != nil || !ok {
		return !ok, err
	}
	// A row where its parent begins is the parent's first: the left one is under another.
	return left.start.Before(right.start) && parent.start.Before(right.start), nil
}

func (c Counts) join(level int, left, right block) error {
	c.bind(c.s.drop, level, right.start)
	if err := c.tx.Exec(c.s.drop); err != nil {
		return err
	}
	left.n += right.n
	if err := c.put(level, left); err != nil {
		return err
	}
	parent, ok, err := c.find(level+1, left.start)
	if err != nil || !ok {
		return err
	}
	return c.balance(level+1, parent)
}

// Build counts all items.
func (c Counts) Build() error {
	b, any := block{start: c.lowest()}, false
	err := c.tx.EachRow(c.id, c.part, func(m Mark) error {
		if b.n == itemsFill {
			if err := c.put(0, b); err != nil {
				return err
			}
			m.Field = bytes.Clone(m.Field)
			b = block{start: m}
		}
		b.n, any = b.n+1, true
		return nil
	})
	if err != nil || !any {
		return err
	}
	if err := c.put(0, b); err != nil {
		return err
	}
	return c.raise(0)
}

// raise adds levels until the topmost is short.
func (c Counts) raise(level int) error {
	for ; ; level++ {
		rows, err := c.over(c.s.count, level, c.all())
		if err != nil || rows <= rowsMax {
			return err
		}
		if err := c.raiseOne(level); err != nil {
			return err
		}
	}
}

// raiseOne puts a level above another one.
func (c Counts) raiseOne(level int) error {
	s, all := c.s.walk, c.all()
	c.bind(s, level, all.Lo)
	all.Hi.Bind(s, 6)
	defer s.Reset()
	up, rows := block{}, 0
	for {
		row, err := c.tx.Step(s)
		if err != nil {
			return err
		}
		if !row {
			return c.put(level+1, up)
		}
		b := c.read(s)
		switch {
		case rows == 0:
			up = b
		case rows%rowsFill == 0:
			if err := c.put(level+1, up); err != nil {
				return err
			}
			up = b
		default:
			up.n += b.n
		}
		rows++
	}
}

// Check reports what is counted wrong.
func (c Counts) Check(report func(problem string)) error {
	top, err := c.top()
	if err == nil && top < 0 {
		items, err := c.items(0, c.all())
		if items > 0 {
			report("is ranked but not counted")
		}
		return err
	}
	for level := 0; level <= top && err == nil; level++ {
		err = c.checkLevel(level, report)
	}
	return err
}

// checkLevel compares the rows of a level with what lies below.
func (c Counts) checkLevel(level int, report func(problem string)) error {
	b, ok, err := c.find(level, c.lowest())
	if err == nil && !ok {
		report("has no first block")
	}
	for ok && err == nil {
		sp := Span{Lo: b.start, Hi: Beyond()}
		next, more, nextErr := c.near(c.s.next, level, b.start)
		if err = nextErr; more {
			sp.Hi = next.start
		}
		n := b.n
		if err == nil {
			n, err = c.items(level, sp)
		}
		if err == nil && n != b.n {
			report(fmt.Sprintf("has a block of %d items that says %d", n, b.n))
		}
		b, ok = next, more
	}
	return err
}
