package store

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
)

// Aggregate joins the scores of a member that several operands hold.
type Aggregate uint8

// The aggregates of ZUNION and ZINTER.
const (
	AggregateSum Aggregate = iota
	AggregateMin
	AggregateMax
)

// join follows Redis where NaN arises: opposite infinities sum to 0, and a NaN never
// replaces a minimum or maximum.
func (a Aggregate) join(x, y float64) float64 {
	switch {
	case a == AggregateSum:
		return zeroForNaN(x + y)
	case a == AggregateMin && y < x, a == AggregateMax && y > x:
		return y
	}
	return x
}

func zeroForNaN(f float64) float64 {
	if f != f || f == 0 {
		return 0
	}
	return f
}

// ZSource is one operand: a sorted set, or a set whose members score 1.
type ZSource struct {
	handle
	Weight float64
	// Counts has each member score the weight, whatever it scores in the operand: a sum then counts operands.
	Counts bool
	times  bool // of a set's members Score is when they expire
	part   Part
}

// OpenZSources reads the heads of operands, each of weight 1. Absent keys are empty; a key
// that is neither a sorted set nor a set gives ErrWrongType.
func OpenZSources(tx Tx, keys ...Key) ([]ZSource, error) {
	heads, err := tx.Heads(nil, keys...)
	if err != nil {
		return nil, err
	}
	sources := make([]ZSource, len(heads))
	for i, h := range heads {
		s := ZSource{Weight: 1, handle: handle{tx: tx, key: keys[i], head: h}}
		switch h.Type {
		case ZSet:
			s.part = Scores
		case Set:
			s.part = Members
		case None:
		default:
			return nil, ErrWrongType
		}
		sources[i] = s
	}
	return sources, nil
}

func (s *ZSource) score(it Item) float64 {
	if s.times {
		return it.Score
	}
	if s.Counts || s.part == Members {
		return s.Weight
	}
	return it.Score * s.Weight
}

// pages yields an operand's members with their weighted scores, a bounded number at a time,
// in memory that the caller may change until the next page.
func (s *ZSource) pages() iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		var page []Item
		held := 0
		source := s.items(s.part)
		if s.times {
			source = s.itemsTimed(s.part)
		}
		for it, err := range source {
			if err != nil {
				yield(nil, err)
				return
			}
			page = append(page, Item{Field: bytes.Clone(it.Field), Score: zeroForNaN(s.score(it))})
			if held += len(it.Field); len(page) == batchItems || held >= batchBytes {
				if !yield(page, nil) {
					return
				}
				page, held = page[:0], 0
			}
		}
		if len(page) > 0 {
			yield(page, nil)
		}
	}
}

// ZOp is a set operation.
type ZOp uint8

// The operations of ZUNION, ZINTER and ZDIFF.
const (
	ZUnion ZOp = iota
	ZInter
	ZDiff
)

// ZQuery is an operation over operands. ZDiff knows neither weights nor aggregates.
type ZQuery struct {
	Op        ZOp
	Sources   []ZSource
	Aggregate Aggregate
}

// Collect returns the result ordered by score and member. It is in memory: a View has
// nowhere else to put it.
func (q ZQuery) Collect(tx Tx) ([]Item, error) {
	var all zsetList
	if err := q.run(&all); err != nil {
		return nil, err
	}
	slices.SortFunc(all.items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), bytes.Compare(a.Field, b.Field))
	})
	return all.items, nil
}

// Store makes the result the value of dst, whatever that held, and returns its length; an
// empty result leaves no key.
func (q ZQuery) Store(tx Tx, dst Key) (int64, error) {
	made := newZSetMaker(tx, dst)
	if err := q.run(made); err != nil {
		return 0, err
	}
	return made.finish()
}

// CountInter returns the size of the intersection, counting no further than limit unless
// that is 0.
func (q ZQuery) CountInter(tx Tx, limit int64) (n int64, err error) {
	for page, err := range q.inter() {
		if err != nil {
			return 0, err
		}
		if n += int64(len(page)); limit > 0 && n >= limit {
			return limit, nil
		}
	}
	return n, nil
}

func (q ZQuery) run(to zsetSink) error {
	if q.Op == ZUnion {
		return q.unite(to)
	}
	pages := q.diff()
	if q.Op == ZInter {
		pages = q.inter()
	}
	for page, err := range pages {
		if err != nil {
			return err
		}
		if err := to.add(page); err != nil {
			return err
		}
	}
	return nil
}

// bySize orders operands from the smallest to the largest, as Redis does: it also decides
// the order in which scores are summed.
func bySize(sources []ZSource) []ZSource {
	s := slices.Clone(sources)
	slices.SortStableFunc(s, func(a, b ZSource) int { return cmp.Compare(a.Len(), b.Len()) })
	return s
}

func (q ZQuery) unite(to zsetSink) error {
	put := to.add
	for _, s := range bySize(q.Sources) {
		for page, err := range s.pages() {
			if err != nil {
				return err
			}
			if err := put(page); err != nil {
				return err
			}
		}
		if s.Exists() {
			put = func(page []Item) error { return to.merge(page, q.Aggregate) }
		}
	}
	return nil
}

func (q ZQuery) inter() iter.Seq2[[]Item, error] {
	s := bySize(q.Sources)
	return sieve(s[0], s[1:], func(other *ZSource, mine *Item, theirs Item) bool {
		if theirs.Found {
			mine.Score = q.Aggregate.join(mine.Score, other.score(theirs))
		}
		return theirs.Found
	})
}

func (q ZQuery) diff() iter.Seq2[[]Item, error] {
	return sieve(q.Sources[0], q.Sources[1:], func(_ *ZSource, _ *Item, theirs Item) bool {
		return !theirs.Found
	})
}

// sieve yields what of first is left after keep was asked about each member and what each
// of others holds of it.
func sieve(first ZSource, others []ZSource,
	keep func(other *ZSource, mine *Item, theirs Item) bool) iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		for page, err := range first.pages() {
			left := page
			for i := 0; i < len(others) && len(left) > 0 && err == nil; i++ {
				left, err = sieveOnce(left, &others[i], keep)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if len(left) > 0 && !yield(left, nil) {
				return
			}
		}
	}
}

func sieveOnce(page []Item, other *ZSource,
	keep func(other *ZSource, mine *Item, theirs Item) bool) ([]Item, error) {
	lookup := other.lookup
	if other.times {
		lookup = other.lookupTimed
	}
	theirs, err := lookup(other.part, fieldsOf(page)...)
	if err != nil {
		return nil, err
	}
	left := page[:0]
	for i, mine := range page {
		if keep(other, &mine, theirs[i]) {
			left = append(left, mine)
		}
	}
	return left, nil
}
