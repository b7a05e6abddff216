package store

// pack compares a head with the collection that lies in it. What of it is readable is believed.
func (a *audit) pack() error {
	parts, held := partsOf(a.head.Type), pack(a.head.Value)
	if len(parts) == 0 || a.head.Type == Stream || len(held) == 0 || held.kind() != packVersion|kindOf(parts[0]) {
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
		a.want.Value = held[:readable]
		a.report("what is behind its last whole entry is cut off", "is whole up to byte %d of %d", readable, len(held))
	}
	a.length(sum.Count)
	a.bytes(sum.Bytes)
	return nil
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
