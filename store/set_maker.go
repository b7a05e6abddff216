package store

import (
	"cmp"
	"iter"
	"slices"
)

// StoreSet makes members the value of dst, whatever that held, and returns how many there
// are; none leaves no key. dst may be an operand of what yields the pages, and members may
// come several times.
func StoreSet(tx Tx, dst Key, pages iter.Seq2[[]Item, error]) (int64, error) {
	made, _, err := makeSet(tx, dst, EncodingIntset, pages)
	if err != nil {
		return 0, err
	}
	return made.head.Len, made.finish(Change{})
}

// StoreUnion makes the union the value of dst.
func (s *Sets) StoreUnion(dst Key) (int64, error) { return StoreSet(s.tx, dst, s.All()) }

// StoreDiff makes the difference the value of dst.
func (s *Sets) StoreDiff(dst Key) (int64, error) { return StoreSet(s.tx, dst, s.Diff()) }

// StoreInter makes the intersection the value of dst. Redis begins with the encoding of the smallest operand, and makes
// numbers an intset in the end if there are not too many.
func (s *Sets) StoreInter(dst Key) (int64, error) {
	begin := EncodingListpack
	if Encoding(bySize(s.sources)[0].head.Encoding) == EncodingIntset {
		begin = EncodingIntset
	}
	made, words, err := makeSet(s.tx, dst, begin, s.Inter())
	if err != nil {
		return 0, err
	}
	if !words && made.head.Len <= int64(LimitsOf(s.tx).SetMaxIntsetEntries) {
		if err := made.becomeIntset(); err != nil {
			return 0, err
		}
	}
	return made.head.Len, made.finish(Change{})
}

// makeSet puts members into a new set, of which finish is still to come, and tells whether some are no integers.
func makeSet(tx Tx, dst Key, begin Encoding, pages iter.Seq2[[]Item, error]) (made *SetKey, words bool, err error) {
	made = &SetKey{handle: handle{tx: tx, key: dst}}
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
		if made.compact() {
			if page, err = made.missing(fieldsOf(page)); err != nil {
				return nil, false, err
			}
		}
		if err := made.write(page); err != nil {
			return nil, false, err
		}
	}
	return made, words, nil
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
	slices.SortFunc(items, func(a, b Item) int {
		x, _ := ParseInteger(a.Field)
		y, _ := ParseInteger(b.Field)
		return cmp.Compare(x, y)
	})
	sorted := newPack(0, len(s.pack()))
	for _, it := range items {
		sorted = sorted.add(&packEntry{a: it.Field})
	}
	s.keep(sorted)
	return nil
}
