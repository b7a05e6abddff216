package store

import (
	"iter"
	"slices"
)

// StreamPending is an entry that was delivered and not acknowledged.
type StreamPending struct {
	ID        StreamID
	Consumer  []byte
	Delivered int64 // when last, in Unix milliseconds
	Count     int64 // how often
}

// The two orders of pending entries, kinds of groupField.
const (
	byID       = 0
	byConsumer = 1
)

func (g *StreamGroup) pendingField(id StreamID) []byte {
	return append(groupField(byID, g.Name), id.field()...)
}

func (g *StreamGroup) ownField(consumer []byte, id StreamID) []byte {
	return append(groupField(byConsumer, g.Name, consumer), id.field()...)
}

func pendingOf(it Item) StreamPending {
	p := StreamPending{ID: streamIDOf(it.Field[max(len(it.Field)-16, 0):])}
	p.Consumer = takeNumbers(it.Value, &p.Delivered, &p.Count)
	return p
}

// pendingPage bounds what is in memory of entries that a loop goes along: a loop over items must not write, so it
// collects a page first.
const pendingPage = 256

// PendingRange is a stretch of pending entries in the order of ids, both ends included.
type PendingRange struct {
	Consumer []byte // whose, nil for all
	From, To StreamID
	// Take is about how many the caller is going to look at, 0 if it does not know: more are not fetched at once.
	Take int64
}

// PendingOf walks pending entries. What it yields is valid until the next one; a loop that writes must keep the
// ids first.
func (g *StreamGroup) PendingOf(r PendingRange) iter.Seq2[StreamPending, error] {
	return func(yield func(StreamPending, error) bool) {
		switch {
		case r.From.Compare(r.To) > 0:
		case r.Consumer == nil:
			for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r.items(g)) {
				var p StreamPending
				if err == nil {
					p = pendingOf(it)
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		default:
			g.pendingOfOne(r, yield)
		}
	}
}

// items is the range in one of the two orders.
func (r PendingRange) items(g *StreamGroup) Range {
	prefix := groupField(byID, g.Name)
	if r.Consumer != nil {
		prefix = groupField(byConsumer, g.Name, r.Consumer)
	}
	return Range{Min: Bound{Edge: Inclusive, Field: append(slices.Clone(prefix), r.From.field()...)},
		Max: Bound{Edge: Inclusive, Field: append(slices.Clone(prefix), r.To.field()...)}}
}

// pendingOfOne finds the ids of one consumer's, and then what is kept by id, a page at a time.
func (g *StreamGroup) pendingOfOne(r PendingRange, yield func(StreamPending, error) bool) {
	for more := true; more; {
		ids, err := g.owned(r)
		if err != nil {
			yield(StreamPending{}, err)
			return
		}
		if len(ids) == 0 {
			return
		}
		found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, g.pendingFields(ids)...)
		if err != nil {
			yield(StreamPending{}, err)
			return
		}
		for _, it := range found {
			if it.Found && !yield(pendingOf(it), nil) {
				return
			}
		}
		r.From, more = ids[len(ids)-1].Next()
	}
}

// owned is the next page of the ids that one consumer has pending.
func (g *StreamGroup) owned(r PendingRange) (ids []StreamID, err error) {
	page := r.items(g)
	page.Limit = pendingPage
	if r.Take > 0 {
		page.Limit = min(r.Take, pendingPage)
	}
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, page) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, pendingOf(it).ID)
	}
	return ids, nil
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
	r := prefixed(groupField(byID, g.Name))
	r.Reverse, r.Limit = reverse, 1
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r) {
		if err != nil {
			return id, err
		}
		id = pendingOf(it).ID
	}
	return id, nil
}
