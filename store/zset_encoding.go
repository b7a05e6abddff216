package store

// zsetEncoding is the encoding of a sorted set of n members after some were added, the
// longest of longest bytes. Once a skiplist, always a skiplist.
func zsetEncoding(now Encoding, n int64, longest int, limits *Limits) Encoding {
	if now == EncodingSkiplist || n > int64(limits.ZsetMaxListpackEntries) || int64(longest) > int64(limits.ZsetMaxListpackValue) {
		return EncodingSkiplist
	}
	return EncodingListpack
}
