package store

import "slices"

// SetKey is a set opened inside a transaction. It belongs to the transaction's goroutine.
// Of an item, Field is the member, and Score, where that is said, when it expires in Unix milliseconds, 0 for never.
// Members whose time has passed are absent.
type SetKey struct {
	timedKey
}

// OpenSet reads the head of a set; an absent key gives an empty one, another type ErrWrongType.
func OpenSet(tx Tx, key Key) (*SetKey, error) {
	h, err := open(tx, key, Set)
	if err != nil {
		return nil, err
	}
	return newSet(h), nil
}

func newSet(h handle) *SetKey { return &SetKey{timedKey{h, Members}} }

// Add puts members into the set and returns how many are new. It looks first: members are
// often there already, and then nothing must be written, so that no watcher sees a change.
func (s *SetKey) Add(members ...[]byte) (int64, error) {
	fresh, err := s.missing(members)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	before, err := s.join(fresh, int64(len(members)))
	if err != nil {
		return 0, err
	}
	return s.head.Len - before, s.finish(Change{})
}

// AddExpiring puts members into the set that expire at a time in Unix milliseconds, 0 for never. Those that are there
// get that time, too, unless keep says that they have theirs. It reports whether anything has changed.
func (s *SetKey) AddExpiring(at int64, keep bool, members ...[]byte) (bool, error) {
	found, err := s.GetTimed(members...)
	if err != nil {
		return false, err
	}
	var fresh, there []Item
	for i, was := range found {
		it := Item{Field: members[i], Score: float64(at)}
		if !was.Found {
			fresh = append(fresh, it)
		} else if !keep && was.Score != it.Score {
			there = append(there, it)
		}
	}
	if fresh = distinct(fresh); len(fresh) > 0 {
		_, err = s.join(fresh, int64(len(members)))
	}
	if err == nil && len(there) > 0 {
		err = s.setTimes(there)
	}
	if err != nil || len(fresh)+len(there) == 0 {
		return false, err
	}
	return true, s.finish(Change{})
}

// join adds members that are not there to a set that may be absent, given so many, and returns how many others it has.
// finish is still to come.
func (s *SetKey) join(fresh []Item, given int64) (before int64, err error) {
	if err := s.bury(fresh); err != nil {
		return 0, err
	}
	before = s.head.Len
	s.begin(Set)
	s.size(fresh[0].Field, given)
	return before, s.write(fresh)
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
	if err := s.extend(fresh); err != nil {
		return err
	}
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
