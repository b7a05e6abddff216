package store

// Transfer copies a key from one engine's transaction into another's, over whatever is there.
// It reports false if the key is absent.
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
	for _, p := range h.parts() {
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
