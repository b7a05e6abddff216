package store

import (
	"iter"
	"slices"
)

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
	before := s.head.Len
	s.begin(Set)
	s.size(fresh[0].Field, int64(len(members)))
	if err := s.write(fresh); err != nil {
		return 0, err
	}
	return s.head.Len - before, s.finish(Change{})
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
	return distinct(fresh), nil
}

// distinct leaves the first of equal members.
func distinct(members []Item) []Item {
	if len(members) < 2 {
		return members
	}
	seen := make(map[string]struct{}, len(members))
	return slices.DeleteFunc(members, func(it Item) bool {
		_, again := seen[string(it.Field)]
		seen[string(it.Field)] = struct{}{}
		return again
	})
}

// write puts members that are not there, one after the other as Redis does, for the encoding decides where a member
// goes. finish is still to come.
func (s *SetKey) write(fresh []Item) error {
	limits := LimitsOf(s.tx)
	from, n := 0, s.head.Len
	for i := range fresh {
		now := Encoding(s.head.Encoding)
		if now == EncodingHashtable {
			break
		}
		next := setEncoding(now, n, fresh[i].Field, limits)
		if n++; next == now {
			continue
		}
		if err := s.putRun(fresh[from:i]); err != nil {
			return err
		}
		if next == EncodingListpack && !s.packed() {
			if err := s.renumber(numbered); err != nil { // while its order is that of numbers still
				return err
			}
		}
		from, s.head.Encoding = i, uint8(next)
	}
	return s.putRun(fresh[from:])
}

// putRun puts members of one encoding.
func (s *SetKey) putRun(fresh []Item) error {
	if err := s.prepare(fresh); err != nil || len(fresh) == 0 {
		return err
	}
	ch, err := s.put(Members, fresh...)
	s.apply(ch)
	return err
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
