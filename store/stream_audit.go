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
			a.report("they are counted and listed anew", "has a group %q whose pending entries are not what it or its consumers say", g.Name)
			name := g.Name
			a.mends = append(a.mends, func() error { return recount(a.tx, a.key, name) })
		}
	}
	return nil
}

// agrees reports whether all say the same of a group's pending entries.
func (g *StreamGroup) agrees() (bool, error) {
	pending, all := map[string]int64{}, int64(0)
	var own [][]byte
	for p, err := range g.PendingOf(PendingRange{To: maxStreamID}) {
		if err != nil {
			return false, err
		}
		pending[string(p.Consumer)]++
		all++
		if own = append(own, g.ownField(p.Consumer, p.ID)); len(own) < pendingPage {
			continue
		}
		if there, err := g.have(own); err != nil || !there {
			return false, err
		}
		own = own[:0]
	}
	if there, err := g.have(own); err != nil || !there {
		return false, err
	}
	listed, err := g.stream.tx.Count(g.stream.head.ID, Pending, prefixed(groupField(byConsumer, g.Name)))
	if err != nil || listed != all || all != g.Pending {
		return false, err
	}
	consumers, err := g.Consumers()
	for _, c := range consumers {
		if pending[string(c.Name)] != c.Pending {
			return false, err
		}
		delete(pending, string(c.Name))
	}
	return len(pending) == 0, err
}

// have reports whether all fields are there among the pending entries.
func (g *StreamGroup) have(fields [][]byte) (bool, error) {
	if len(fields) == 0 {
		return true, nil
	}
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Pending, fields...)
	return err == nil && !slices.ContainsFunc(found, func(it Item) bool { return !it.Found }), err
}

// recount makes a group's consumers and counts what its pending entries by id say.
func recount(tx Tx, k Key, name []byte) error {
	s, err := OpenStream(tx, k)
	if err != nil {
		return err
	}
	g, err := s.Group(name)
	if err != nil || g == nil {
		return err
	}
	if err := g.dropPrefix(Pending, groupField(byConsumer, name)); err != nil {
		return err
	}
	all, err := g.Consumers()
	if err != nil {
		return err
	}
	g.Pending = 0
	for _, c := range all {
		c.Pending = 0
		g.keep(c)
	}
	for from, more := minStreamID, true; more; {
		var page []StreamPending // a loop over items must not write
		for p, err := range g.PendingOf(PendingRange{From: from, To: maxStreamID}) {
			if err != nil {
				return err
			}
			if len(page) == pendingPage {
				break
			}
			p.Consumer = slices.Clone(p.Consumer)
			page = append(page, p)
		}
		if err := g.relist(page); err != nil {
			return err
		}
		if more = len(page) == pendingPage; more {
			from, more = page[len(page)-1].ID.Next()
		}
	}
	return g.Save()
}

// relist puts pending entries into their consumers' lists.
func (g *StreamGroup) relist(page []StreamPending) error {
	items := make([]Item, len(page))
	for i, p := range page {
		c := g.opened[string(p.Consumer)] // all that have an item are open
		if c == nil {
			c = &StreamConsumer{Name: p.Consumer, Seen: p.Delivered, Active: p.Delivered}
			g.keep(c)
		}
		c.Pending++
		g.Pending++
		items[i].Field = g.ownField(p.Consumer, p.ID)
	}
	return g.put(Pending, items...)
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
