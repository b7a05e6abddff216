package store

// zsetEncoding is the encoding of a sorted set of n members after some were added, the
// longest of longest bytes. Once a skiplist, always a skiplist.
func zsetEncoding(now Encoding, n int64, longest int, limits *Limits) Encoding {
	if now == EncodingSkiplist || n > int64(limits.ZsetMaxListpackEntries) || int64(longest) > int64(limits.ZsetMaxListpackValue) {
		return EncodingSkiplist
	}
	return EncodingListpack
}

// Quieter is an optional interface of a Tx that tells others what is written.
type Quieter interface {
	// Quiet is the same transaction, of whose heads nobody is told.
	Quiet() Tx
}

// ConvertZSet gives a sorted set the encoding for large ones, as SORT does in Redis before it reads one. That is no
// change of the key: nobody who watches it is told. Keys of other types stay as they are.
func ConvertZSet(tx Tx, key Key) error {
	if q, ok := tx.(Quieter); ok {
		tx = q.Quiet()
	}
	h, _, err := headOf(tx, key)
	z := ZSetKey{handle: handle{tx: tx, key: key, head: h}}
	if err != nil || h.Type != ZSet || !z.compact() {
		return err
	}
	z.head.Encoding = uint8(EncodingSkiplist)
	return z.finish(Change{})
}
