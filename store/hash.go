package store

// HashKey is a hash opened inside a transaction. It belongs to the transaction's goroutine.
// Of an item, Field is the field and Value its value, and Score, where that is said, when it expires in Unix
// milliseconds, 0 for never. Fields whose time has passed are absent.
type HashKey struct {
	timedKey
}

// OpenHash reads the head of a hash; an absent key gives an empty one, another type ErrWrongType.
func OpenHash(tx Tx, key Key) (*HashKey, error) {
	h, err := open(tx, key, Hash)
	if err != nil {
		return nil, err
	}
	return &HashKey{timedKey{h, Fields}}, nil
}

// Set writes fields, which expire as their Score says, the later of equal ones wins, and returns how many are new.
func (h *HashKey) Set(pairs ...Item) (int64, error) {
	h.begin(Hash)
	ch, err := h.write(pairs)
	if err != nil {
		return 0, err
	}
	return ch.Count, h.finish(Change{})
}

// write puts fields and counts them; finish is still to come.
func (h *HashKey) write(pairs []Item) (Change, error) {
	if err := h.bury(pairs); err != nil {
		return Change{}, err
	}
	// Redis sizes the hash by the number of pairs given, before it knows of repeats.
	h.head.Encoding = uint8(h.encoding(max(h.head.Len, int64(len(pairs))), pairs))
	if err := h.extend(pairs); err != nil {
		return Change{}, err
	}
	if err := h.prepare(pairs); err != nil {
		return Change{}, err
	}
	ch, err := h.put(Fields, pairs...)
	if err != nil {
		return Change{}, err
	}
	h.apply(ch)
	h.head.Encoding = uint8(h.encoding(h.head.Len, nil))
	return ch, nil
}

// SetNew writes a field unless it is there, and reports whether it was written.
func (h *HashKey) SetNew(field, value []byte) (bool, error) {
	found, err := h.Get(field)
	if err != nil || found[0].Found {
		return false, err
	}
	_, err = h.Set(Item{Field: field, Value: value})
	return err == nil, err
}

// encoding is the encoding at n fields after pairs were written.
func (h *HashKey) encoding(n int64, pairs []Item) Encoding {
	longest := 0
	for _, it := range pairs {
		longest = max(longest, len(it.Field), len(it.Value))
	}
	return hashEncoding(Encoding(h.head.Encoding), n, longest, LimitsOf(h.tx))
}

// hashEncoding is the encoding of a hash of n fields after some were written, the longest field
// or value among them of longest bytes. Once a hash table, always one; once a listpack with times, never one without.
func hashEncoding(now Encoding, n int64, longest int, limits *Limits) Encoding {
	if now == EncodingHashtable || n > int64(limits.HashMaxListpackEntries) || longest > limits.HashMaxListpackValue {
		return EncodingHashtable
	}
	if now == EncodingListpackEx {
		return now
	}
	return EncodingListpack
}
