package store

// delivery is a pending entry that a transaction is working on: what the items say of it, and what it has become.
type delivery struct {
	id            StreamID
	was, is       StreamPending
	stood, stands bool        // whether it was pending, and whether it is
	run           *pendingRun // that it was one of, nil if it had an item of its own
	fresh         bool        // behind all that were pending
}

// deliveries are those of one group between Load and Flush. However many they are, they are read with one call and
// written with one for each kind of change; asking the engine for each of them took a minute for 500,000.
type deliveries struct {
	byID  map[StreamID]*delivery
	order []*delivery
	runs  map[StreamID]*pendingRun // that some of them are of, by their last ids
	// above is the highest id that was pending, so that nothing needs to be looked for behind it.
	above StreamID
	knows bool
}

// add holds another entry; false if it is held already.
func (d *deliveries) add(id StreamID) (*delivery, bool) {
	if held := d.byID[id]; held != nil {
		return held, false
	}
	if d.byID == nil {
		d.byID = map[StreamID]*delivery{}
	}
	one := &delivery{id: id}
	d.byID[id] = one
	d.order = append(d.order, one)
	return one, true
}

func (d *deliveries) forget() {
	clear(d.byID)
	clear(d.runs)
	d.order = d.order[:0]
}

// Load readies entries for Waiting, Deliver and Acknowledge, with the consumers who have them.
func (g *StreamGroup) Load(ids ...StreamID) error {
	var asked []*delivery
	for _, id := range ids {
		if d, added := g.deliveries.add(id); added {
			asked = append(asked, d)
		}
	}
	others, err := g.findInRuns(asked)
	if err == nil {
		err = g.findAlone(others)
	}
	if err != nil {
		return err
	}
	var owners [][]byte
	for _, d := range asked {
		if d.stood && !d.was.Released {
			owners = append(owners, d.was.Consumer)
		}
	}
	return g.open(owners...)
}

// findAlone looks for entries that have an item of their own.
func (g *StreamGroup) findAlone(asked []*delivery) error {
	if len(asked) == 0 {
		return nil
	}
	fields := make([][]byte, len(asked))
	for i, d := range asked {
		fields[i] = g.pendingField(d.id)
	}
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, fields...)
	if err != nil {
		return err
	}
	for i, it := range found {
		if d := asked[i]; it.Found {
			d.was, d.stood = pendingOf(it), true
			d.is, d.stands = d.was, true
		}
	}
	return nil
}

// LoadFresh is Load for entries that the group has not delivered, in the order of ids. They are pending only if the
// group was set back, so those behind the last pending one are not looked for.
func (g *StreamGroup) LoadFresh(ids ...StreamID) (err error) {
	d := &g.deliveries
	if !d.knows && g.Pending > 0 {
		if d.above, err = g.pendingEnd(true); err != nil {
			return err
		}
	}
	d.knows = true
	old := 0
	for old < len(ids) && ids[old].Compare(d.above) <= 0 {
		old++
	}
	for _, id := range ids[old:] {
		one, added := d.add(id)
		one.fresh = added
	}
	return g.Load(ids[:old]...)
}

// Waiting is an entry that was loaded; ok is false if it is not pending.
func (g *StreamGroup) Waiting(id StreamID) (p StreamPending, ok bool) {
	d, _ := g.deliveries.add(id)
	return d.is, d.stands
}

// Deliver notes that an entry that was loaded went to a consumer: to another one if it was pending already.
func (g *StreamGroup) Deliver(p StreamPending, to *StreamConsumer) {
	d, _ := g.deliveries.add(p.ID)
	g.take(d)
	p.Consumer, p.Released = to.Name, false
	d.is, d.stands = p, true
	to.Pending++
	g.Pending++
	if g.deliveries.above.Compare(p.ID) < 0 {
		g.deliveries.above = p.ID
	}
}

// take ends that an entry is pending; false if it was not.
func (g *StreamGroup) take(d *delivery) bool {
	if !d.stands {
		return false
	}
	if d.is.Released {
		g.Released--
	} else if c := g.opened[string(d.is.Consumer)]; c != nil {
		c.Pending--
	}
	g.Pending--
	d.stands = false
	return true
}

// Finish ends that an entry that was loaded is pending; false if it was not.
func (g *StreamGroup) Finish(id StreamID) bool {
	d, _ := g.deliveries.add(id)
	return g.take(d)
}

// Acknowledge removes pending entries and returns how many there were. Save writes the counts.
func (g *StreamGroup) Acknowledge(ids ...StreamID) (n int64, err error) {
	for len(ids) > 0 {
		page := ids[:min(len(ids), pendingPage)]
		ids = ids[len(page):]
		if err := g.Load(page...); err != nil {
			return n, err
		}
		for _, id := range page {
			if g.Finish(id) {
				n++
			}
		}
		if err := g.Flush(); err != nil {
			return n, err
		}
	}
	return n, nil
}
