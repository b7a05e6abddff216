package store

// Rename gives the key from the name to, over whatever was there, with everything it holds and its
// expiry. It reports false if from is absent. The keys must differ. It is O(1).
func Rename(tx Tx, from, to Key) (bool, error) {
	h, ok, err := headOf(tx, from)
	if err != nil || !ok {
		return false, err
	}
	h.Bytes += KeyBytes(to) - KeyBytes(from)
	return true, tx.Move(from, to, h)
}

// Copy makes to the same as from, its expiry included, over whatever was there. It
// reports false if from is absent. The keys must differ.
func Copy(tx Tx, from, to Key) (bool, error) {
	h, ok, err := headOf(tx, from)
	if err != nil || !ok {
		return false, err
	}
	return true, copyKey(tx, from, to, h)
}

func headOf(tx Tx, key Key) (Head, bool, error) {
	heads, err := tx.Heads(nil, key)
	if err != nil {
		return Head{}, false, err
	}
	return heads[0], heads[0].Exists(), nil
}

// copyKey puts the head first: the engine then knows from the first item on whether the
// id is ranked.
func copyKey(tx Tx, from, to Key, h Head) error {
	source := h.ID
	h.Bytes += KeyBytes(to) - KeyBytes(from)
	if source == 0 {
		return tx.PutHead(to, h)
	}
	id, err := tx.NewID(to)
	if err != nil {
		return err
	}
	h.ID = id
	if err := tx.PutHead(to, h); err != nil {
		return err
	}
	for _, p := range h.parts() {
		if err := copyPart(tx, source, id, p); err != nil {
			return err
		}
	}
	return nil
}

func copyPart(tx Tx, from, to ID, p Part) error {
	b := batch{tx: tx, id: to, part: p}
	for it, err := range tx.Range(from, p, Range{}) {
		if err != nil {
			return err
		}
		if err := b.add(it); err != nil {
			return err
		}
	}
	_, err := b.flush()
	return err
}

// parts are those that the head's items lie in.
func (h *Head) parts() []Part {
	switch {
	case h.beside():
		return []Part{Chunks}
	case (h.Type == Hash || h.Type == Set) && !h.Timed():
		return partsOf(h.Type)[:1]
	}
	return partsOf(h.Type)
}

// partsOf are the parts that a type's items may lie in.
func partsOf(t Type) []Part {
	switch t {
	case String:
		return []Part{Chunks}
	case Hash:
		return []Part{Fields, Expiries}
	case Set:
		return []Part{Members, Expiries}
	case ZSet:
		return []Part{Scores}
	case List:
		return []Part{Elements}
	case Stream:
		return []Part{Entries, Groups, Consumers, Pending, Producers}
	}
	return nil
}
