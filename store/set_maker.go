package store

import (
	"iter"
	"slices"
)

// StoreSet makes members the value of dst, whatever that held, and returns how many there
// are; none leaves no key. dst may be an operand of what yields the pages, and members may
// come several times: of the times that Score then tells the earliest holds.
func StoreSet(tx Tx, dst Key, pages iter.Seq2[[]Item, error]) (int64, error) {
	made, _, err := makeSet(tx, dst, EncodingIntset, pages)
	if err != nil {
		return 0, err
	}
	return made.head.Len, made.finish(Change{})
}

// StoreUnion makes the union the value of dst. A member has the earliest of the times that it has in the operands.
func (s *Sets) StoreUnion(dst Key) (int64, error) {
	s.keepTimes()
	return StoreSet(s.tx, dst, s.All())
}

// keepTimes has the result's members say when they expire.
func (s *Sets) keepTimes() {
	for i := range s.sources {
		s.sources[i].times = true
	}
}

// StoreDiff makes the difference the value of dst. Where Redis puts all of the first operand there and removes what
// is in the others, the encoding is what all of it would have: that matters to small ones, and is done to them so.
// Members keep their times.
func (s *Sets) StoreDiff(dst Key) (int64, error) {
	s.keepTimes()
	first, l := s.sources[0], LimitsOf(s.tx)
	begin, pages, small := EncodingIntset, s.Diff(), false
	if s.removes() {
		if small = first.Len() <= int64(max(l.SetMaxIntsetEntries, l.SetMaxListpackEntries)); small {
			pages = first.pages()
		} else {
			begin = EncodingHashtable
		}
	}
	made, _, err := makeSet(s.tx, dst, begin, pages)
	for i := 1; small && err == nil && i < len(s.sources) && made.Len() > 0; i++ {
		err = made.subtract(&s.sources[i])
	}
	if err != nil {
		return 0, err
	}
	return made.head.Len, made.finish(Change{})
}

// removes reports whether Redis would rather look for the others' members in the first operand than for its members in
// them.
func (s *Sets) removes() bool {
	asking, removing := int64(0), int64(0)
	for i := range s.sources {
		if o := &s.sources[i]; o.Exists() {
			asking += s.sources[0].Len()
			removing += o.Len()
		}
	}
	return asking/2 > removing
}

// subtract removes an operand's members; finish is still to come.
func (s *SetKey) subtract(other *ZSource) error {
	for page, err := range other.pages() {
		if err != nil {
			return err
		}
		ch, err := s.dropFields(Members, fieldsOf(page)...)
		if err != nil {
			return err
		}
		s.apply(ch)
	}
	return nil
}

// StoreInter makes the intersection the value of dst. Redis begins with the encoding of the smallest operand, and makes
// numbers an intset in the end if there are not too many. A member has the earliest of its times.
func (s *Sets) StoreInter(dst Key) (int64, error) {
	s.keepTimes()
	begin := EncodingListpack
	if Encoding(bySize(s.sources)[0].head.Encoding) == EncodingIntset {
		begin = EncodingIntset
	}
	made, words, err := makeSet(s.tx, dst, begin, s.Inter())
	if err != nil {
		return 0, err
	}
	extended := Encoding(made.head.Encoding) == EncodingListpackEx || made.timed()
	if !words && !extended && made.head.Len <= int64(LimitsOf(s.tx).SetMaxIntsetEntries) {
		if err := made.becomeIntset(); err != nil {
			return 0, err
		}
	}
	return made.head.Len, made.finish(Change{})
}

// makeSet puts members into a new set, of which finish is still to come, and tells whether some are no integers.
func makeSet(tx Tx, dst Key, begin Encoding, pages iter.Seq2[[]Item, error]) (made *SetKey, words bool, err error) {
	made = newSet(handle{tx: tx, key: dst})
	made.begin(Set)
	made.head.Encoding = uint8(begin)
	for page, err := range pages {
		if err != nil {
			return nil, false, err
		}
		for i := 0; i < len(page) && !words; i++ {
			_, integer := ParseInteger(page[i].Field)
			words = !integer
		}
		if made.compact() || made.timed() || anyTimed(page) {
			page, err = made.merge(page)
		}
		if err == nil {
			err = made.write(page)
		}
		if err != nil {
			return nil, false, err
		}
	}
	return made, words, nil
}

// merge gives members that are there the earlier of two times, none being later than all, and leaves those that are
// not.
func (s *SetKey) merge(page []Item) (fresh []Item, err error) {
	found, err := s.lookupTimed(Members, fieldsOf(page)...)
	if err != nil {
		return nil, err
	}
	var earlier []Item
	for i, it := range page {
		switch {
		case !found[i].Found:
			fresh = append(fresh, it)
		case behind(int64(it.Score)) < behind(int64(found[i].Score)):
			earlier = append(earlier, it)
		}
	}
	if len(earlier) > 0 {
		err = s.setTimes(earlier)
	}
	return distinct(fresh), err
}

// becomeIntset makes a set of integers an intset. If it has items reform does the rest.
func (s *SetKey) becomeIntset() error {
	s.head.Encoding = uint8(EncodingIntset)
	if !s.packed() {
		return nil
	}
	items, err := s.selected(Members, Range{})
	if err != nil {
		return err
	}
	slices.SortFunc(items, compareNumbers)
	sorted := newPack(0, len(s.held))
	for _, it := range items {
		sorted = sorted.add(&packEntry{a: it.Field})
	}
	s.keep(sorted)
	return nil
}
