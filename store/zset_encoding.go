package store

// zsetEncoding is the encoding of a sorted set of n members after some were added, the
// longest of longest bytes. Once a skiplist, always a skiplist.
func zsetEncoding(now Encoding, n int64, longest int, limits *Limits) Encoding {
	if now == EncodingSkiplist || n > int64(limits.ZsetMaxListpackEntries) ||
		int64(longest) > int64(limits.ZsetMaxListpackValue) {
		return EncodingSkiplist
	}
	return EncodingListpack
}

// Quieter is an optional interface of a Tx that tells others what is written.
type Quieter interface {
	// Quiet is the same transaction; what it does to heads is not reported to watchers.
	Quiet() Tx
}

// ConvertZSet gives a sorted set the encoding for large ones, as SORT does in Redis before it reads one. Keys
// of other types stay as they are.
func ConvertZSet(tx Tx, key Key) error {
	h, _, err := headOf(quiet(tx), key)
	z := ZSetKey{handle: handle{tx: tx, key: key, head: h}}
	if err != nil || h.Type != ZSet || !z.compact() {
		return err
	}
	return z.convert(EncodingSkiplist)
}

// convert gives a collection that is compact another encoding although nothing in it changes. That is no change of the
// key: nobody who watches it is told.
func (h *handle) convert(to Encoding) error {
	defer func(tx Tx) { h.tx = tx }(h.tx)
	h.tx = quiet(h.tx)
	h.head.Encoding = uint8(to)
	return h.finish(Change{})
}

func quiet(tx Tx) Tx {
	if q, ok := tx.(Quieter); ok {
		return q.Quiet()
	}
	return tx
}
