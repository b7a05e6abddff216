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

// Waiting finds a pending entry by id.
func (g *StreamGroup) Waiting(id StreamID) (p StreamPending, ok bool, err error) {
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, g.pendingField(id))
	if err != nil || !found[0].Found {
		return p, false, err
	}
	return pendingOf(found[0]), true, nil
}

// Deliver notes that an entry went to a consumer: to another one if it was pending already.
func (g *StreamGroup) Deliver(p StreamPending, to *StreamConsumer) error {
	old, there, err := g.Waiting(p.ID)
	if err != nil {
		return err
	}
	p.Consumer = to.Name
	if there && string(old.Consumer) != string(to.Name) {
		if err := g.takeFrom(old); err != nil {
			return err
		}
		there = false
	}
	if !there {
		to.Pending++
		g.Pending++
		if err := g.put(Pending, g.ownField(to.Name, p.ID), nil); err != nil {
			return err
		}
	}
	return g.put(Pending, g.pendingField(p.ID), append(numbers(p.Delivered, p.Count), p.Consumer...))
}

// takeFrom removes an entry from its consumer's own list.
func (g *StreamGroup) takeFrom(p StreamPending) error {
	c, err := g.Consumer(p.Consumer)
	if err != nil {
		return err
	}
	if c != nil {
		c.Pending--
	}
	g.Pending--
	return g.drop(Pending, g.ownField(slices.Clone(p.Consumer), p.ID))
}

// Acknowledge removes pending entries and returns how many there were. Save writes the counts.
func (g *StreamGroup) Acknowledge(ids ...StreamID) (n int64, err error) {
	for _, id := range ids {
		p, there, err := g.Waiting(id)
		if err != nil {
			return n, err
		}
		if !there {
			continue
		}
		if err := g.takeFrom(p); err != nil {
			return n, err
		}
		if err := g.drop(Pending, g.pendingField(id)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// PendingOf walks pending entries by id, both ends included: one consumer's, or all if consumer is nil.
// What it yields is valid until the next one; a loop that writes must keep the ids first.
func (g *StreamGroup) PendingOf(consumer []byte, from, to StreamID) iter.Seq2[StreamPending, error] {
	prefix := groupField(byID, g.Name)
	if consumer != nil {
		prefix = groupField(byConsumer, g.Name, consumer)
	}
	r := Range{Min: Bound{Edge: Inclusive, Field: append(slices.Clone(prefix), from.field()...)},
		Max: Bound{Edge: Inclusive, Field: append(slices.Clone(prefix), to.field()...)}}
	return func(yield func(StreamPending, error) bool) {
		if from.Compare(to) > 0 {
			return
		}
		for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r) {
			var p StreamPending
			if err == nil {
				p = pendingOf(it)
				if consumer != nil {
					p, _, err = g.Waiting(p.ID)
				}
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}
