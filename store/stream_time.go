package store

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"slices"
)

// Once a consumer has claimed entries that were pending in a group for long, the group's pending entries are also
// kept in the order of the times when they were last delivered, entries and runs apart. Groups whose consumers
// acknowledge in time never claim, and do not pay for that order.
//
// The rejected alternative, a bound below all the times, spares the walk where nothing is idle, but not where a million
// entries are and ten of them are asked for at a time.

// timeField is where an entry, or a run by its last id, is in the order of times.
func (g *StreamGroup) timeField(kind byte, delivered int64, id StreamID) []byte {
	b := binary.BigEndian.AppendUint64(groupField(kind, g.Name), uint64(max(delivered, 0)))
	return append(b, id.field()...)
}

// timeOf is what an item in the order of times says.
func timeOf(it Item) (delivered int64, id StreamID) {
	b := it.Field[max(len(it.Field)-24, 0):]
	if len(b) < 24 {
		return 0, StreamID{}
	}
	return int64(binary.BigEndian.Uint64(b)), streamIDOf(b[8:])
}

// orderTimes begins to keep the order of times.
func (g *StreamGroup) orderTimes() error {
	if g.Timed {
		return nil
	}
	alone := func(it Item) []byte { return g.timeField(byTime, pendingOf(it).Delivered, pendingOf(it).ID) }
	run := func(it Item) []byte { return g.timeField(runsByTime, runOf(it).all.Delivered, runOf(it).last()) }
	if err := g.orderKind(byID, alone); err != nil {
		return err
	}
	if err := g.orderKind(runsByID, run); err != nil {
		return err
	}
	g.Timed = true
	return nil
}

// orderKind puts the items of one kind in the order of times.
func (g *StreamGroup) orderKind(kind byte, field func(Item) []byte) error {
	r := prefixed(groupField(kind, g.Name))
	r.Limit = storePage
	for {
		var page []Item
		for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r) {
			if err != nil {
				return err
			}
			page = append(page, Item{Field: field(it)})
			r.Min = Bound{Edge: Exclusive, Field: slices.Clone(it.Field)}
		}
		if err := g.put(Pending, page...); err != nil || len(page) < storePage {
			return err
		}
	}
}

// Idlest yields pending entries in the order of the times when they were last delivered, as long as that is not after a
// time: those that were given back first. It begins to keep that order: Save notes so.
func (g *StreamGroup) Idlest(until int64) iter.Seq2[StreamPending, error] {
	return func(yield func(StreamPending, error) bool) {
		if err := g.orderTimes(); err != nil {
			yield(StreamPending{}, err)
			return
		}
		alone, runs := newTimeWalk(g, byTime, until), newTimeWalk(g, runsByTime, until)
		for {
			err := cmp.Or(alone.fill(), runs.fill())
			next := alone
			if len(alone.held) == 0 || len(runs.held) > 0 && runs.held[0].before(alone.held[0]) {
				next = runs
			}
			switch {
			case err != nil:
				yield(StreamPending{}, err)
				return
			case len(next.held) == 0 || !yield(next.held[0], nil):
				return
			}
			next.held = next.held[1:]
		}
	}
}

// before is the order of times.
func (p StreamPending) before(o StreamPending) bool {
	if p.Delivered != o.Delivered {
		return p.Delivered < o.Delivered
	}
	return p.ID.Compare(o.ID) < 0
}

// timeWalk goes along entries, or runs, in the order of times, a page at a time. It belongs to the transaction's
// goroutine.
type timeWalk struct {
	group *StreamGroup
	kind  byte
	next  Range
	held  []StreamPending
	whole bool
}

// How many entries, and how many runs of a hundred entries and more, are read at once in the order of times.
const (
	timePage    = 64
	timeRunPage = 4
)

func newTimeWalk(g *StreamGroup, kind byte, until int64) *timeWalk {
	r := prefixed(groupField(kind, g.Name))
	end := g.timeField(kind, until, maxStreamID)
	r.Max, r.Limit = Bound{Edge: Inclusive, Field: end}, timePage
	if kind == runsByTime {
		r.Limit = timeRunPage
	}
	return &timeWalk{group: g, kind: kind, next: r, whole: kind == runsByTime && g.Runs == 0}
}

// fill holds the next entry, unless there is none.
func (w *timeWalk) fill() error {
	for len(w.held) == 0 && !w.whole {
		if err := w.page(); err != nil {
			return err
		}
	}
	return nil
}

// page reads the next items, and what is kept by id.
func (w *timeWalk) page() error {
	g := w.group
	var fields [][]byte
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, w.next) {
		if err != nil {
			return err
		}
		_, id := timeOf(it)
		if w.kind == byTime {
			fields = append(fields, g.pendingField(id))
		} else {
			fields = append(fields, g.runField(id))
		}
		w.next.Min = Bound{Edge: Exclusive, Field: slices.Clone(it.Field)}
	}
	w.whole = int64(len(fields)) < w.next.Limit
	if len(fields) == 0 {
		return nil
	}
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, fields...)
	for _, it := range found {
		switch {
		case !it.Found:
		case w.kind == byTime:
			w.held = append(w.held, pendingOf(it))
		default:
			r := runOf(it)
			for _, id := range r.ids {
				w.held = append(w.held, r.of(id))
			}
		}
	}
	// Runs that were delivered at one time are in the order of their last ids, and so are their entries: they do not
	// overlap.
	return err
}

// untime takes pending items of one kind, which are about to go, out of the order of times.
func (g *StreamGroup) untime(kind byte, fields [][]byte) error {
	if !g.Timed {
		return nil
	}
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, fields...)
	var times [][]byte
	for _, it := range found {
		switch {
		case !it.Found:
		case kind == byID:
			times = append(times, g.timeField(byTime, pendingOf(it).Delivered, pendingOf(it).ID))
		default:
			times = append(times, g.timeField(runsByTime, runOf(it).all.Delivered, runOf(it).last()))
		}
	}
	if err != nil {
		return err
	}
	return g.drop(Pending, times...)
}

// Release gives an entry that was loaded back: it is pending, and nobody's.
func (g *StreamGroup) Release(id StreamID, count int64) {
	d, _ := g.deliveries.add(id)
	g.take(d)
	d.is, d.stands = StreamPending{ID: id, Count: count, Released: true}, true
	g.Pending++
	g.Released++
}

// Again is how often an entry was delivered once it is delivered again; the highest number stays.
func (p StreamPending) Again() int64 {
	if p.Count == math.MaxInt64 {
		return p.Count
	}
	return p.Count + 1
}
