package store

import "iter"

// StoreList makes values the elements of dst, in order, whatever that held, and returns how
// many there are; none leaves no key. Memory stays bounded, and what yields the values may
// read dst. A yielded value need only be valid until the next is asked for.
func StoreList(tx Tx, dst Key, values iter.Seq2[[]byte, error]) (int64, error) {
	made, err := newBatch(tx, dst, Elements)
	if err != nil {
		return 0, err
	}
	span := emptySpan(Back)
	for v, err := range values {
		if err != nil {
			return 0, err
		}
		if err := made.add(Item{Pos: span.extend(Back), Value: v, New: true}); err != nil {
			return 0, err
		}
	}
	ch, err := made.flush()
	if err != nil {
		return 0, err
	}
	l := &ListKey{handle: handle{tx: tx, key: dst, head: Head{Type: List, ID: made.id, Bytes: KeyBytes(dst)}}, span: span}
	return ch.Count, l.commit(ch)
}
