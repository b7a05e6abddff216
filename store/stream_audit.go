package store

import "slices"

// stream compares a stream's head with its entries. It may be empty; what it remembers can be no less than
// what is there.
func (a *audit) stream(entries tally) error {
	a.length(entries.count)
	bytes := entries.bytes
	for _, p := range partsOf(Stream)[1:] {
		sum, err := a.sum(p)
		if err != nil {
			return err
		}
		bytes += sum.bytes
	}
	a.bytes(bytes)
	if err := a.memory(entries.count); err != nil {
		return err
	}
	if err := a.messages(); err != nil {
		return err
	}
	return a.groups()
}

// groups compares what groups and consumers say they have pending with the entries they have. The order by id
// is believed, for its items name the consumers.
func (a *audit) groups() error {
	s := &StreamKey{handle: handle{tx: a.tx, key: a.key, head: a.head}}
	all, err := s.AllGroups()
	if err != nil {
		return err
	}
	for _, g := range all {
		agree, err := g.agrees()
		if err != nil {
			return err
		}
		if !agree {
			a.report("they are counted and listed anew",
				"has a group %q whose pending entries are not what it or its consumers say", g.Name)
			name := g.Name
			a.mends = append(a.mends, func() error { return recount(a.tx, a.key, name) })
		}
	}
	return nil
}

// agrees reports whether all say the same of a group's pending entries.
func (g *StreamGroup) agrees() (bool, error) {
	pending, all, released, before := map[string]int64{}, int64(0), int64(0), StreamID{}
	for p, err := range g.PendingOf(PendingRange{To: maxStreamID}) {
		if err != nil {
			return false, err
		}
		if all > 0 && p.ID.Compare(before) <= 0 {
			return false, nil // it is pending twice
		}
		if p.Released {
			released++
		} else {
			pending[string(p.Consumer)]++
		}
		all++
		before = p.ID
	}
	if listed, err := g.listed(); err != nil || !listed || all != g.Pending || released != g.Released {
		return false, err
	}
	if ordered, err := g.ordered(); err != nil || !ordered {
		return false, err
	}
	consumers, err := g.Consumers()
	for _, c := range consumers {
		if pending[string(c.Name)] != c.Pending {
			return false, err
		}
		delete(pending, string(c.Name))
		if own, err := g.owns(c); err != nil || !own {
			return false, err
		}
	}
	return len(pending) == 0, err
}

// owns reports whether what a consumer lists is what it has.
func (g *StreamGroup) owns(c *StreamConsumer) (bool, error) {
	n := int64(0)
	for _, err := range g.PendingOf(PendingRange{Consumer: c.Name, To: maxStreamID}) {
		if err != nil {
			return false, err
		}
		n++
	}
	return n == c.Pending, nil
}

// listed reports whether there are as many items in the other orders as in that of ids.
func (g *StreamGroup) listed() (bool, error) {
	var n [runsByTime + 1]int64
	for kind := range n {
		var err error
		field := groupField(byte(kind), g.Name)
		if n[kind], err = g.stream.tx.Count(g.stream.head.ID, Pending, prefixed(field)); err != nil {
			return false, err
		}
	}
	timed := n[byTime] == 0 && n[runsByTime] == 0
	if g.Timed {
		timed = n[byTime] == n[byID] && n[runsByTime] == n[runsByID]
	}
	return timed && n[byID] == n[byConsumer]+g.Released && n[runsByID] == n[runsByConsumer] && n[runsByID] == g.Runs, nil
}

// ordered reports whether the order of times, if it is kept, leads to what is pending.
func (g *StreamGroup) ordered() (bool, error) {
	for _, kind := range []byte{byTime, runsByTime} {
		for it, err := range g.stream.tx.Range(g.stream.head.ID, Pending, prefixed(groupField(kind, g.Name))) {
			if err != nil {
				return false, err
			}
			delivered, id := timeOf(it)
			field := g.pendingField(id)
			if kind == runsByTime {
				field = g.runField(id)
			}
			found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, field)
			if err != nil || !found[0].Found {
				return false, err
			}
			has := pendingOf(found[0])
			if kind == runsByTime {
				has = runOf(found[0]).all
			}
			if has.Delivered != delivered {
				return false, nil
			}
		}
	}
	return true, nil
}

// recount makes a group's consumers and counts what its pending entries by id say. They all get items of their own.
func recount(tx Tx, k Key, name []byte) error {
	s, err := OpenStream(tx, k)
	if err != nil {
		return err
	}
	g, err := s.Group(name)
	if err != nil || g == nil {
		return err
	}
	for _, kind := range []byte{byConsumer, runsByConsumer, byTime, runsByTime} {
		if err := g.dropPrefix(Pending, groupField(kind, name)); err != nil {
			return err
		}
	}
	all, err := g.Consumers()
	if err != nil {
		return err
	}
	g.Pending, g.Runs, g.Released, g.Timed = 0, 1, 0, false // so that runs are looked for
	for _, c := range all {
		c.Pending = 0
		g.keep(c)
	}
	for from, more := minStreamID, true; more; {
		page, err := g.page(PendingRange{From: from, To: maxStreamID})
		if err == nil {
			err = g.relist(page.all)
		}
		if err != nil {
			return err
		}
		from, more = page.end.Next()
	}
	g.Runs = 0
	if err := g.dropPrefix(Pending, groupField(runsByID, name)); err != nil {
		return err
	}
	return g.Save()
}

// relist gives pending entries items of their own, in both orders.
func (g *StreamGroup) relist(page []StreamPending) error {
	slices.SortFunc(page, func(a, b StreamPending) int { return a.ID.Compare(b.ID) }) // damaged runs may overlap
	var byID, own []Item
	for i, p := range page {
		if i > 0 && page[i-1].ID == p.ID {
			continue
		}
		g.Pending++
		byID = append(byID, Item{Field: g.pendingField(p.ID), Value: p.value()})
		if p.Released {
			g.Released++
			continue
		}
		c := g.opened[string(p.Consumer)] // all that have an item are open
		if c == nil {
			c = &StreamConsumer{Name: p.Consumer, Seen: p.Delivered, Active: p.Delivered}
			g.keep(c)
		}
		c.Pending++
		own = append(own, Item{Field: g.ownField(p.Consumer, p.ID)})
	}
	return g.put(Pending, append(byID, own...)...)
}

// memory compares what a stream says of the ids it has given.
func (a *audit) memory(entries int64) error {
	var has StreamState
	readable := has.parse(a.head.Value)
	if !readable {
		has = StreamState{}
	}
	want := has
	for _, reverse := range []bool{true, false} {
		for it, err := range a.tx.Range(a.head.ID, Entries, Range{Reverse: reverse, Limit: 1}) {
			if err != nil {
				return err
			}
			id := streamIDOf(it.Field)
			if id.Compare(want.Last) > 0 {
				want.Last = id
			}
			if id.Compare(want.first) < 0 {
				want.first = id
			}
		}
	}
	want.Added = max(want.Added, uint64(entries))
	switch {
	case !readable:
		a.report("its last id is taken from its entries", "does not say which ids it has given")
	case want.Last != has.Last:
		a.report("its last id becomes "+want.Last.String(), "has an entry %s and says its last id is %s", want.Last, has.Last)
	case want.Added != has.Added:
		a.report("the entries it has count", "has %d entries and says %d were ever added", entries, has.Added)
	case want.first != has.first:
		a.report("its entries begin there", "has an entry %s and says they begin with %s", want.first, has.first)
	default:
		return nil
	}
	a.want.Value, a.want.Encoding = want.append(nil), uint8(EncodingStream)
	return nil
}
