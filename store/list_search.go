package store

import (
	"bytes"
	"math"
)

// listPage is the number of elements Remove looks at between two deletions: a loop over
// items may not write to them.
const listPage = 1024

// ListSearch says which of the matching elements LPOS wants.
type ListSearch struct {
	// Rank is the number of the first match reported, from 1; negative searches from the back.
	Rank int64
	// Count is the most matches reported, 0 for all.
	Count int64
	// MaxLen is the most elements compared, 0 for all.
	MaxLen int64
}

// Find calls found with the index, from the front, of each element wanted that equals value.
func (l *ListKey) Find(value []byte, s ListSearch, found func(index int64)) error {
	backwards, pass := s.Rank < 0, max(s.Rank, -s.Rank)
	seen, matches := int64(0), int64(0)
	r := l.whole()
	r.Reverse, r.Limit = backwards, s.MaxLen
	for it, err := range l.walk(Elements, r) {
		if err != nil {
			return err
		}
		index := seen
		if backwards {
			index = l.Len() - 1 - seen
		}
		seen++
		if !bytes.Equal(it.Value, value) {
			continue
		}
		matches++
		if matches >= pass {
			found(index)
		}
		if s.Count > 0 && matches-pass+1 == s.Count {
			break
		}
	}
	return nil
}

// Remove deletes elements that equal value and returns how many: the first count, the last
// -count for a negative count, all for 0. count is above the least int64.
func (l *ListKey) Remove(value []byte, count int64) (int64, error) {
	left := max(count, -count)
	if count == 0 {
		left = math.MaxInt64
	}
	if l.packed() {
		return l.removePackedValues(value, left, count < 0)
	}
	var total Change
	r := l.whole()
	r.Reverse, r.Limit = count < 0, listPage
	for more := l.Exists(); more; {
		page, err := l.matches(r, value, left+total.Count)
		if err != nil {
			return 0, err
		}
		for _, run := range page.runs {
			ch, err := l.dropRange(Elements, run)
			if err != nil {
				return 0, err
			}
			total = total.Plus(ch)
		}
		more = page.seen == listPage && left+total.Count > 0
		r = page.rest(r)
	}
	if total.Count == 0 {
		return 0, nil
	}
	if err := l.measure(l.Len() + total.Count); err != nil {
		return 0, err
	}
	return -total.Count, l.commit(total)
}

// removePackedValues is Remove for what lies in one piece: the first most, or the last.
func (l *ListKey) removePackedValues(value []byte, most int64, last bool) (int64, error) {
	matches := int64(0)
	for it, err := range l.walk(Elements, Range{}) {
		if err != nil {
			return 0, err
		}
		if bytes.Equal(it.Value, value) {
			matches++
		}
	}
	pass := int64(0)
	if last {
		pass = max(matches-most, 0)
	}
	ch, err := l.removePacked(Elements, func(_ int64, it *Item) bool {
		if !bytes.Equal(it.Value, value) || most == 0 {
			return false
		}
		if pass > 0 {
			pass--
			return false
		}
		most--
		return true
	})
	if err != nil || ch.Count == 0 {
		return 0, err
	}
	return -ch.Count, l.commit(ch)
}

// listMatches are the matching elements of a page, neighbours joined to one range.
type listMatches struct {
	runs []Range
	seen int64
	last int64 // position of the last element looked at
}

// rest is what of a range lies behind the page.
func (m *listMatches) rest(r Range) Range {
	beyond := Bound{Edge: Exclusive, Pos: m.last}
	if r.Reverse {
		r.Max = beyond
	} else {
		r.Min = beyond
	}
	return r
}

func (l *ListKey) matches(r Range, value []byte, most int64) (m listMatches, err error) {
	joined := false
	for it, err := range l.walk(Elements, r) {
		if err != nil {
			return m, err
		}
		m.seen++
		m.last = it.Pos
		if !bytes.Equal(it.Value, value) {
			joined = false
			continue
		}
		if !joined {
			m.runs = append(m.runs, Positions(it.Pos, it.Pos))
		}
		run := &m.runs[len(m.runs)-1]
		run.Min.Pos, run.Max.Pos = min(run.Min.Pos, it.Pos), max(run.Max.Pos, it.Pos)
		joined = true
		if most--; most == 0 {
			break
		}
	}
	return m, nil
}

// measure looks up the ends of a list that lost elements anywhere and has n left. If only its
// ends lost some, a regular list stays regular: then its span still fits its length.
func (l *ListKey) measure(n int64) error {
	if n == 0 {
		return nil
	}
	r := l.whole()
	r.Limit = 1
	for it, err := range l.walk(Elements, r) {
		if err != nil {
			return err
		}
		l.span.first = it.Pos
	}
	r.Reverse = true
	for it, err := range l.walk(Elements, r) {
		if err != nil {
			return err
		}
		l.span.last = it.Pos
	}
	if l.span.last-l.span.first != (n-1)*listGap {
		l.span.irregular = true
	}
	return nil
}
