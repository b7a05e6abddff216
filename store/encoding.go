package store

// Encoding is the name Redis 7.2 would give to a value's inner form: OBJECT ENCODING.
// Head.Encoding keeps it, because Redis seldom goes back to a smaller form.
type Encoding uint8

// The encodings. Their numbers are on disk: append, never renumber.
const (
	EncodingNone Encoding = iota
	EncodingInt
	EncodingEmbstr
	EncodingRaw
	EncodingListpack
	EncodingQuicklist
	EncodingIntset
	EncodingHashtable
	EncodingSkiplist
	EncodingStream
	EncodingListpackEx // a listpack of fields, values and when they expire, in the order of that
)

// String returns the word OBJECT ENCODING answers.
func (e Encoding) String() string {
	switch e {
	case EncodingInt:
		return "int"
	case EncodingEmbstr:
		return "embstr"
	case EncodingRaw:
		return "raw"
	case EncodingListpack:
		return "listpack"
	case EncodingQuicklist:
		return "quicklist"
	case EncodingIntset:
		return "intset"
	case EncodingHashtable:
		return "hashtable"
	case EncodingSkiplist:
		return "skiplist"
	case EncodingStream:
		return "stream"
	case EncodingListpackEx:
		return "listpackex"
	}
	return "unknown"
}

// EncodingName is what OBJECT ENCODING answers for a head.
func EncodingName(h Head) string { return Encoding(h.Encoding).String() }
