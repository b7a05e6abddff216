package store

import "iter"

// HashKey is a hash opened inside a transaction. It belongs to the transaction's goroutine.
// Of an item, Field is the field and Value its value.
type HashKey struct {
	handle
}

// OpenHash reads the head of a hash; an absent key gives an empty one, another type ErrWrongType.
func OpenHash(tx Tx, key Key) (*HashKey, error) {
	h, err := open(tx, key, Hash)
	if err != nil {
		return nil, err
	}
	return &HashKey{handle: h}, nil
}

// Get looks fields up, in order; Found tells which are there.
func (h *HashKey) Get(fields ...[]byte) ([]Item, error) { return h.lookup(Fields, fields...) }

// Set writes fields, the later of equal ones wins, and returns how many are new.
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
	// Redis sizes the hash by the number of pairs given, before it knows of repeats.
	h.head.Encoding = uint8(h.encoding(max(h.head.Len, int64(len(pairs))), pairs))
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

// Remove deletes fields and returns how many were there.
func (h *HashKey) Remove(fields ...[]byte) (int64, error) { return h.remove(Fields, fields...) }

// All yields every field. Slices are valid until the next is asked for.
func (h *HashKey) All() iter.Seq2[Item, error] { return h.items(Fields) }

// Draw calls visit with n fields, each drawn uniformly whatever was drawn before.
func (h *HashKey) Draw(n int64, visit func(Item)) error { return h.draw(Fields, n, visit) }

// Sample calls visit with n different fields chosen at random, or with all if there are not more.
func (h *HashKey) Sample(n int64, visit func(Item)) error { return h.sample(Fields, n, visit) }

// Scan calls visit with about n fields from a cursor on and returns the cursor to go on
// from, 0 at the end. A small hash comes at once.
func (h *HashKey) Scan(from Cursor, n int64, visit func(Item)) (Cursor, error) {
	return h.scan(Fields, Encoding(h.head.Encoding) != EncodingHashtable, from, n, visit)
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
// or value among them of longest bytes. Once a hash table, always one.
func hashEncoding(now Encoding, n int64, longest int, limits *Limits) Encoding {
	if now == EncodingHashtable || n > int64(limits.HashMaxListpackEntries) || longest > limits.HashMaxListpackValue {
		return EncodingHashtable
	}
	return EncodingListpack
}
