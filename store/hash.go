package store

import (
	"bytes"
	"iter"
)

// HashKey is a hash opened inside a transaction. It belongs to the transaction's goroutine.
// Of an item, Field is the field and Value its value, and Score, where that is said, when it expires in Unix milliseconds, 0
// for never. Fields whose time has passed are absent.
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

// Live is the number of fields.
func (h *HashKey) Live() (int64, error) {
	n, err := h.lapsed()
	return h.head.Len - n, err
}

// Get looks fields up, in order; Found tells which are there.
func (h *HashKey) Get(fields ...[]byte) ([]Item, error) { return h.lookup(Fields, fields...) }

// GetTimed is Get, and Score tells when the fields expire.
func (h *HashKey) GetTimed(fields ...[]byte) ([]Item, error) {
	found, err := h.find(Fields, fields)
	if err != nil || !h.timed() {
		return found, err
	}
	return h.alive(found)
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
	h.extend(pairs)
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
func (h *HashKey) Remove(fields ...[]byte) (int64, error) {
	if h.stale() {
		found, err := h.Get(fields...)
		if err != nil {
			return 0, err
		}
		fields = nil
		for _, it := range found {
			if it.Found {
				fields = append(fields, bytes.Clone(it.Field))
			}
		}
	}
	return h.remove(Fields, fields...)
}

// All yields every field. Slices are valid until the next is asked for.
func (h *HashKey) All() iter.Seq2[Item, error] { return h.items(Fields) }

// Draw calls visit with n fields, each drawn uniformly whatever was drawn before.
func (h *HashKey) Draw(n int64, visit func(Item)) error {
	if h.stale() {
		return h.drawLive(n, visit)
	}
	return h.draw(Fields, n, visit)
}

// Sample calls visit with n different fields chosen at random, or with all if there are not more.
func (h *HashKey) Sample(n int64, visit func(Item)) error {
	if h.stale() {
		return h.sampleAll(Fields, n, visit)
	}
	return h.sample(Fields, n, visit)
}

// Scan calls visit with about n fields from a cursor on and returns the cursor to go on
// from, 0 at the end. A small hash comes at once.
func (h *HashKey) Scan(from Cursor, n int64, visit func(Item)) (Cursor, error) {
	whole := Encoding(h.head.Encoding) != EncodingHashtable
	if !h.stale() || whole || h.packed() {
		return h.scan(Fields, whole, from, n, visit)
	}
	var found []Item
	next, err := h.scan(Fields, false, from, n, func(it Item) {
		found = append(found, Item{Field: bytes.Clone(it.Field), Value: bytes.Clone(it.Value), Found: true})
	})
	if err == nil {
		found, err = h.alive(found)
	}
	for _, it := range found {
		if it.Found {
			visit(it)
		}
	}
	return next, err
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
