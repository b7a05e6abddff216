package store

import "iter"

// StoreHash makes fields the content of dst, whatever that held, and returns how many there
// are; none leaves no key. Of equal fields the later wins. Memory stays bounded. Of an item
// Field and Value count, which need only be valid until the next is asked for.
func StoreHash(tx Tx, dst Key, fields iter.Seq2[Item, error]) (int64, error) {
	made, err := newBatch(tx, dst, Fields)
	if err != nil {
		return 0, err
	}
	longest := 0
	for it, err := range fields {
		if err != nil {
			return 0, err
		}
		longest = max(longest, len(it.Field), len(it.Value))
		if err := made.add(Item{Field: it.Field, Value: it.Value}); err != nil {
			return 0, err
		}
	}
	return made.become(dst, Hash, func(h *Head) {
		h.Encoding = uint8(hashEncoding(EncodingNone, h.Len, longest, LimitsOf(tx)))
	})
}
