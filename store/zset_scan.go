package store

// Scan calls visit with about n members from a cursor on, and returns the cursor to go on
// from, 0 at the end. The cursor is a member's hash, so it outlives any change; members of
// equal hash come together. A small set comes at once, as Redis's compact encodings do.
func (z *ZSetKey) Scan(from Cursor, n int64, visit func(Item)) (Cursor, error) {
	if !z.Exists() || from >= 1<<HashBits {
		return 0, nil
	}
	r := Range{}
	if Encoding(z.head.Encoding) == EncodingSkiplist {
		r.Min = Bound{Edge: Inclusive, Pos: int64(from)}
	} else {
		n = z.Len()
	}
	seen, last := int64(0), int64(-1)
	for it, err := range z.tx.Range(z.head.ID, Scores, r) {
		if err != nil {
			return 0, err
		}
		if seen >= n && it.Pos != last {
			return Cursor(it.Pos), nil
		}
		visit(it)
		seen++
		last = it.Pos
	}
	return 0, nil
}
