package store

// pack compares a head with the pack that is the collection. What of that is readable is believed.
func (a *audit) pack() error {
	of := handle{tx: a.tx, key: a.key, head: a.head}
	held, err := of.pack()
	parts := partsOf(a.head.Type)
	switch {
	case err != nil && err != errPack:
		return err
	case err != nil || len(parts) == 0 || a.head.Type == Stream || len(held) == 0 || held.kind() != packVersion|kindOf(parts[0]):
		return a.empty()
	}
	var sum Change
	r, readable := held.read(), packHeader
	for r.next() {
		sum = sum.Plus(Change{Count: 1, Bytes: ItemBytes(Item{Field: r.a, Value: r.b})})
		readable = r.to
	}
	if sum.Count == 0 {
		return a.empty()
	}
	if r.broken {
		a.cut(held, readable)
	}
	a.length(sum.Count)
	a.bytes(sum.Bytes)
	return nil
}

// cut leaves the first bytes of a pack.
func (a *audit) cut(held pack, readable int) {
	a.report("what is behind its last whole entry is cut off", "is whole up to byte %d of %d", readable, len(held))
	if a.head.ID == 0 {
		a.want.Value = held[:readable]
		return
	}
	a.mends = append(a.mends, func() error {
		_, err := a.tx.PutItems(a.head.ID, Chunks, Item{Value: held[:readable]})
		return err
	})
}

// numbers compares the number that a numbered collection would give to the next item with those it gave.
func (a *audit) numbers(sum tally) {
	of := handle{head: a.head}
	if of.form() != numbered {
		return
	}
	if next := of.nextNumber(); next < sum.next {
		of.mark(numbered, sum.next)
		a.want.Value = of.head.Value
		a.report("it goes on with the next one", "would give number %d to what comes next and has %d", next, sum.next-1)
	}
}
