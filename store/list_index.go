package store

import (
	"bytes"
	"iter"
)

// clip turns Redis's inclusive start and stop, negative ones counted from the end of n
// elements, into the first index and a number of elements.
func clip(start, stop, n int64) (from, count int64) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		return 0, 0
	}
	return start, stop - start + 1
}

// nth turns a possibly negative index into one from the front; ok tells whether it exists.
func (l *ListKey) nth(i int64) (index int64, ok bool) {
	if i < 0 {
		i += l.Len()
	}
	return i, i >= 0 && i < l.Len()
}

// Index returns the element at an index, negative from the back; ok is false outside the list.
func (l *ListKey) Index(i int64) (value []byte, ok bool, err error) {
	i, ok = l.nth(i)
	if !ok {
		return nil, false, nil
	}
	it, err := l.at(i)
	return it.Value, err == nil, err
}

// Set overwrites the element at an index, negative from the back; ok is false outside the list.
func (l *ListKey) Set(i int64, value []byte) (ok bool, err error) {
	i, ok = l.nth(i)
	if !ok {
		return false, nil
	}
	pos, err := l.place(i)
	if err != nil {
		return false, err
	}
	ch, err := l.put(Elements, Item{Pos: pos, Value: value})
	if err != nil {
		return false, err
	}
	return true, l.commit(ch)
}

// whole is the range of all elements. It has both ends, for beyond them may lie the remains of what was removed, which
// an engine would have to find its way through.
func (l *ListKey) whole() Range { return Positions(l.span.first, l.span.last) }

// place returns the position of an index inside the list, in a regular list without reading.
func (l *ListKey) place(i int64) (int64, error) {
	if !l.span.irregular {
		return l.span.first + i*listGap, nil
	}
	it, err := l.at(i)
	return it.Pos, err
}

// at reads the item of an index inside the list, from the nearer end.
func (l *ListKey) at(i int64) (Item, error) {
	r := l.whole()
	r.Skip, r.Limit = i, 1
	if last := l.Len() - 1; i > last/2 {
		r.Reverse, r.Skip = true, last-i
	}
	if !l.span.irregular {
		pos := l.span.first + i*listGap
		r = Positions(pos, pos)
	}
	for it, err := range l.walk(Elements, r) {
		it.Value = bytes.Clone(it.Value)
		return it, err
	}
	return Item{}, &Error{Code: CodeInternal, Message: "a list is shorter than its head says"}
}

// Slice yields the elements from start to stop, both inclusive and negative from the back.
func (l *ListKey) Slice(start, stop int64) iter.Seq2[Item, error] {
	from, n := clip(start, stop, l.Len())
	if n == 0 {
		return func(func(Item, error) bool) {}
	}
	r := l.whole()
	r.Skip, r.Limit = from, n
	if !l.span.irregular {
		first := l.span.first + from*listGap
		r = Positions(first, first+(n-1)*listGap)
	}
	return l.walk(Elements, r)
}

// Trim keeps the elements from start to stop, both inclusive and negative from the back.
func (l *ListKey) Trim(start, stop int64) error {
	from, n := clip(start, stop, l.Len())
	switch {
	case !l.Exists():
		return nil
	case n == 0:
		return l.drop()
	}
	first, err := l.place(from)
	if err != nil {
		return err
	}
	last, err := l.place(from + n - 1)
	if err != nil {
		return err
	}
	return l.keep(first, last, from, l.Len()-from-n)
}

// keep drops the before elements in front of position first and the after ones behind last, those behind first: in a pack
// positions move up when something in front of them goes.
func (l *ListKey) keep(first, last, before, after int64) error {
	front, back := l.whole(), l.whole()
	front.Max = Bound{Edge: Exclusive, Pos: first}
	back.Min = Bound{Edge: Exclusive, Pos: last}
	l.span.first, l.span.last = first, last
	var doomed []Range
	if after > 0 {
		doomed = append(doomed, back)
	}
	if before > 0 {
		doomed = append(doomed, front)
	}
	return l.remain(before+after, doomed...)
}
