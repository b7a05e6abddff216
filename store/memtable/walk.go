package memtable

import (
	"bytes"

	"larder/store"
)

// walk is one merged iteration over a part. For one goroutine.
type walk struct {
	m     *Merged
	c     *coll
	id    store.ID
	part  store.Part
	r     store.Range
	trees *order
	skip  int64 // what is left to pass over
	next  int   // index of the next live row in trees.live
	end   int   // where the live rows of the range end: exclusive, in direction

	yield  func(store.Item, error) bool
	left   int64 // of Limit
	over   bool  // nothing more is wanted
	hidden bool  // every row below so far was hidden
}

const (
	// shortSkip is passed over row by row; a longer one is searched for.
	shortSkip = 64
	// longRun is how many hidden rows are passed over before their end is searched for.
	longRun = 256
)

// seek finds where the walk begins. A long Skip is replaced by a tighter bound.
func (w *walk) seek() error {
	w.skip = w.r.Skip
	if w.r.Skip > shortSkip && w.leaps() {
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

// jump has the walk begin at the item that Skip leads to.
func (w *walk) jump() error {
	s := w.m.search(w.id, w.part, w.r)
	rank := w.r.Skip
	if w.r.Reverse {
		all, err := s.count()
		if err != nil {
			return err
		}
		rank = all - 1 - rank
	}
	at, ok, err := s.item(rank)
	if err != nil {
		return err
	}
	w.skip, w.over = 0, !ok
	w.start(&w.r, at)
	return nil
}

// start moves the end of a range at which the walk begins.
func (w *walk) start(r *store.Range, at store.Bound) {
	if w.r.Reverse {
		r.Max = at
	} else {
		r.Min = at
	}
}

// boundAt is an inclusive bound at an item.
func boundAt(it store.Item) store.Bound {
	return store.Bound{Edge: store.Inclusive, Pos: it.Pos, Score: it.Score, Field: nonNil(bytes.Clone(it.Field))}
}

// nonNil keeps an empty field apart from "no field".
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// run merges the two sources in order until Limit.
func (w *walk) run(yield func(store.Item, error) bool) {
	if w.over {
		return
	}
	w.left, w.yield, w.hidden = w.r.Limit, yield, true
	low := w.r
	low.Skip, low.Limit = 0, 0
	w.startBehindDrained(&low)
	none := false
	if w.r.Order == rankOrder(w.part) {
		low, _, none = w.c.uncovered(low)
	}
	for !none {
		again, err := w.pass(&low)
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		if !again {
			break
		}
	}
	for !w.over && w.more() {
		w.emit(seen(w.take()))
	}
}

// emit hands an item on; the walk is over when nobody wants more.
func (w *walk) emit(it store.Item) {
	if w.skip > 0 {
		w.skip--
		return
	}
	w.left--
	w.over = !w.yield(it, nil) || w.left == 0
}

// pass merges the rows below in a range. It says again, with the range moved, when it has
// met so many hidden rows that it searched for the end of them.
func (w *walk) pass(low *store.Range) (again bool, err error) {
	run := 0
	for it, err := range w.m.low.Range(w.id, w.part, *low) {
		if err != nil {
			return false, err
		}
		if w.c.find(it.Pos, it.Field) != nil {
			if w.hidden {
				w.noteDrained(it)
			}
			if run++; run == longRun && w.leaps() {
				return w.leap(low, boundAt(it))
			}
			continue
		}
		if t := w.c.tomb(it); t != nil {
			if w.r.Order == rankOrder(w.part) {
				return w.behind(low, t), nil
			}
			continue
		}
		w.hidden, run = false, 0
		for w.more() && w.before(it) {
			if w.emit(seen(w.take())); w.over {
				return false, nil
			}
		}
		if w.emit(it); w.over {
			return false, nil
		}
	}
	return false, nil
}

// behind moves a range behind a tombstone; there is nothing left of it if that has no end.
func (w *walk) behind(low *store.Range, t *tombstone) (again bool) {
	end := t.hi
	if w.r.Reverse {
		end = t.lo
	}
	w.start(low, beyond(end))
	return end.Edge != store.Unbounded
}

// leaps reports whether a place is found by its rank. Those of Expiries are not counted, for no hash is Ranked: what is
// hidden there is passed over row by row, and noted as drained.
func (w *walk) leaps() bool { return counted(w.part, w.r.Order) && w.part != store.Expiries }

// leap moves a range from a hidden row to the next item that the walk shows.
func (w *walk) leap(low *store.Range, from store.Bound) (again bool, err error) {
	all := *low
	all.Reverse = false
	all.Max, all.Max.Edge = from, store.Exclusive
	s := w.m.search(w.id, w.part, all)
	rank, err := s.count()
	if err != nil {
		return false, err
	}
	if w.r.Reverse {
		rank--
	} else {
		s = w.m.search(w.id, w.part, *low)
	}
	at, ok, err := s.item(rank)
	w.start(low, at)
	return ok, err
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
	other := probe(it)
	compare := naturalCompare
	if w.r.Order == store.ByScore {
		compare = scoreCompare
	}
	if w.r.Reverse {
		return compare(other, r) < 0
	}
	return compare(r, other) < 0
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
	bound := boundAt(it)
	bound.Edge = store.Exclusive
	w.c.drained[w.drainedIndex()].Store(&bound)
}
