package store

import (
	"cmp"
	"iter"
	"slices"
)

// unionMemory is the size of operands in bytes up to which Union remembers what it has seen.
const unionMemory = 4 << 20

// Sets are the operands of a set operation. They belong to the transaction's goroutine.
//
// They are sieved like sorted sets, with scores that tell when members expire, if somebody wants to know: see
// keepTimes. Results come in pages, which the caller may change until it asks for the next; memory does not grow
// with the result.
type Sets struct {
	tx      Tx
	sources []ZSource
	bytes   int64
}

// OpenSets reads the heads of operands. Absent keys are empty, another type gives ErrWrongType.
func OpenSets(tx Tx, keys ...Key) (*Sets, error) {
	heads, err := tx.Heads(nil, keys...)
	if err != nil {
		return nil, err
	}
	s := &Sets{tx: tx, sources: make([]ZSource, len(heads))}
	for i, h := range heads {
		if h.Exists() && h.Type != Set {
			return nil, ErrWrongType
		}
		s.sources[i] = ZSource{handle: handle{tx: tx, key: keys[i], head: h}, part: Members}
		s.bytes += h.Bytes
	}
	return s, nil
}

// Inter yields the members that all operands have: the smallest is asked of the others.
func (s *Sets) Inter() iter.Seq2[[]Item, error] {
	bySize := bySize(s.sources)
	return sieve(bySize[0], bySize[1:], func(_ *ZSource, mine *Item, theirs Item) bool {
		if behind(int64(theirs.Score)) < behind(int64(mine.Score)) {
			mine.Score = theirs.Score
		}
		return theirs.Found
	})
}

// Diff yields the members of the first operand that no other has. The largest of the others
// is asked first: it is the likeliest to have one.
func (s *Sets) Diff() iter.Seq2[[]Item, error] {
	others := slices.Clone(s.sources[1:])
	slices.SortStableFunc(others, func(a, b ZSource) int { return cmp.Compare(b.Len(), a.Len()) })
	return sieve(s.sources[0], others, notFound)
}

func notFound(_ *ZSource, _ *Item, theirs Item) bool { return !theirs.Found }

// Union yields the members that any operand has, each once.
func (s *Sets) Union() iter.Seq2[[]Item, error] {
	if s.intsets() {
		return s.unionOfNumbers()
	}
	if s.bytes > unionMemory || len(s.sources) == 1 {
		return s.unionAsking()
	}
	return s.unionRemembering()
}

// intsets reports whether all operands are. Each is of a few hundred members then, so that all are in memory.
func (s *Sets) intsets() bool {
	for i := range s.sources {
		if o := &s.sources[i]; o.Exists() && Encoding(o.head.Encoding) != EncodingIntset {
			return false
		}
	}
	return s.bytes <= unionMemory
}

// unionOfNumbers yields the union as the intset that Redis makes of it.
func (s *Sets) unionOfNumbers() iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		var all []Item
		for page, err := range s.unionRemembering() {
			if err != nil {
				yield(nil, err)
				return
			}
			all = append(all, page...)
		}
		slices.SortFunc(all, compareNumbers)
		yield(all, nil)
	}
}

// compareNumbers compares members of an intset.
func compareNumbers(a, b Item) int {
	x, _ := ParseInteger(a.Field)
	y, _ := ParseInteger(b.Field)
	return cmp.Compare(x, y)
}

// unionAsking yields of each operand what none before it has.
func (s *Sets) unionAsking() iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		for i, source := range s.sources {
			for page, err := range sieve(source, s.sources[:i], notFound) {
				if !yield(page, err) {
					return
				}
			}
		}
	}
}

func (s *Sets) unionRemembering() iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		seen := map[string]struct{}{}
		for page, err := range s.All() {
			fresh := page[:0]
			for _, it := range page {
				if _, again := seen[string(it.Field)]; !again {
					seen[string(it.Field)] = struct{}{}
					fresh = append(fresh, it)
				}
			}
			if (len(fresh) > 0 || err != nil) && !yield(fresh, err) {
				return
			}
		}
	}
}

// All yields every member of every operand, those that several have several times.
func (s *Sets) All() iter.Seq2[[]Item, error] {
	return func(yield func([]Item, error) bool) {
		for _, source := range s.sources {
			for page, err := range source.pages() {
				if !yield(page, err) {
					return
				}
			}
		}
	}
}
