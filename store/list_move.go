package store

import "bytes"

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
// change for whoever watches the key. Popping a lone element first would lose the key's expiry.
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
