package store

// pack compares a head with the pack that is the collection. What of that is readable is believed.
func (a *audit) pack() error {
	of := handle{tx: a.tx, key: a.key, head: a.head}
	held, err := of.pack()
	if err != nil && err != errPack {
		return err
	}
	parts := partsOf(a.head.Type)
	if a.head.Type == Stream || len(parts) == 0 || len(held) == 0 ||
		held.kind()&^a.mayExpire() != packVersion|kindOf(parts[0]) {
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
	times, err := held[:readable].times()
	a.length(sum.Count)
	a.bytes(sum.Bytes)
	a.times(times)
	return err
}

// mayExpire is what the kind of the key's pack may have besides what it must.
func (a *audit) mayExpire() packKind {
	if partsOf(a.head.Type)[0].expires() {
		return packExpiring
	}
	return 0
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

// lostNumbers recognizes a numbered hash whose head is gone: see lostPack. Its values begin with different numbers, of
// which half at least are still in use, so that they are small. Values of text would do so in a hash of sixty fields or
// more whose first characters are all different. One that has given out many more numbers than it has fields is not
// recognized, and keeps them before its values.
func (a *audit) lostNumbers(sum tally) error {
	lost := a.head.Type == Hash && Encoding(a.head.Encoding) == EncodingNone && a.head.Len == 0
	if !lost || sum.count < 2 || sum.count > orderMax || sum.next > 2*uint64(sum.count) {
		return nil
	}
	given := make(map[uint64]bool, sum.count)
	for it, err := range a.tx.Range(a.head.ID, Fields, Range{}) {
		n, rest := cutNumber(it.Value)
		if err != nil || given[n] || len(rest) == len(it.Value) {
			return err
		}
		given[n] = true
	}
	a.report("they give its fields their order", "has a number before each value")
	of := handle{head: a.want}
	of.mark(numbered, sum.next)
	a.want.Value, a.want.Encoding = of.head.Value, uint8(roomiest(Hash))
	return nil
}

// lostPack recognizes a pack whose head is gone. Who repairs a file puts chunks that belong to no key under one that
// says nothing but that it is a string; no other string has no encoding. It becomes what its bytes are: of entries
// without a value a list, which may be a set as well and then keeps all there is to it; with times a set.
func (a *audit) lostPack() (bool, error) {
	if a.head.Type != String || Encoding(a.head.Encoding) != EncodingNone || a.head.Len != 0 {
		return false, nil
	}
	var held pack
	for it, err := range a.tx.Range(a.head.ID, Chunks, Range{}) {
		if err != nil || it.Pos > 0 {
			return false, err
		}
		held = append(held, it.Value...)
	}
	if n, err := held.count(); n == 0 || err != nil {
		return false, nil
	}
	t := List
	switch held.kind() &^ packVersion {
	case packPairs, packPairs | packExpiring:
		t = Hash
	case packScored:
		t = ZSet
	case packExpiring:
		t = Set
	}
	a.report("it becomes a "+t.String(), "holds the entries of a %s", t)
	a.want = Head{Type: t, Encoding: uint8(roomiest(t)), ID: a.head.ID, ExpireAt: a.head.ExpireAt, Notes: a.head.Notes}
	a.want.Value = []byte{besideMark}
	a.head = a.want
	return true, a.pack()
}
