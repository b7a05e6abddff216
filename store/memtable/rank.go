package memtable

import (
	"sort"

	"larder/store"
)

// search finds items of a range by rank, in orders without ties whose ranks are cheap below.
// It looks at the whole stack of layers at once: with one search inside another, layer by
// layer, the look-ups below would multiply. For one goroutine.
//
// The rank of a bound is the base's plus, for each layer, the live rows before it less the
// rows hidden before it. Trees count both, so that a probe costs one look-up in the base, at
// the item whose rank there is guessed; and as ranks here and there differ by what changed in
// between, the next guess is mostly right.
type search struct {
	base  store.BaseTx
	id    store.ID
	part  store.Part
	r     store.Range // upwards, without Skip and Limit; as it is to be read in the base, once all heaps are there
	none  bool        // a tombstone hides all of the base
	heaps []heap      // the newest layer's first
}

// heap is one layer's rows, and how many of them lie before the range and within. rest is the range as it is read
// below.
type heap struct {
	*order
	coll                 *coll
	rest                 store.Range
	skipLive, skipGone   int
	withLive, withinGone int64
	buried               int64
}

func (m *Merged) search(id store.ID, p store.Part, r store.Range) *search {
	r.Skip, r.Limit, r.Reverse = 0, 0, false
	s := &search{id: id, part: p, r: r}
	for {
		if c := m.layer.coll(id, p); c != nil && !s.none {
			s.add(c)
		}
		below, ok := m.low.(*Merged)
		if !ok {
			s.base = m.low
			return s
		}
		m = below
	}
}

func (s *search) add(c *coll) {
	h := heap{order: c.ordered(s.r.Order), coll: c}
	class, old := s.part.Class(), s.r.Order == store.ByScore
	h.skipLive, h.withLive = rankIn(h.live, s.r, class, false, false), within(h.live, s.r, class, false)
	rest, hidden, none := c.uncovered(s.r)
	h.rest, h.buried, s.none = rest, hidden.Count, none
	if !none {
		h.skipGone, h.withinGone = rankIn(h.gone, rest, class, false, old), within(h.gone, rest, class, old)
		s.r = rest
	}
	s.heaps = append(s.heaps, h)
}

// count is the number of items in the range.
func (s *search) count() (n int64, err error) {
	if !s.none {
		if n, err = s.base.Count(s.id, s.part, s.r); err != nil {
			return 0, err
		}
	}
	for _, h := range s.heaps {
		n += h.withLive - h.withinGone - h.buried
	}
	return n, nil
}

// rank is how many items lie before a bound inside the range, of which n are what the base has before it. What lies in
// a tombstone has the rank of its beginning, but for the rows of that layer and of newer ones.
func (s *search) rank(b store.Bound, n int64) (int64, error) {
	class, moved, more := s.part.Class(), false, int64(0)
	for i := range s.heaps {
		h := &s.heaps[i]
		more += int64(max(reach(h.live, h.by, class, b, false, false)-h.skipLive, 0))
		if s.none && i == len(s.heaps)-1 {
			return more, nil
		}
		more -= h.buriedBefore(b)
		if t := h.coll.tombAt(b); t != nil {
			if t.lo.Edge == store.Unbounded {
				return more, nil
			}
			b, moved = t.lo, true
		}
		more -= int64(max(reach(h.gone, h.by, class, b, false, h.by == store.ByScore)-h.skipGone, 0))
	}
	if moved {
		before := s.r
		before.Max = beyond(b)
		var err error
		if n, err = s.base.Count(s.id, s.part, before); err != nil {
			return 0, err
		}
	}
	return n + more, nil
}

// buriedBefore is what the tombstones hide that lie before a bound.
func (h *heap) buriedBefore(b store.Bound) (n int64) {
	before := h.rest
	before.Max = beyond(b)
	_, hidden, _ := h.coll.uncovered(before)
	return hidden.Count
}

// stop is an item of the base with its rank there and here.
type stop struct {
	bound   store.Bound
	here    int64
	visible bool
}

// probe looks at the base's item of a rank; ok is false behind the last.
func (s *search) probe(rank int64) (st stop, ok bool, err error) {
	if s.none {
		return st, false, nil
	}
	r := s.r
	r.Skip, r.Limit = rank, 1
	for it, err := range s.base.Range(s.id, s.part, r) {
		if err != nil {
			return st, false, err
		}
		st.bound = boundAt(it)
		st.visible = true
		for _, h := range s.heaps {
			if _, hidden := h.gone.Get(probe(it)); hidden || h.coll.tombAt(st.bound) != nil {
				st.visible = false
			}
		}
		st.here, err = s.rank(st.bound, rank)
		return st, true, err
	}
	return st, false, nil
}

// item returns a bound at the item of a rank; ok is false if there is none. It is the last of
// the base's items and the layers' live rows whose rank is not above: first the base's is
// found, then a live row between it and the base's next.
func (s *search) item(rank int64) (at store.Bound, ok bool, err error) {
	if rank < 0 {
		return at, false, nil
	}
	g, err := s.bracket(rank)
	if err != nil {
		return at, false, err
	}
	if g.short {
		return at, false, nil
	}
	if g.exact {
		return g.below.bound, true, nil
	}
	return s.between(g, rank)
}

// gap is where a rank lies in the base: from the last item whose rank here is not above it
// to the first whose is. Either may be missing.
type gap struct {
	below, above *stop
	n            int64 // items of the base before above
	exact        bool  // below is the item itself
	short        bool  // the base has not even as many items
}

func (s *search) bracket(rank int64) (g gap, err error) {
	var live, gone int64
	for _, h := range s.heaps {
		live, gone = live+h.withLive, gone+h.withinGone+h.buried
	}
	// Ranks here are not above for all before lo, and above, or there is no item, from hi on.
	lo, hi, guess := max(rank-live, 0), rank+gone+1, rank
	first, last := lo, hi
	for tries := 1; lo < hi; tries++ {
		if tries%3 == 0 {
			guess = (lo + hi) / 2 // what lies in clusters defeats guessing
		}
		at := min(max(guess, lo), hi-1)
		st, ok, err := s.probe(at)
		switch {
		case err != nil:
			return g, err
		case !ok:
			hi, g.above, guess = at, nil, (lo+at)/2
			last = -1
			continue
		case st.here > rank:
			hi, g.above = at, &st
		default:
			lo, g.below = at+1, &st
			if g.exact = st.here == rank && st.visible; g.exact {
				return g, nil
			}
		}
		if guess = at + rank - st.here; st.here == rank {
			guess = (lo + hi) / 2
		}
	}
	g.n = lo
	if g.below == nil && first > 0 {
		st, ok, err := s.probe(lo - 1)
		if g.below, g.short = &st, !ok; err != nil || !ok {
			return g, err
		}
	}
	if g.above == nil && lo == last {
		st, ok, err := s.probe(lo)
		if ok {
			g.above = &st
		}
		return g, err
	}
	return g, nil
}

// between finds the last live row in a gap whose rank is not above; where there is none the
// base's item is it.
func (s *search) between(g gap, rank int64) (at store.Bound, ok bool, err error) {
	class := s.part.Class()
	here := int64(0)
	if g.below != nil {
		at, here, ok = g.below.bound, g.below.here, true
	}
	for _, h := range s.heaps {
		from, to := h.skipLive, h.skipLive+int(h.withLive)
		if g.below != nil {
			from = reach(h.live, h.by, class, g.below.bound, true, false)
		}
		if g.above != nil {
			to = reach(h.live, h.by, class, g.above.bound, false, false)
		}
		rankAt := func(i int) (n int64) {
			r, _ := h.live.GetAt(from + i)
			if err == nil {
				n, err = s.rank(boundAt(r.item()), g.n)
			}
			return n
		}
		i := sort.Search(to-from, func(i int) bool { return rankAt(i) > rank }) - 1
		if i < 0 {
			continue
		}
		r, _ := h.live.GetAt(from + i)
		if !ok || against(r.pos, r.score, r.field(), h.by, class, at) > 0 {
			at, here, ok = boundAt(r.item()), rankAt(i), true
		}
	}
	return at, ok && here == rank, err
}
