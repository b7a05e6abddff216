package store

import (
	"maps"
	"slices"
)

// pendingWrites are what becomes of pending items, one order behind the other: neighbours are written together.
// They belong to the transaction's goroutine.
type pendingWrites struct {
	group            *StreamGroup
	gone             [][]byte
	byID, own, timed []Item
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
	return g.put(Pending, slices.Concat(w.byID, w.own, w.timed)...)
}

// alone writes an entry with an item of its own.
func (w *pendingWrites) alone(d *delivery) {
	moved := d.stood != d.stands || !d.was.ownedAs(d.is)
	w.times(byTime, d)
	if d.stood && moved && !d.was.Released {
		w.gone = append(w.gone, w.group.ownField(d.was.Consumer, d.id))
	}
	if d.stood && !d.stands {
		w.gone = append(w.gone, w.group.pendingField(d.id))
	}
	if d.stands && moved && !d.is.Released {
		w.own = append(w.own, Item{Field: w.group.ownField(d.is.Consumer, d.id), New: true})
	}
	if d.stands && (moved || !d.was.alike(d.is)) {
		w.byID = append(w.byID, Item{Field: w.group.pendingField(d.id), Value: d.is.value(), New: !d.stood})
	}
}

// times moves an entry, or a run with its last id, in the order of times, if that is kept.
func (w *pendingWrites) times(kind byte, d *delivery) {
	if g := w.group; !g.Timed || d.stood == d.stands && d.was.Delivered == d.is.Delivered {
		return
	}
	if d.stood {
		w.gone = append(w.gone, w.group.timeField(kind, d.was.Delivered, d.id))
	}
	if d.stands {
		w.timed = append(w.timed, Item{Field: w.group.timeField(kind, d.is.Delivered, d.id)})
	}
}

// stretches writes entries that had no items: as runs where at least so many are alike.
func (w *pendingWrites) stretches(all []*pendingRun, least int) {
	for _, r := range all {
		if len(r.ids) >= least && !r.all.Released {
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
		w.times(runsByTime, &delivery{id: piece.last(), is: r.all, stands: true})
		w.group.Runs++
	}
}

// again writes what has become of a run. As long as it is one stretch it stays a run, or a consumer that acknowledges
// its entries one by one would at last have to write items for those that are left.
func (w *pendingWrites) again(was *pendingRun, now []*pendingRun) {
	one := len(now) == 1 && !now[0].all.Released
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
	if !stays || now[0].all.Delivered != was.all.Delivered {
		w.times(runsByTime, &delivery{id: was.last(), was: was.all, stood: true})
	}
	w.group.Runs--
	if one {
		w.run(now[0])
		return
	}
	w.stretches(now, partLeast)
}
