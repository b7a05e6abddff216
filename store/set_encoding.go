package store

// setShape is what a set's encoding depends on besides their number, of the members
// added to it. The zero value has seen none. It is a value of one goroutine.
type setShape struct {
	longest int  // bytes
	words   bool // some are no integers
}

func (s *setShape) see(members []Item) {
	for _, it := range members {
		s.longest = max(s.longest, len(it.Field))
		if !s.words {
			_, integer := ParseInteger(it.Field)
			s.words = !integer
		}
	}
}

// encoding is the encoding of a set at n members after those seen were added. Of integers
// it is an intset until there are too many; the first word makes it a listpack, if it is small
// enough for one; once a hash table, always a hash table.
func (s *setShape) encoding(now Encoding, n int64, limits *Limits) Encoding {
	intset := now == EncodingIntset || now == EncodingNone
	switch {
	case now == EncodingHashtable:
		return EncodingHashtable
	case intset && !s.words && n <= int64(limits.SetMaxIntsetEntries):
		return EncodingIntset
	case intset && !s.words:
		return EncodingHashtable
	case n > int64(limits.SetMaxListpackEntries) || s.longest > limits.SetMaxListpackValue:
		return EncodingHashtable
	}
	return EncodingListpack
}
