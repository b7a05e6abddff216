package store

// Blob is a string key opened inside one transaction. Strings up to InlineMax live in the
// head; longer ones in part Chunks under an id, chunk n holding the bytes from n*ChunkSize on.
// It belongs to the transaction's goroutine.
//
// Absent chunks and the missing end of a short one read as zeros: a SETRANGE at 500 MB
// writes one chunk. The last chunk is always there, and ends with the string: by that an Audit
// knows that nothing is missing. Strings never shrink in place, so no old byte can show through.
type Blob struct {
	tx Tx
	// Arrays, and the room for a number, so that opening a key costs one allocation in all.
	keys   [1]Key
	heads  [1]Head
	number [20]byte
}

// OpenBlob opens a key as a string. An absent key gives a Blob that does not exist yet,
// one of another type ErrWrongType.
func OpenBlob(tx Tx, key Key) (*Blob, error) {
	b := &Blob{tx: tx, keys: [1]Key{key}}
	if _, err := tx.Heads(b.heads[:0], b.keys[:]...); err != nil {
		return nil, err
	}
	if h := &b.heads[0]; h.Exists() && h.Type != String {
		return nil, ErrWrongType
	}
	return b, nil
}

// Exists reports whether the key is there.
func (b *Blob) Exists() bool { return b.heads[0].Exists() }

// Len is the length in bytes; 0 for an absent key.
func (b *Blob) Len() int64 { return b.heads[0].Len }

// Head returns a copy of what is known without the chunks.
func (b *Blob) Head() Head { return b.heads[0] }

func (b *Blob) key() Key    { return b.keys[0] }
func (b *Blob) head() *Head { return &b.heads[0] }

// SetString makes value the whole content of a key, whatever it held. It reads nothing:
// a long value goes to a fresh id, and putting the head orphans what was there.
func SetString(tx Tx, key Key, value []byte, expireAt int64) error {
	return putString(tx, key, value, Head{Encoding: uint8(stringEncoding(value)), ExpireAt: expireAt})
}

// SetNoted is SetString that also leaves notes beside the key.
func SetNoted(tx Tx, key Key, value []byte, expireAt int64, n Notes) error {
	return putString(tx, key, value, Head{Encoding: uint8(stringEncoding(value)), ExpireAt: expireAt, Notes: n})
}

func putString(tx Tx, key Key, value []byte, h Head) error {
	h.Type, h.Len, h.Bytes = String, int64(len(value)), baseBytes(key, h.Notes)
	if len(value) <= InlineMax {
		h.Value = value
		h.Bytes += h.Len
		return tx.PutHead(key, h)
	}
	id, err := tx.NewID(key)
	if err != nil {
		return err
	}
	h.ID = id
	ch, err := putChunks(tx, id, 0, value)
	if err != nil {
		return err
	}
	h.Bytes += ch.Bytes
	return tx.PutHead(key, h)
}

// Expire sets when the key goes, in Unix milliseconds; 0 is never. The key must exist.
func (b *Blob) Expire(at int64) error {
	b.head().ExpireAt = at
	return b.tx.PutHead(b.key(), *b.head())
}

// Drop removes the key.
func (b *Blob) Drop() error {
	_, err := b.tx.Drop(b.keys[:]...)
	return err
}

var errStringTooLong = Invalid("string exceeds maximum allowed size (proto-max-bulk-len)")

// checkLength refuses writing n bytes at off if the string became too long.
func (b *Blob) checkLength(off, n int64) error {
	if limit := LimitsOf(b.tx).ProtoMaxBulkLen; n > limit || off > limit-n {
		return errStringTooLong
	}
	return nil
}
