package store

import "bytes"

// Pop removes n different members chosen at random, or all if there are not more, and calls
// visit with each. visit must not keep the slice.
func (s *SetKey) Pop(n int64, visit func(member []byte)) error {
	switch stay := s.Len() - n; {
	case n <= 0 || !s.Exists():
		return nil
	case stay <= 0:
		return s.popAll(visit)
	case stay*moveShare <= n:
		return s.popAllBut(stay, visit)
	}
	return s.popSome(n, visit)
}

func (s *SetKey) popAll(visit func(member []byte)) error {
	for it, err := range s.All() {
		if err != nil {
			return err
		}
		visit(it.Field)
	}
	return s.drop()
}

// popAllBut writes the members that stay under a fresh id and leaves the old one to the sweep.
func (s *SetKey) popAllBut(stay int64, visit func(member []byte)) error {
	shape := setShape{words: Encoding(s.head.Encoding) != EncodingIntset}
	ch, err := s.moveItems(Members, func(yield func(Item, error) bool) {
		for m, err := range s.sift(Members, stay) {
			if err == nil && !m.taken {
				visit(m.item.Field)
				continue
			}
			shape.see([]Item{m.item})
			if !yield(m.item, err) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	s.head.Encoding = uint8(shape.encoding(EncodingNone, stay, LimitsOf(s.tx)))
	return s.save(ch)
}

// popSome samples and removes a batch at a time: a sample of samples is a sample.
func (s *SetKey) popSome(n int64, visit func(member []byte)) error {
	for n > 0 {
		var names [][]byte
		err := s.Sample(min(n, s.drawSize()), func(it Item) { names = append(names, bytes.Clone(it.Field)) })
		if err == nil && len(names) == 0 {
			err = errWrongLen
		}
		if err != nil {
			return err
		}
		for _, name := range names {
			visit(name)
		}
		if _, err := s.Remove(names...); err != nil {
			return err
		}
		n -= int64(len(names))
	}
	return nil
}
