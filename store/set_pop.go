package store

import (
	"bytes"
	"iter"
)

// Pop removes n different members chosen at random, or all if there are not more, and calls
// visit with each. visit must not keep the slice.
func (s *SetKey) Pop(n int64, visit func(member []byte)) error {
	live, err := s.Live()
	switch stay := live - n; {
	case n <= 0 || !s.Exists() || err != nil:
		return err
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

// popAllBut makes a set of the members that stay and leaves what the old one had to the sweep.
func (s *SetKey) popAllBut(stay int64, visit func(member []byte)) error {
	kept := newSet(handle{tx: s.tx, key: s.key})
	kept.head = Head{Type: Set, ExpireAt: s.head.ExpireAt, Notes: s.head.Notes, Bytes: baseBytes(s.key, s.head.Notes)}
	kept.head.Encoding = uint8(EncodingListpack)
	if now := Encoding(s.head.Encoding); now == EncodingIntset || now == EncodingListpackEx {
		kept.head.Encoding = uint8(now)
	}
	if err := inPages(s.partition(stay, visit), kept.write); err != nil {
		return err
	}
	s.handle = kept.handle
	return s.finish(Change{})
}

// partition yields as many members chosen at random and calls visit with the others.
func (s *SetKey) partition(stay int64, visit func(member []byte)) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for m, err := range s.sift(Members, stay) {
			if err == nil && !m.taken {
				visit(m.item.Field)
				continue
			}
			if !yield(m.item, err) {
				return
			}
		}
	}
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
