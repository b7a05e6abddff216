package store

import (
	"bytes"
	"iter"
	"slices"
)

// ByRank is the range from start to stop, both inclusive, negative from the end, counted
// from the highest score if reverse is set; ok is false when it is empty.
func (z *ZSetKey) ByRank(start, stop int64, reverse bool) (r Range, ok bool) {
	from, n := clip(start, stop, z.Len())
	return Range{Order: ByScore, Reverse: reverse, Skip: from, Limit: n}, n > 0
}

// ScoreRange is the range between two scores; ok is false when no score can lie in it.
func ScoreRange(min, max Bound, reverse bool) (r Range, ok bool) {
	r = Range{Order: ByScore, Min: min, Max: max, Reverse: reverse}
	if min.Score == max.Score {
		return r, min.Edge == Inclusive && max.Edge == Inclusive
	}
	return r, min.Score < max.Score
}

// Page narrows a range as LIMIT does: offset members are passed over, count taken, a negative
// count takes all; ok is false when nothing is left.
func Page(r Range, offset, count int64) (page Range, ok bool) {
	if offset < 0 || count == 0 || r.Limit > 0 && offset >= r.Limit {
		return r, false
	}
	r.Skip += offset
	if r.Limit > 0 {
		r.Limit -= offset
	}
	if count > 0 && (r.Limit == 0 || count < r.Limit) {
		r.Limit = count
	}
	return r, true
}

// LexRange selects members by their bytes. Of a Bound, Edge and Field count.
type LexRange struct {
	Min, Max Bound
	// None is set when a bound excludes everything, as + for the lower one.
	None bool
}

func (l *LexRange) reaches(member []byte) bool {
	c := bytes.Compare(member, l.Min.Field)
	return l.Min.Edge == Unbounded || c > 0 || c == 0 && l.Min.Edge == Inclusive
}

func (l *LexRange) within(member []byte) bool {
	c := bytes.Compare(member, l.Max.Field)
	return l.Max.Edge == Unbounded || c < 0 || c == 0 && l.Max.Edge == Inclusive
}

func (l *LexRange) empty() bool {
	if l.None || l.Min.Edge == Unbounded || l.Max.Edge == Unbounded {
		return l.None
	}
	c := bytes.Compare(l.Min.Field, l.Max.Field)
	return c > 0 || c == 0 && (l.Min.Edge == Exclusive || l.Max.Edge == Exclusive)
}

// ByLex is the range of members between two strings, which Redis defines for sets whose
// scores are all equal; ok is false when it is empty. For other sets it does what Redis does
// in its compact encoding: it walks from one end to the first member that fits, and on to
// the first that does not.
func (z *ZSetKey) ByLex(lex LexRange, reverse bool) (r Range, ok bool, err error) {
	if lex.empty() || !z.Exists() {
		return r, false, nil
	}
	first, err := z.outermost(false)
	if err != nil {
		return r, false, err
	}
	last, err := z.outermost(true)
	if err != nil {
		return r, false, err
	}
	if first.Score != last.Score {
		if !lex.reaches(last.Field) || !lex.within(first.Field) {
			return r, false, nil
		}
		return z.walkLex(lex, reverse)
	}
	lex.Min.Score, lex.Max.Score = first.Score, first.Score
	return Range{Order: ByScore, Min: lex.Min, Max: lex.Max, Reverse: reverse}, true, nil
}

func (z *ZSetKey) outermost(highest bool) (Item, error) {
	for it, err := range z.walk(Scores, Range{Order: ByScore, Reverse: highest, Limit: 1}) {
		it.Field = bytes.Clone(it.Field)
		return it, err
	}
	return Item{}, &Error{Code: CodeInternal, Message: "a sorted set is shorter than its head says"}
}

func (z *ZSetKey) walkLex(lex LexRange, reverse bool) (r Range, ok bool, err error) {
	enters, stays := lex.reaches, lex.within
	if reverse {
		enters, stays = stays, enters
	}
	r = Range{Order: ByScore, Reverse: reverse}
	for it, err := range z.walk(Scores, r) {
		switch {
		case err != nil:
			return r, false, err
		case r.Limit == 0 && !enters(it.Field):
			r.Skip++
			continue
		case !stays(it.Field):
			return r, r.Limit > 0, nil
		}
		r.Limit++
	}
	return r, r.Limit > 0, nil
}

// Members yields the members of a range. Slices are valid until the next is asked for.
func (z *ZSetKey) Members(r Range) iter.Seq2[Item, error] {
	if !z.Exists() {
		return func(func(Item, error) bool) {}
	}
	byRank := r.Min.Edge == Unbounded && r.Max.Edge == Unbounded && r.Limit > 0
	if beyond := z.Len() - r.Skip - r.Limit; byRank && !z.head.Ranked && !z.packed() && 0 <= beyond && beyond < r.Skip {
		r.Reverse, r.Skip = !r.Reverse, beyond
		return z.mirrored(r)
	}
	return z.walk(Scores, r)
}

// mirrored yields a range from its end. Only sets below RankedMin are read like this, from
// whichever end is nearer, so what it holds is small.
func (z *ZSetKey) mirrored(r Range) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var items []Item
		for it, err := range z.walk(Scores, r) {
			if err != nil {
				yield(it, err)
				return
			}
			it.Field = bytes.Clone(it.Field)
			items = append(items, it)
		}
		for _, it := range slices.Backward(items) {
			if !yield(it, nil) {
				return
			}
		}
	}
}

// Count returns the number of members in a range.
func (z *ZSetKey) Count(r Range) (int64, error) {
	return z.count(Scores, r)
}

// RemoveRange deletes the members of a range and returns how many.
func (z *ZSetKey) RemoveRange(r Range) (int64, error) {
	if !z.Exists() {
		return 0, nil
	}
	if n := z.Len(); r.Skip == 0 && r.Limit >= n && r.Min.Edge == Unbounded && r.Max.Edge == Unbounded {
		return n, z.drop()
	}
	ch, moved, err := z.leave(r)
	if err == nil && !moved {
		ch, err = z.dropRange(Scores, r)
	}
	if err != nil || ch.Count == 0 {
		return 0, err
	}
	return -ch.Count, z.finish(ch)
}

// leave moves the set to what is not in a range, if most of it is.
func (z *ZSetKey) leave(r Range) (ch Change, moved bool, err error) {
	if z.Len() < moveLeast || z.packed() {
		return ch, false, nil
	}
	from, gone, err := z.ranks(r)
	if err != nil || !movable(z.Len()-gone, gone) {
		return ch, false, err
	}
	ch, err = z.moveItems(Scores, func(yield func(Item, error) bool) {
		for _, stay := range []Range{{Order: ByScore, Limit: from}, {Order: ByScore, Skip: from + gone}} {
			if stay.Limit == 0 && stay.Skip == 0 {
				continue // nothing is in front of the range
			}
			for it, err := range z.tx.Range(z.head.ID, Scores, stay) {
				if !yield(it, err) {
					return
				}
			}
		}
	})
	return ch, true, err
}

// ranks is where a range begins, and how long it is, in the order of scores.
func (z *ZSetKey) ranks(r Range) (from, n int64, err error) {
	if r.Min.Edge == Unbounded && r.Max.Edge == Unbounded {
		n = max(z.Len()-r.Skip, 0)
		if r.Limit > 0 {
			n = min(n, r.Limit)
		}
		if from = r.Skip; r.Reverse {
			from = z.Len() - r.Skip - n
		}
		return from, n, nil
	}
	if r.Skip > 0 || r.Limit > 0 {
		return 0, 0, nil // nobody removes that
	}
	if n, err = z.Count(r); err != nil || r.Min.Edge == Unbounded {
		return 0, n, err
	}
	below := Bound{Edge: Exclusive, Score: r.Min.Score, Field: r.Min.Field}
	if r.Min.Edge == Exclusive {
		below.Edge = Inclusive
	}
	from, err = z.Count(Range{Order: ByScore, Max: below})
	return from, n, err
}

// Rank returns a member's place, from 0 at the lowest score or, if reverse is set, at the
// highest; ok is false when it is not in the set.
func (z *ZSetKey) Rank(member []byte, reverse bool) (rank int64, score float64, ok bool, err error) {
	found, err := z.Scores(member)
	if err != nil || !found[0].Found {
		return 0, 0, false, err
	}
	score = found[0].Score
	before := Bound{Edge: Exclusive, Score: score, Field: member}
	rank, err = z.Count(Range{Order: ByScore, Max: before})
	if reverse {
		rank = z.Len() - 1 - rank
	}
	return rank, score, err == nil, err
}
