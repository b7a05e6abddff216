package store

import (
	"bytes"
	"slices"
)

// MoveElement takes the element at one end of src and puts it at an end of dst, which may be
// the same list. ok is false, and nothing happens, when src is absent.
func MoveElement(tx Tx, src, dst Key, from, to ListEnd) (value []byte, ok bool, err error) {
	source, err := OpenList(tx, src)
	if err != nil || !source.Exists() {
		return nil, false, err
	}
	target := source
	if src.DB != dst.DB || !bytes.Equal(src.Name, dst.Name) {
		if target, err = OpenList(tx, dst); err != nil {
			return nil, false, err
		}
	}
	if target == source && (from == to || source.Len() == 1) {
		return source.touch(from)
	}
	err = source.Pop(from, 1, func(v []byte) { value = bytes.Clone(v) })
	if err != nil {
		return nil, false, err
	}
	return value, true, target.Push(to, value)
}

// touch is a move that changes nothing. The head is written all the same: it counts as a
// change to clients that watch the key. Popping a lone element first would lose the key's expiry.
func (l *ListKey) touch(end ListEnd) (value []byte, ok bool, err error) {
	i := int64(0)
	if end == Back {
		i = -1
	}
	value, ok, err = l.Index(i)
	if err != nil || !ok {
		return nil, false, err
	}
	return value, true, l.commit(Change{})
}

// ListMove is what MoveElements is to do.
type ListMove struct {
	From, To ListEnd
	Count    int64
	Exactly  bool // nothing happens if there are fewer
	// Bulk keeps the elements in the order they had; else each is put where it goes before the next is taken.
	Bulk bool
}

// MoveElements takes elements at one end of src and puts them at an end of dst, which may be the same list. It returns
// them as they stand in dst; ok is false, and nothing happens, when src is absent or too short.
func MoveElements(tx Tx, src, dst Key, m ListMove) (moved [][]byte, ok bool, err error) {
	source, err := OpenList(tx, src)
	if err != nil || !source.Exists() || m.Exactly && source.Len() < m.Count {
		return nil, false, err
	}
	target := source
	if src.DB != dst.DB || !bytes.Equal(src.Name, dst.Name) {
		if target, err = OpenList(tx, dst); err != nil {
			return nil, false, err
		}
	}
	n := min(m.Count, source.Len())
	whole := target == source && n == source.Len()
	if whole {
		n-- // the last one stays, so that the key does, with its expiry
	}
	err = source.Pop(m.From, n, func(v []byte) { moved = append(moved, bytes.Clone(v)) })
	switch {
	case err != nil:
		return nil, false, err
	case whole:
		moved, err = source.putBack(m, moved)
		return moved, true, err
	case m.Bulk && m.From == m.To:
		slices.Reverse(moved)
	}
	err = target.Push(m.To, moved...)
	if m.To == Front {
		slices.Reverse(moved)
	}
	return moved, true, err
}

// putBack puts all elements but the one that was left to either side of it, and returns the list. Only one by one, at
// the end where they were, are they turned round.
func (l *ListKey) putBack(m ListMove, taken [][]byte) (all [][]byte, err error) {
	end := m.From
	if m.From == m.To && !m.Bulk {
		end = Front + Back - m.From
	}
	slices.Reverse(taken)
	if len(taken) == 0 {
		err = l.commit(Change{})
	} else {
		err = l.Push(end, taken...)
	}
	if err != nil {
		return nil, err
	}
	for it, err := range l.Slice(0, -1) {
		if err != nil {
			return nil, err
		}
		all = append(all, bytes.Clone(it.Value))
	}
	return all, nil
}
