package store

// A client gets a cursor as a decimal number, and many keep it as a double, which holds integers up to 2^53 exactly:
// JavaScript's Number, Lua's tonumber. A position in the order of heads has 62 bits. So a page of Scan or Tagged ends
// only where the upper bits of two positions differ, and the client sees those bits alone: the slot and the first 23
// bits of the hash. Keys that agree in them come together; of 10^8 keys under one hash tag that is a dozen.
const (
	cursorBits  = 37 // the slot and the first 23 bits of the hash
	granuleBits = SlotBits + HashBits - cursorBits
	checkBits   = 53 - cursorBits
)

// Cursor is a position in the order of heads: slot, then a seeded hash of the name.
// 0 is both the start and, as an answer, the end.
type Cursor uint64

// Position is where a key stands in Scan's order: its slot, then its hash.
func Position(name []byte, hash int64) Cursor {
	return Cursor(uint64(Slot(name))<<HashBits | uint64(hash))
}

// Granule is the first of the positions that one cursor stands for. Every cursor that an engine returns is one.
func (c Cursor) Granule() Cursor { return c >> granuleBits << granuleBits }

// Number is what a client gets to see of a cursor that an engine returned: less than 2^53. Its lower bits are a
// check, for Larder once gave its clients whole positions: one of these, taken for a number, would skip keys.
func (c Cursor) Number() uint64 {
	if c == 0 {
		return 0
	}
	upper := uint64(c) >> granuleBits
	return upper<<checkBits | checkOf(upper)
}

// CursorOf is the cursor of a number that a client sent. A number that Number has not made begins anew.
func CursorOf(n uint64) Cursor {
	if upper := n >> checkBits; upper>>cursorBits == 0 && n == Cursor(upper<<granuleBits).Number() {
		return Cursor(upper << granuleBits)
	}
	return 0
}

// checkOf is a fixed hash; a cursor is no secret.
func checkOf(upper uint64) uint64 { return (upper ^ 0x5ca4) * 0x9e3779b97f4a7c15 >> (64 - checkBits) }
