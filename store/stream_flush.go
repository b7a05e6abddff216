package store

import (
	"maps"
	"slices"
)

// pendingWrites are what becomes of pending items, one order behind the other: neighbours are written together.
// They belong to the transaction's goroutine.
type pendingWrites struct {
	group     *StreamGroup
	gone      [][]byte
	byID, own []Item
}

// Flush writes what became of the entries that were loaded, and forgets them.
func (g *StreamGroup) Flush() error {
	w := pendingWrites{group: g}
	var fresh []*pendingRun
	for _, d := range g.deliveries.order {
		switch {
		case d.run != nil: // written with its run
		case d.fresh && d.stands:
			fresh = joined(fresh, d.id, d.is)
		default:
			w.alone(d)
		}
	}
	w.stretches(fresh, runLeast)
	for _, last := range slices.SortedFunc(maps.Keys(g.deliveries.runs), StreamID.Compare) {
		r := g.deliveries.runs[last]
		w.again(r, g.deliveries.now(r))
	}
	g.deliveries.forget()
	if err := g.drop(Pending, w.gone...); err != nil {
		return err
	}
	return g.put(Pending, append(w.byID, w.own...)...)
}

// alone writes an entry with an item of its own.
func (w *pendingWrites) alone(d *delivery) {
	moved := d.stood != d.stands || string(d.was.Consumer) != string(d.is.Consumer)
	if d.stood && moved {
		w.gone = append(w.gone, w.group.ownField(d.was.Consumer, d.id))
	}
	if d.stood && !d.stands {
		w.gone = append(w.gone, w.group.pendingField(d.id))
	}
	if d.stands && moved {
		w.own = append(w.own, Item{Field: w.group.ownField(d.is.Consumer, d.id), New: true})
	}
	if d.stands && (moved || !d.was.alike(d.is)) {
		w.byID = append(w.byID, Item{Field: w.group.pendingField(d.id), Value: d.is.value(), New: !d.stood})
	}
}

func (p StreamPending) value() []byte { return append(numbers(p.Delivered, p.Count), p.Consumer...) }

// stretches writes entries that had no items: as runs where at least so many are alike.
func (w *pendingWrites) stretches(all []*pendingRun, least int) {
	for _, r := range all {
		if len(r.ids) >= least {
			w.run(r)
			continue
		}
		for _, id := range r.ids {
			w.alone(&delivery{id: id, is: r.all, stands: true})
		}
	}
}

// run writes one stretch as one run or several.
func (w *pendingWrites) run(r *pendingRun) {
	for rest := r.ids; len(rest) > 0; {
		var piece pendingRun
		piece.all = r.all
		var value []byte
		value, piece.ids, rest = (&pendingRun{r.all, rest}).value()
		w.byID = append(w.byID, Item{Field: w.group.runField(piece.last()), Value: value})
		w.own = append(w.own, Item{Field: w.group.ownRunField(r.all.Consumer, piece.last())})
		w.group.Runs++
	}
}

// again writes what has become of a run. As long as it is one stretch it stays a run, or who acknowledges its entries
// one by one would at last have to write items for those that are left.
func (w *pendingWrites) again(was *pendingRun, now []*pendingRun) {
	one := len(now) == 1
	if one && len(now[0].ids) == len(was.ids) && now[0].all.alike(was.all) {
		return
	}
	stays := one && now[0].last() == was.last()
	if !stays {
		w.gone = append(w.gone, w.group.runField(was.last()))
	}
	if !stays || string(now[0].all.Consumer) != string(was.all.Consumer) {
		w.gone = append(w.gone, w.group.ownRunField(was.all.Consumer, was.last()))
	}
	w.group.Runs--
	if one {
		w.run(now[0])
		return
	}
	w.stretches(now, partLeast)
}
