package journal

import (
	"bytes"

	"larder/store"
)

// walk is one merged iteration over a part. For one goroutine.
type walk struct {
	m     *merged
	c     *coll
	id    store.ID
	part  store.Part
	r     store.Range
	trees trees
	skip  int64 // what seek left to pass over
	next  int   // index of the next live row in trees.live
	end   int   // where the live rows of the range end: exclusive, in direction
}

// shortSkip is passed over row by row; a longer one is searched for.
const shortSkip = 256

// seek finds where the walk begins. A long Skip is replaced by a tighter bound.
func (w *walk) seek() error {
	w.skip = w.r.Skip
	if w.r.Skip > shortSkip {
		if err := w.jump(); err != nil {
			return err
		}
	}
	class := w.part.Class()
	low, high := rankIn(w.trees.live, w.r, class, false, false), rankIn(w.trees.live, w.r, class, true, false)
	w.next, w.end = low, max(high, low)
	if w.r.Reverse {
		w.next, w.end = max(high, low)-1, low-1
	}
	return nil
}

// jump finds the row below whose merged rank is just under Skip, by bisection over the
// ranks below: the merged rank of the t-th row below grows with t.
func (w *walk) jump() error {
	bare := w.r
	bare.Skip, bare.Limit = 0, 0
	total, err := w.m.low.Count(w.id, w.part, bare)
	if err != nil {
		return err
	}
	lo, hi := int64(0), total // the t-th row below is at or before Skip for t < lo
	var best *store.Bound
	var bestRank int64
	for lo < hi {
		t := (lo + hi) / 2
		bound, err := w.boundAt(bare, t)
		if err != nil {
			return err
		}
		rank, err := w.rankBefore(bare, bound)
		if err != nil {
			return err
		}
		if rank <= w.r.Skip {
			lo, best, bestRank = t+1, &bound, rank
		} else {
			hi = t
		}
	}
	if best == nil {
		return nil
	}
	if w.r.Reverse {
		w.r.Max = *best
	} else {
		w.r.Min = *best
	}
	w.skip = w.r.Skip - bestRank
	return nil
}

// boundAt is an inclusive bound at the t-th row below, in the walk's direction.
func (w *walk) boundAt(bare store.Range, t int64) (store.Bound, error) {
	bare.Skip, bare.Limit = t, 1
	for it, err := range w.m.low.Range(w.id, w.part, bare) {
		return store.Bound{Edge: store.Inclusive, Pos: it.Pos, Score: it.Score, Field: nonNil(bytes.Clone(it.Field))}, err
	}
	return store.Bound{}, nil
}

// nonNil keeps an empty field apart from "no field".
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// rankBefore is how many merged rows of the range come before a bound.
func (w *walk) rankBefore(bare store.Range, b store.Bound) (int64, error) {
	b.Edge = store.Exclusive
	if w.r.Reverse {
		bare.Min = b
	} else {
		bare.Max = b
	}
	bare.Reverse = false
	return w.m.countAll(w.c, w.id, w.part, bare)
}

// run merges the two sources in order until Limit.
func (w *walk) run(yield func(store.Item, error) bool) {
	left := w.r.Limit
	emit := func(it store.Item) bool {
		if w.skip > 0 {
			w.skip--
			return true
		}
		if !yield(it, nil) {
			return false
		}
		left--
		return left != 0
	}
	bare := w.r
	bare.Skip, bare.Limit = 0, 0
	w.startBehindDrained(&bare)
	hidden := true // every row below so far was hidden
	for it, err := range w.m.low.Range(w.id, w.part, bare) {
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		if w.c.find(it.Pos, it.Field) != nil {
			if hidden {
				w.noteDrained(it)
			}
			continue
		}
		hidden = false
		for w.more() && w.before(it) {
			if !emit(seen(w.take())) {
				return
			}
		}
		if !emit(it) {
			return
		}
	}
	for w.more() {
		if !emit(seen(w.take())) {
			return
		}
	}
}

func (w *walk) more() bool { return w.next != w.end }

func (w *walk) take() *row {
	r, _ := w.trees.live.GetAt(w.next)
	if w.r.Reverse {
		w.next--
	} else {
		w.next++
	}
	return r
}

// before reports whether the next live row comes before a row from below.
func (w *walk) before(it store.Item) bool {
	r, _ := w.trees.live.GetAt(w.next)
	other := &row{item: it}
	less := naturalOrder
	if w.r.Order == store.ByScore {
		less = scoreOrder
	}
	if w.r.Reverse {
		return less(other, r)
	}
	return less(r, other)
}

func (w *walk) drainedIndex() int {
	i := int(w.r.Order) * 2
	if w.r.Reverse {
		i++
	}
	return i
}

// startBehindDrained skips what is known to be hidden, if the range begins at the very
// end of the order.
func (w *walk) startBehindDrained(bare *store.Range) {
	bound := w.c.drained[w.drainedIndex()].Load()
	if bound == nil {
		return
	}
	if w.r.Reverse && w.r.Max.Edge == store.Unbounded {
		bare.Max = *bound
	} else if !w.r.Reverse && w.r.Min.Edge == store.Unbounded {
		bare.Min = *bound
	}
}

// noteDrained remembers that everything up to a row from below is hidden. It stays true:
// what lies below never changes under a layer, and hidden rows stay hidden.
func (w *walk) noteDrained(it store.Item) {
	unbounded := w.r.Min.Edge == store.Unbounded
	if w.r.Reverse {
		unbounded = w.r.Max.Edge == store.Unbounded
	}
	if !unbounded || w.part.Class() == store.Hashed && w.r.Order == store.Natural {
		return // equal positions of hashed items could be cut apart
	}
	bound := store.Bound{Edge: store.Exclusive, Pos: it.Pos, Score: it.Score, Field: nonNil(bytes.Clone(it.Field))}
	w.c.drained[w.drainedIndex()].Store(&bound)
}
