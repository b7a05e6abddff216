package store

// Part separates kinds of items of one id. Its class says what orders them.
type Part uint8

// The parts in use. Their numbers are on disk: append, never renumber.
const (
	Fields    Part = iota + 1 // hash: field -> value; hashed
	Members                   // set: member; hashed
	Scores                    // sorted set: member -> score; hashed, and scored
	Elements                  // list: position -> value; placed
	Chunks                    // long string: chunk number -> bytes; placed
	Entries                   // stream: id -> fields; named
	Groups                    // stream: group -> state; named
	Consumers                 // stream: group, consumer -> state; named
	Pending                   // stream: group, id -> delivery; named
	// hash, set: field or member -> when it expires, of those that do; hashed, and scored by that
	Expiries
	Producers // stream: what idempotent producers sent; named
)

// LastPart is the one with the highest number.
const LastPart = Producers

// Class says how a part's items are addressed and what their natural order is.
type Class uint8

const (
	// Hashed items are found by Field. Pos is the engine's seeded 48-bit hash of
	// Field, so the order means nothing, but a position in it survives restarts
	// and concurrent changes: it is the cursor of HSCAN, SSCAN and ZSCAN.
	Hashed Class = iota
	// Placed items are found by Pos, which the type chooses; Field is empty.
	Placed
	// Named items are found by Field and ordered by its bytes; Pos is 0.
	Named
)

// Class returns the part's class.
func (p Part) Class() Class {
	switch p {
	case Fields, Members, Scores, Expiries:
		return Hashed
	case Elements, Chunks:
		return Placed
	}
	return Named
}

// Scored reports whether the part's items have a score and the second order. Such items
// have no Value.
func (p Part) Scored() bool { return p == Scores || p == Expiries }

// HashBits is the width of the hash that orders hashed items and, below the slot, heads.
const HashBits = 48

// Item is one entry under an id. Slices are valid until the transaction ends,
// and the engine does not keep slices it is given after the call, but for a Value that is Given.
type Item struct {
	Pos   int64
	Field []byte
	Score float64
	Value []byte
	// Found is set by Tx.Items, which answers in the order asked.
	Found bool
	// New tells PutItems that there is certainly no such item yet: an engine need not look.
	New bool
	// Changed, unless it is empty, tells PutItems that there is such an item, whose Value is the same but for these
	// bytes: an engine need not log the others. Bytes past the end of the existing value belong to the changed ones.
	Changed Piece
	// Given tells PutItems that the caller will not change Value's bytes any more: an engine may keep them, as it may
	// no others.
	Given bool
}

// Piece is the bytes of a value from From up to but not including To. Chunks have no more than it can count.
type Piece struct{ From, To uint16 }

// Empty reports whether there are none.
func (p Piece) Empty() bool { return p.From >= p.To }

// With is the least span that has those of both.
func (p Piece) With(from, to int) Piece {
	if p.Empty() {
		return Piece{uint16(from), uint16(to)}
	}
	return Piece{min(p.From, uint16(from)), max(p.To, uint16(to))}
}

// Order chooses one of a part's orders.
type Order uint8

const (
	Natural Order = iota // (Pos, Field)
	ByScore              // (Score, Field); scored parts only
)

// Edge says how a Bound limits a range.
type Edge uint8

const (
	Unbounded Edge = iota
	Inclusive
	Exclusive
)

// Bound is one end of a Range. In Natural order it compares Pos (hashed and placed
// parts) or Field (named parts). In ByScore order it compares Score and, if Field is
// not nil, then Field; with a nil Field it stands for all items of that score.
type Bound struct {
	Edge  Edge
	Pos   int64
	Score float64
	Field []byte
}

// Range selects consecutive items of a part: those between Min and Max, of which the
// first Skip are passed over and at most Limit are taken. Reverse turns the direction,
// so that Skip and Limit count from the Max end; Min stays the lower bound.
// Skip costs O(log n) on ids whose head is Ranked, and O(Skip) otherwise.
type Range struct {
	Order   Order
	Min     Bound
	Max     Bound
	Reverse bool
	Skip    int64
	// Limit is the most items taken; 0 means all.
	Limit int64
}

// Positions is the natural range of placed or hashed items with from <= Pos <= to.
func Positions(from, to int64) Range {
	return Range{Min: Bound{Edge: Inclusive, Pos: from}, Max: Bound{Edge: Inclusive, Pos: to}}
}
