package store

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
	return a.memory(entries.count)
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
