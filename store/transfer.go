package store

// Transfer copies a key from one engine's transaction into another's, over whatever is there.
// It reports false if the key is absent. The head may be a damaged one: what it does not tell of is copied, too.
func Transfer(src Tx, from Key, dst Tx, to Key) (bool, error) {
	h, ok, err := headOf(src, from)
	if err != nil || !ok {
		return false, err
	}
	source := h.ID
	h.Bytes += KeyBytes(to) - KeyBytes(from)
	if source == 0 {
		return true, dst.PutHead(to, h)
	}
	if h.ID, err = dst.NewID(to); err != nil {
		return false, err
	}
	if err := dst.PutHead(to, h); err != nil {
		return false, err
	}
	parts := partsOf(h.Type)
	if h.beside() {
		parts = h.parts()
	}
	for _, p := range parts {
		b := batch{tx: dst, id: h.ID, part: p}
		for it, err := range src.Range(source, p, Range{}) {
			if err == nil {
				err = b.add(it)
			}
			if err != nil {
				return false, err
			}
		}
		if _, err := b.flush(); err != nil {
			return false, err
		}
	}
	return true, nil
}
