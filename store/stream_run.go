package store

import (
	"encoding/binary"
	"slices"
)

// A long read of a group delivers many entries to one consumer at one time. They are kept as runs, many ids in one
// item: with two items for each, half a million entries took six seconds. Runs do not overlap (a single entry may
// lie between the ids of one), so the run that may hold an id is the first that does not end before it.
const (
	// runBytes bounds the ids of a run: items up to InlineMax lie beside their key, and acknowledging one id writes
	// the run again.
	runBytes = 320
	// runLeast is how many entries that are delivered together are worth a run. Workers mostly ask for a hundred or less
	// and acknowledge them one by one, which takes three quarters more processor time of a run: it has to be looked
	// for and written anew.
	runLeast = 128
	// partLeast is how many entries of a run that is cut in pieces are worth one of their own.
	partLeast = 16
	// runsPassed is how many runs are passed on the way to the next that is looked for, before it is sought.
	runsPassed = 64
)

// pendingRun is a run that a transaction looks at. It belongs to the transaction's goroutine.
type pendingRun struct {
	all StreamPending // what its entries have in common
	ids []StreamID    // ascending; the item is found by the last
}

func (r *pendingRun) last() StreamID { return r.ids[len(r.ids)-1] }

// of is one of the run's entries.
func (r *pendingRun) of(id StreamID) StreamPending {
	p := r.all
	p.ID = id
	return p
}

// ownedAs reports whether two entries are the same consumer's, or both nobody's.
func (p StreamPending) ownedAs(o StreamPending) bool {
	return p.Released == o.Released && string(p.Consumer) == string(o.Consumer)
}

// alike reports whether two entries may be in one run.
func (p StreamPending) alike(o StreamPending) bool {
	return p.Delivered == o.Delivered && p.Count == o.Count && p.ownedAs(o)
}

func (g *StreamGroup) runField(last StreamID) []byte {
	return append(groupField(runsByID, g.Name), last.field()...)
}

func (g *StreamGroup) ownRunField(consumer []byte, last StreamID) []byte {
	return append(groupField(runsByConsumer, g.Name, consumer), last.field()...)
}

// appendAfter encodes an id by its distance from the one before it.
func (id StreamID) appendAfter(b []byte, before StreamID) []byte {
	b = binary.AppendUvarint(b, id.Millis-before.Millis)
	if id.Millis == before.Millis {
		return binary.AppendUvarint(b, id.Seq-before.Seq)
	}
	return binary.AppendUvarint(b, id.Seq)
}

// value encodes the first of the ids, as many as a run holds, and returns the others.
func (r *pendingRun) value() (value []byte, head, rest []StreamID) {
	b := numbers(r.all.Delivered, r.all.Count, int64(len(r.all.Consumer)))
	b = append(b, r.all.Consumer...)
	start, before := len(b), StreamID{}
	for i, id := range r.ids {
		if len(b)-start > runBytes {
			return b, r.ids[:i], r.ids[i:]
		}
		b = id.appendAfter(b, before)
		before = id
	}
	return b, r.ids, nil
}

// runOf decodes a run; it holds what it is found by, whatever the item says.
func runOf(it Item) *pendingRun {
	r, size := &pendingRun{}, int64(0)
	b := takeNumbers(slices.Clone(it.Value), &r.all.Delivered, &r.all.Count, &size)
	size = max(min(size, int64(len(b))), 0)
	r.all.Consumer, b = b[:size:size], b[size:]
	for id := (StreamID{}); len(b) > 0; {
		var millis, seq int64
		b = takeNumbers(b, &millis, &seq)
		if millis == 0 {
			seq += int64(id.Seq)
		}
		id = StreamID{id.Millis + uint64(millis), uint64(seq)}
		r.ids = append(r.ids, id)
	}
	if last := pendingOf(it).ID; len(r.ids) == 0 || r.last() != last {
		r.ids = append(r.ids, last)
	}
	return r
}

// runs walks the runs in the order of ids, from the one that may hold an id.
func (g *StreamGroup) runs(from StreamID, visit func(*pendingRun) (more bool)) error {
	if g.Runs == 0 {
		return nil
	}
	r := prefixed(groupField(runsByID, g.Name))
	r.Min.Field = g.runField(from)
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, r) {
		if err != nil {
			return err
		}
		if !visit(runOf(it)) {
			break
		}
	}
	return nil
}

// findInRuns looks for entries among the runs and returns those that are in none.
func (g *StreamGroup) findInRuns(asked []*delivery) (others []*delivery, err error) {
	if g.Runs == 0 {
		return asked, nil
	}
	left := slices.Clone(asked)
	slices.SortFunc(left, func(a, b *delivery) int { return a.id.Compare(b.id) })
	for len(left) > 0 {
		passed := 0
		err := g.runs(left[0].id, func(r *pendingRun) bool {
			r = g.deliveries.loaded(r)
			found := 0
			for len(left) > 0 && left[0].id.Compare(r.last()) <= 0 {
				if _, in := slices.BinarySearchFunc(r.ids, left[0].id, StreamID.Compare); in {
					g.deliveries.enter(left[0], r)
					found++
				} else {
					others = append(others, left[0])
				}
				left = left[1:]
			}
			if passed++; found > 0 {
				passed = 0
			}
			return len(left) > 0 && passed < runsPassed
		})
		if err != nil {
			return nil, err
		}
		if passed < runsPassed {
			break // no run is left
		}
	}
	return append(others, left...), nil
}

// loaded is the run as it is held already, or else itself.
func (d *deliveries) loaded(r *pendingRun) *pendingRun {
	if held := d.runs[r.last()]; held != nil {
		return held
	}
	return r
}

// enter notes that an entry is pending as one of a run.
func (d *deliveries) enter(one *delivery, r *pendingRun) {
	if d.runs == nil {
		d.runs = map[StreamID]*pendingRun{}
	}
	d.runs[r.last()] = r
	one.was, one.stood, one.run = r.of(one.id), true, r
	one.is, one.stands = one.was, true
}

// now is what has become of a run: stretches of entries that are alike.
func (d *deliveries) now(r *pendingRun) (all []*pendingRun) {
	for _, id := range r.ids {
		is, stands := r.all, true
		if one := d.byID[id]; one != nil {
			is, stands = one.is, one.stands
		}
		if stands {
			all = joined(all, id, is)
		}
	}
	return all
}

// joined adds an entry to the last of some runs if it is like it, else as another.
func joined(all []*pendingRun, id StreamID, p StreamPending) []*pendingRun {
	if n := len(all); n == 0 || !all[n-1].all.alike(p) {
		all = append(all, &pendingRun{all: p})
	}
	r := all[len(all)-1]
	r.ids = append(r.ids, id)
	return all
}
