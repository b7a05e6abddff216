package store

// size does what Redis does with the number of members a command names before it looks at them: it chooses the encoding
// of a new set, which the first member decides, too, and gives up that of one that is there if they might not fit.
func (s *SetKey) size(first []byte, given int64) {
	limits := LimitsOf(s.tx)
	_, integer := ParseInteger(first)
	ints, words := int64(limits.SetMaxIntsetEntries), int64(limits.SetMaxListpackEntries)
	next := Encoding(s.head.Encoding)
	switch {
	case next == EncodingNone && integer && given <= ints:
		next = EncodingIntset
	case next == EncodingNone && given <= words:
		next = EncodingListpack
	case next == EncodingNone, next == EncodingIntset && given > ints,
		(next == EncodingListpack || next == EncodingListpackEx) && given > words:
		next = EncodingHashtable
	}
	s.head.Encoding = uint8(next)
}

// Fit is what Redis does with a set of which SADD names so many members even if it has them all: if they might not
// fit its encoding, it becomes a hash table.
func (s *SetKey) Fit(given int64) error {
	now := s.head.Encoding
	s.size(nil, given)
	next := Encoding(s.head.Encoding)
	if s.head.Encoding = now; !s.Exists() || next == Encoding(now) {
		return nil
	}
	return s.convert(next)
}

// setEncoding is the encoding of a set of n members when another one is added. Of integers it is an intset until there
// are too many; the first word makes it a listpack, if it is small enough for one; once a hash table, always one.
func setEncoding(now Encoding, n int64, member []byte, limits *Limits) Encoding {
	_, integer := ParseInteger(member)
	switch {
	case now == EncodingHashtable:
		return now
	case now == EncodingIntset && integer && n < int64(limits.SetMaxIntsetEntries):
		return now
	case now == EncodingIntset && integer:
		return EncodingHashtable
	case n >= int64(limits.SetMaxListpackEntries) || len(member) > limits.SetMaxListpackValue:
		return EncodingHashtable
	case now == EncodingListpackEx:
		return now
	}
	return EncodingListpack
}

// setTakesTimes reports whether a set of n members in a compact encoding gets times in one, too. An integer may be as
// long as any of 64 bits.
func setTakesTimes(now Encoding, n int64, limits *Limits) bool {
	const longest = len("-9223372036854775808")
	return n <= int64(limits.SetMaxListpackEntries) && (now != EncodingIntset || limits.SetMaxListpackValue >= longest)
}
