package store

import "iter"

// StoreList makes values the elements of dst, in order, whatever that held, and returns how
// many there are; none leaves no key. Memory stays bounded, and what yields the values may
// read dst. A yielded value need only be valid until the next is asked for.
func StoreList(tx Tx, dst Key, values iter.Seq2[[]byte, error]) (int64, error) {
	l := &ListKey{handle: handle{tx: tx, key: dst}}
	elements := func(yield func(Item, error) bool) {
		for v, err := range values {
			if !yield(Item{Value: v}, err) {
				return
			}
		}
	}
	l.become(Back)
	if err := inPages(elements, l.extend); err != nil {
		return 0, err
	}
	// The encoding is chosen as if all came at once.
	all := Change{Count: l.head.Len, Bytes: l.head.Bytes - KeyBytes(dst)}
	l.apply(Change{}.Minus(all))
	return all.Count, l.commit(all)
}

// extend puts elements at the back and counts them; commit is still to come.
func (l *ListKey) extend(elements []Item) error {
	if err := l.room(elements); err != nil {
		return err
	}
	for i := range elements {
		elements[i].Pos, elements[i].New = l.span.extend(Back), true
	}
	ch, err := l.put(Elements, elements...)
	l.apply(ch)
	return err
}
