package store

import "iter"

// SetKey is a set opened inside a transaction. It belongs to the transaction's goroutine.
// Of an item, Field is the member.
type SetKey struct {
	handle
}

// OpenSet reads the head of a set; an absent key gives an empty one, another type ErrWrongType.
func OpenSet(tx Tx, key Key) (*SetKey, error) {
	h, err := open(tx, key, Set)
	if err != nil {
		return nil, err
	}
	return &SetKey{handle: h}, nil
}

// Get looks members up, in order; Found tells which are there.
func (s *SetKey) Get(members ...[]byte) ([]Item, error) { return s.lookup(Members, members...) }

// Add puts members into the set and returns how many are new. It looks first: members are
// often there already, and then nothing must be written, so that nobody sees a change.
func (s *SetKey) Add(members ...[]byte) (int64, error) {
	fresh, err := s.missing(members)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	if err := s.create(Set); err != nil {
		return 0, err
	}
	ch, err := s.tx.PutItems(s.head.ID, Members, fresh...)
	if err != nil {
		return 0, err
	}
	var shape setShape
	shape.see(fresh)
	// Redis sizes the set by the number of members given, before it knows of repeats.
	n := max(s.head.Len+ch.Count, int64(len(members)))
	s.head.Encoding = uint8(shape.encoding(Encoding(s.head.Encoding), n, LimitsOf(s.tx)))
	return ch.Count, s.save(ch)
}

func (s *SetKey) missing(members [][]byte) ([]Item, error) {
	found, err := s.Get(members...)
	if err != nil {
		return nil, err
	}
	fresh := found[:0]
	for i, it := range found {
		if !it.Found {
			fresh = append(fresh, Item{Field: members[i]})
		}
	}
	return fresh, nil
}

// Remove deletes members and returns how many were there.
func (s *SetKey) Remove(members ...[]byte) (int64, error) { return s.remove(Members, members...) }

// All yields every member. Slices are valid until the next is asked for.
func (s *SetKey) All() iter.Seq2[Item, error] { return s.items(Members) }

// Draw calls visit with n members, each drawn uniformly whatever was drawn before.
func (s *SetKey) Draw(n int64, visit func(Item)) error { return s.draw(Members, n, visit) }

// Sample calls visit with n different members chosen at random, or with all if there are not more.
func (s *SetKey) Sample(n int64, visit func(Item)) error { return s.sample(Members, n, visit) }

// Scan calls visit with about n members from a cursor on and returns the cursor to go on
// from, 0 at the end. A small set comes at once.
func (s *SetKey) Scan(from Cursor, n int64, visit func(Item)) (Cursor, error) {
	return s.scan(Members, Encoding(s.head.Encoding) != EncodingHashtable, from, n, visit)
}
