package store

import (
	"iter"
	"math"
	"slices"
)

// StreamPending is an entry that was delivered and not acknowledged.
type StreamPending struct {
	ID        StreamID
	Consumer  []byte
	Delivered int64 // when last, in Unix milliseconds
	Count     int64 // how often
	Released  bool  // given back, and nobody's since; Delivered is 0 then
}

// The orders of pending entries are kinds of groupField, for entries with items of their own and for runs. Entries
// without a consumer are not in the orders by consumer. Only some groups have the orders by time, see orderTimes.
const (
	byID           = 0
	byConsumer     = 1
	runsByID       = 2
	runsByConsumer = 3
	byTime         = 4
	runsByTime     = 5
)

func (g *StreamGroup) pendingField(id StreamID) []byte {
	return append(groupField(byID, g.Name), id.field()...)
}

func (g *StreamGroup) ownField(consumer []byte, id StreamID) []byte {
	return append(groupField(byConsumer, g.Name, consumer), id.field()...)
}

// released stands for the time at which an entry was delivered that is nobody's.
const released = -1

func (p StreamPending) value() []byte {
	if p.Released {
		p.Delivered = released
	}
	return append(numbers(p.Delivered, p.Count), p.Consumer...)
}

func pendingOf(it Item) StreamPending {
	p := StreamPending{ID: streamIDOf(it.Field[max(len(it.Field)-16, 0):])}
	p.Consumer = takeNumbers(it.Value, &p.Delivered, &p.Count)
	if p.Released = p.Delivered == released; p.Released {
		p.Delivered = 0
	}
	return p
}

// pendingPage bounds what is in memory of entries that a loop goes along: a loop over items must not write, so it
// collects a page first.
const pendingPage = 256

// PendingRange is a stretch of pending entries in the order of ids, both ends included.
type PendingRange struct {
	Consumer []byte // whose, nil for all
	From, To StreamID
	// Take is about how many the caller is going to look at, 0 if it does not know: not many more are fetched at once.
	Take int64
}

// PendingOf walks pending entries. What it yields is valid until the transaction ends.
func (g *StreamGroup) PendingOf(r PendingRange) iter.Seq2[StreamPending, error] {
	return func(yield func(StreamPending, error) bool) {
		for more := r.From.Compare(r.To) <= 0; more; {
			page, err := g.page(r)
			if err != nil {
				yield(StreamPending{}, err)
				return
			}
			for _, p := range page.all {
				if !yield(p, nil) {
					return
				}
			}
			if r.From, more = page.end.Next(); page.end.Compare(r.To) >= 0 {
				return
			}
		}
	}
}

// stretch are the pending entries up to an id, in the order of ids.
type stretch struct {
	all []StreamPending
	end StreamID
}

// page is the next stretch of a range, of at most about pendingPage entries.
func (g *StreamGroup) page(r PendingRange) (stretch, error) {
	n := int64(pendingPage)
	if r.Take > 0 {
		n = min(n, r.Take)
	}
	s := stretch{end: r.To}
	if r.Consumer != nil {
		return s, g.pageOfOne(&s, r, n)
	}
	var alone []StreamPending
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r.items(g, byID, n)) {
		if err != nil {
			return s, err
		}
		it.Value = slices.Clone(it.Value)
		alone = append(alone, pendingOf(it))
	}
	if int64(len(alone)) == n {
		s.end = alone[n-1].ID
	}
	err := g.runs(r.From, func(run *pendingRun) bool { return s.take(run, r.From, n) })
	s.join(alone)
	return s, err
}

// take adds the entries of the next run, until there are most; false if no more are wanted.
func (s *stretch) take(r *pendingRun, from StreamID, most int64) (more bool) {
	for _, id := range r.ids {
		if id.Compare(s.end) > 0 {
			return false
		}
		if id.Compare(from) >= 0 {
			s.all = append(s.all, r.of(id))
		}
	}
	if more = int64(len(s.all)) < most; !more {
		s.end = r.last()
	}
	return more
}

// join adds entries that are in no run, and leaves out those behind the end.
func (s *stretch) join(alone []StreamPending) {
	if runs := s.all; len(runs) == 0 {
		s.all = alone
	} else if len(alone) > 0 {
		s.all = make([]StreamPending, 0, len(runs)+len(alone))
		for _, p := range runs {
			for len(alone) > 0 && alone[0].ID.Compare(p.ID) < 0 {
				s.all, alone = append(s.all, alone[0]), alone[1:]
			}
			s.all = append(s.all, p)
		}
		s.all = append(s.all, alone...)
	}
	for n := len(s.all); n > 0 && s.all[n-1].ID.Compare(s.end) > 0; n-- {
		s.all = s.all[:n-1]
	}
}

// pageOfOne finds the ids of one consumer's, and then what is kept by id.
func (g *StreamGroup) pageOfOne(s *stretch, r PendingRange, n int64) error {
	ids, err := g.owned(byConsumer, r, n)
	if err != nil {
		return err
	}
	if int64(len(ids)) == n {
		s.end = ids[n-1]
	}
	runs, whole, err := g.ownedRuns(r, n)
	if err != nil || len(ids)+len(runs) == 0 {
		return err
	}
	fields := g.pendingFields(ids)
	for _, last := range runs {
		fields = append(fields, g.runField(last))
	}
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, fields...)
	if err != nil {
		return err
	}
	var alone []StreamPending
	for i, it := range found {
		switch {
		case !it.Found:
		case i < len(ids):
			alone = append(alone, pendingOf(it))
		default:
			s.take(runOf(it), r.From, math.MaxInt64)
		}
	}
	if !whole && runs[len(runs)-1].Compare(s.end) < 0 {
		s.end = runs[len(runs)-1]
	}
	s.join(alone)
	s.all = slices.DeleteFunc(s.all, func(p StreamPending) bool { return string(p.Consumer) != string(r.Consumer) })
	return nil
}

// ownedRuns are as many runs of one consumer's as n entries are likely to lie in; whole says that there are no more.
func (g *StreamGroup) ownedRuns(r PendingRange, n int64) (last []StreamID, whole bool, err error) {
	if g.Runs == 0 {
		return nil, true, nil
	}
	average := max(g.Pending/g.Runs, 1)
	most := n/average + 2
	r.To = maxStreamID // a run that begins in the range may end behind it
	last, err = g.owned(runsByConsumer, r, most)
	return last, int64(len(last)) < most, err
}

// owned is the next ids of one kind that one consumer has pending.
func (g *StreamGroup) owned(kind byte, r PendingRange, most int64) (ids []StreamID, err error) {
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r.items(g, kind, most)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, pendingOf(it).ID)
	}
	return ids, nil
}

// items is the range in the order of one kind.
func (r PendingRange) items(g *StreamGroup, kind byte, most int64) Range {
	prefix := groupField(kind, g.Name)
	if r.Consumer != nil {
		prefix = groupField(kind, g.Name, r.Consumer)
	}
	return Range{Min: Bound{Edge: Inclusive, Field: append(slices.Clone(prefix), r.From.field()...)},
		Max: Bound{Edge: Inclusive, Field: append(slices.Clone(prefix), r.To.field()...)}, Limit: most}
}

func (g *StreamGroup) pendingFields(ids []StreamID) [][]byte {
	fields := make([][]byte, len(ids))
	for i, id := range ids {
		fields[i] = g.pendingField(id)
	}
	return fields
}

// PendingEnds are the lowest and the highest pending id of a group that has some.
func (g *StreamGroup) PendingEnds() (first, last StreamID, err error) {
	if first, err = g.pendingEnd(false); err == nil {
		last, err = g.pendingEnd(true)
	}
	return first, last, err
}

func (g *StreamGroup) pendingEnd(reverse bool) (id StreamID, err error) {
	alone, there, err := g.outermost(byID, reverse)
	if err != nil || g.Runs == 0 {
		return pendingOf(alone).ID, err
	}
	it, in, err := g.outermost(runsByID, reverse)
	if err != nil || !in {
		return pendingOf(alone).ID, err
	}
	run := runOf(it)
	if id = run.ids[0]; reverse {
		id = run.last()
	}
	if one := pendingOf(alone).ID; there && (one.Compare(id) > 0) == reverse {
		id = one
	}
	return id, nil
}

// outermost is the first or the last item of one kind.
func (g *StreamGroup) outermost(kind byte, reverse bool) (it Item, there bool, err error) {
	r := prefixed(groupField(kind, g.Name))
	r.Reverse, r.Limit = reverse, 1
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r) {
		it.Field, it.Value = slices.Clone(it.Field), slices.Clone(it.Value)
		return it, err == nil, err
	}
	return it, false, nil
}
