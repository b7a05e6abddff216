package store

// Type is what a key holds. The zero Type means the key is absent.
type Type uint8

// The types of Redis. Bitmaps and HyperLogLogs are strings, geo sets are sorted sets.
const (
	None Type = iota
	String
	Hash
	List
	Set
	ZSet
	Stream
)

// String returns the word TYPE answers.
func (t Type) String() string {
	switch t {
	case String:
		return "string"
	case Hash:
		return "hash"
	case List:
		return "list"
	case Set:
		return "set"
	case ZSet:
		return "zset"
	case Stream:
		return "stream"
	}
	return "none"
}

// ID names the owner of items. 0 means "owns nothing".
type ID uint64

// Head is all that is known of a key without reading its items. It is a plain
// value: copying it is cheap, and copies share nothing. Value is only valid until the transaction it was read in
// ends.
type Head struct {
	Type Type
	// Encoding is the type's own note on the Redis encoding it would have by now.
	// Redis never goes back from a large encoding to a small one, so it is kept.
	Encoding uint8
	// Ranked asks the engine to keep counted blocks for the id's items, so that
	// Count, and Range with Skip, cost O(log n). Types set it when they grow past
	// RankedMin and cannot compute positions themselves; it is never unset.
	Ranked bool
	// ID owns the items; 0 when the head has none.
	ID ID
	// ExpireAt is in Unix milliseconds, 0 for never. The key is gone once the
	// clock is past it (Redis: now > when). See Fields for one that goes with its last field.
	ExpireAt int64
	// Len is the number of items of a collection or of bytes of a string.
	Len int64
	// Bytes is the data the key holds as its type accounts for it: names, fields,
	// values and notes, without any engine's overhead.
	Bytes int64
	// Value is a short string itself, or what a type wants to remember about its
	// items (a list its ends, a stream its last id), or the whole of a small collection: see form. At most ValueMax bytes.
	Value []byte
	// Notes are the cache commands' own, mostly none. At most NotesMax bytes. SetNotes changes them.
	Notes Notes
	// Fields is when fields of a hash or members of a set expire.
	Fields FieldTimes
}

// SetNotes gives the head other notes, and counts them.
func (h *Head) SetNotes(n Notes) {
	h.Bytes += int64(len(n) - len(h.Notes))
	h.Notes = n
}

// Exists reports whether the key was there.
func (h *Head) Exists() bool { return h.Type != None }

const (
	// InlineMax is the longest Head.Value in bytes of a string; longer ones go to chunks.
	// About 1/20 of an 8 KiB page: larger rows make the heads' B-tree deep.
	InlineMax = 400
	// ChunkSize is the number of bytes in every chunk of a long string but the last.
	ChunkSize = 16 << 10
	// RankedMin is the length from which a type may set Head.Ranked. Below it,
	// counting rows one by one is cheaper than keeping blocks.
	RankedMin = 512
)

// ValueMax is the longest Value that the head may have: without an id that of a collection is the whole of it.
func (h *Head) ValueMax() int {
	if h.ID == 0 && h.Type != String {
		return PackedMax
	}
	return InlineMax
}
