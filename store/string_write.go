package store

// pageChunks is how many chunks go to the engine at once: 1 MB.
const pageChunks = 64

// Append adds data at the end, creating the key if it is absent, and returns the new length.
func (b *Blob) Append(data []byte) (int64, error) {
	total := b.Len() + int64(len(data))
	if err := b.checkLength(b.Len(), int64(len(data))); err != nil {
		return 0, err
	}
	if !b.Exists() {
		return total, SetString(b.tx, b.key(), data, 0)
	}
	return total, b.write(b.Len(), data)
}

// WriteAt overwrites from off on with data, which must not be empty. What lies between the old end
// and off becomes zeros.
func (b *Blob) WriteAt(off int64, data []byte) error {
	if err := b.checkLength(off, int64(len(data))); err != nil {
		return err
	}
	return b.write(off, data)
}

// Replace makes data the whole content, as bytes that are changed in place; the time the key goes at stays, and so do
// notes.
func (b *Blob) Replace(data []byte) error {
	if err := b.checkLength(0, int64(len(data))); err != nil {
		return err
	}
	if h := b.head(); h.ID != 0 && int64(len(data)) >= h.Len {
		return b.write(0, data)
	}
	h := Head{Encoding: uint8(EncodingRaw), ExpireAt: b.head().ExpireAt, Notes: b.head().Notes}
	return putString(b.tx, b.key(), data, h)
}

func (b *Blob) write(off int64, data []byte) error {
	h := b.head()
	if !h.Exists() {
		*h = Head{Type: String, Bytes: KeyBytes(b.key())}
	}
	h.Encoding = uint8(EncodingRaw)
	end := max(h.Len, off+int64(len(data)))
	if h.ID == 0 && end <= InlineMax {
		return b.writeInline(off, data, end)
	}
	if err := b.leaveHead(); err != nil {
		return err
	}
	ch, err := b.overlay(off, data)
	if err != nil {
		return err
	}
	h.Len = end
	h.Bytes += ch.Bytes
	return b.tx.PutHead(b.key(), *h)
}

func (b *Blob) writeInline(off int64, data []byte, end int64) error {
	h := b.head()
	value := make([]byte, end)
	copy(value, h.Value)
	copy(value[off:], data)
	h.Bytes += end - h.Len
	h.Value, h.Len = value, end
	return b.tx.PutHead(b.key(), *h)
}

// leaveHead moves an inline value to chunk 0 of a fresh id.
func (b *Blob) leaveHead() error {
	h := b.head()
	if h.ID != 0 {
		return nil
	}
	id, err := b.tx.NewID(b.key())
	if err != nil {
		return err
	}
	h.ID = id
	h.Bytes -= h.Len
	ch, err := putChunks(b.tx, id, 0, h.Value)
	h.Bytes += ch.Bytes
	h.Value = nil
	return err
}

// overlay writes data over the chunks from off on. Only the first and the last may be
// covered in part: these are read.
func (b *Blob) overlay(off int64, data []byte) (Change, error) {
	var total Change
	for len(data) > 0 {
		within := off % ChunkSize
		n := min(int64(len(data)), ChunkSize-within)
		if within == 0 && int64(len(data)) >= ChunkSize {
			n = int64(len(data)) / ChunkSize * ChunkSize
			ch, err := putChunks(b.tx, b.head().ID, off/ChunkSize, data[:n])
			if err != nil {
				return total, err
			}
			total = total.Plus(ch)
		} else {
			ch, err := b.merge(off/ChunkSize, within, data[:n])
			if err != nil {
				return total, err
			}
			total = total.Plus(ch)
		}
		off, data = off+n, data[n:]
	}
	return total, nil
}

// merge writes piece into one chunk, at an offset within it.
func (b *Blob) merge(chunk, within int64, piece []byte) (Change, error) {
	it := Item{Pos: chunk, Given: true, Value: make([]byte, within+int64(len(piece)))}
	if chunk*ChunkSize < b.Len() {
		for was, err := range b.tx.Range(b.head().ID, Chunks, Positions(chunk, chunk)) {
			if err != nil {
				return Change{}, err
			}
			if it.Changed = changedBy(was.Value, int(within), piece); it.Changed.Empty() {
				return Change{}, nil
			}
			if len(was.Value) > len(it.Value) {
				it.Value = make([]byte, len(was.Value))
			}
			copy(it.Value, was.Value)
		}
	}
	copy(it.Value[within:], piece)
	return b.tx.PutItems(b.head().ID, Chunks, it)
}

// changedBy tells what piece changes of a chunk, at an offset within it.
func changedBy(was []byte, at int, piece []byte) Piece {
	from, to := at, at+len(piece)
	for from < min(to, len(was)) && was[from] == piece[from-at] {
		from++
	}
	for to > from && to <= len(was) && was[to-1] == piece[to-1-at] {
		to--
	}
	return Piece{uint16(min(from, len(was))), uint16(to)}
}

// putChunks writes data as chunks from number first on, replacing what they held.
func putChunks(tx Tx, id ID, first int64, data []byte) (Change, error) {
	var total Change
	items := make([]Item, 0, min(pageChunks, len(data)/ChunkSize+1))
	for len(data) > 0 {
		items = items[:0]
		for len(data) > 0 && len(items) < pageChunks {
			n := min(len(data), ChunkSize)
			items = append(items, Item{Pos: first, Value: data[:n]})
			first, data = first+1, data[n:]
		}
		ch, err := tx.PutItems(id, Chunks, items...)
		if err != nil {
			return total, err
		}
		total = total.Plus(ch)
	}
	return total, nil
}
