package memtable

import (
	"bytes"
	"cmp"

	"larder/store"
)

// row is an item as its layer leaves it. A row that is live and below replaces one; a row
// that is below and not live is a deletion. It is kept small: see index.
type row struct {
	text []byte // field, value; never changed, only replaced
	pos  int64
	// score, and oldScore below, where the second order still shows it.
	score, oldScore float64
	fieldLen        uint32
	oldSize         uint32 // what the item below counts for: see store.ItemBytes
	slot            int32  // in coll.dense
	live            bool
	below           bool
	placed          bool // found by its position
}

// rowBytes is what a row costs beyond its text: itself, its slot, a place in an order, what the
// allocator rounds up.
const rowBytes = 64 + 16 + 16 + 8

// newRow is a row for an item, in memory of its own.
func newRow(p store.Part, it store.Item) *row {
	r := &row{pos: it.Pos, placed: p.Class() == store.Placed}
	r.set(it)
	return r
}

// probe is a row that stands where an item does, for comparisons. It shares the item's memory.
func probe(it store.Item) *row {
	return &row{text: it.Field, fieldLen: uint32(len(it.Field)), pos: it.Pos, score: it.Score, oldScore: it.Score}
}

func (r *row) field() []byte { return r.text[:r.fieldLen:r.fieldLen] }

func (r *row) value() []byte {
	if len(r.text) == int(r.fieldLen) {
		return nil
	}
	return r.text[r.fieldLen:]
}

func (r *row) item() store.Item {
	return store.Item{Pos: r.pos, Field: r.field(), Score: r.score, Value: r.value()}
}

// set gives the row another item of the same place.
func (r *row) set(it store.Item) {
	if it.Given && len(it.Field) == 0 {
		r.text, r.fieldLen, r.score = it.Value, 0, it.Score
		return
	}
	text := make([]byte, 0, len(it.Field)+len(it.Value))
	r.text = append(append(text, it.Field...), it.Value...)
	r.fieldLen, r.score = uint32(len(it.Field)), it.Score
}

// bare leaves the row without a value.
func (r *row) bare() {
	if len(r.text) > int(r.fieldLen) {
		r.text = bytes.Clone(r.field())
	}
}

func (r *row) place() place {
	if r.placed {
		return place{n: r.pos}
	}
	return place{text: r.field()}
}

// bytes is what the row takes.
func (r *row) bytes() int64 { return rowBytes + int64(len(r.text)) }

// The comparisons look at fields only where they must: each lies in memory of its own, which the caches of the
// processor do not hold when a generation is sorted.

func naturalCompare(a, b *row) int {
	if a.pos != b.pos {
		return cmp.Compare(a.pos, b.pos)
	}
	return bytes.Compare(a.field(), b.field())
}

func scoreCompare(a, b *row) int {
	if a.score != b.score {
		return cmp.Compare(a.score, b.score)
	}
	return bytes.Compare(a.field(), b.field())
}

func oldScoreCompare(a, b *row) int {
	if a.oldScore != b.oldScore {
		return cmp.Compare(a.oldScore, b.oldScore)
	}
	return bytes.Compare(a.field(), b.field())
}
