package blocks_test

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"testing"

	"larder/store"
	"larder/store/sqlite/blocks"
)

type heap struct{}

func (heap) Take(n int) []byte { return make([]byte, n) }

var (
	someScores = []float64{math.Inf(-1), -1.5, math.Copysign(0, -1), 0, math.Nextafter(1, 2), 1, 1 << 60, math.Inf(1)}
	somePlaces = []int64{math.MinInt64, -1, 0, 1, 7, math.MaxInt64}
	someFields = []string{"", "\x00", "a", "a\x00", "a\x00\x00", "ab", "\xff"}
)

func pick[T any](from []T) T { return from[rand.IntN(len(from))] }

// ordering is one of the orders of items: how two compare, whether a bound names a field, and an item's mark.
type ordering struct {
	part    store.Part
	order   store.Order
	compare func(it store.Item, b store.Bound) int
	mark    func(it store.Item) blocks.Mark
}

var orderings = []ordering{
	{store.Elements, store.Natural,
		func(it store.Item, b store.Bound) int { return cmp.Compare(it.Pos, b.Pos) },
		func(it store.Item) blocks.Mark { return blocks.Mark{Pos: it.Pos} }},
	{store.Entries, store.Natural,
		func(it store.Item, b store.Bound) int { return bytes.Compare(it.Field, b.Field) },
		func(it store.Item) blocks.Mark { return blocks.Mark{Field: it.Field} }},
	{store.Scores, store.ByScore,
		func(it store.Item, b store.Bound) int {
			if c := cmp.Compare(it.Score, b.Score); c != 0 || b.Field == nil {
				return c
			}
			return bytes.Compare(it.Field, b.Field)
		},
		func(it store.Item) blocks.Mark { return blocks.ByScore(it.Score, it.Field) }},
}

// inside is what the bounds of a range say of an item.
func (o *ordering) inside(it store.Item, r store.Range) bool {
	low, high := o.compare(it, r.Min), o.compare(it, r.Max)
	return (r.Min.Edge == store.Unbounded || low > 0 || low == 0 && r.Min.Edge == store.Inclusive) &&
		(r.Max.Edge == store.Unbounded || high < 0 || high == 0 && r.Max.Edge == store.Inclusive)
}

func (o *ordering) bound() store.Bound {
	b := store.Bound{Edge: pick([]store.Edge{store.Unbounded, store.Inclusive, store.Exclusive})}
	b.Pos, b.Score = pick(somePlaces), pick(someScores)
	if o.order != store.ByScore || rand.IntN(2) == 0 {
		b.Field = []byte(pick(someFields))
	}
	return b
}

// TestSpansAreWhatBoundsSay compares marks with bounds where they are easily mistaken: at the ends of what numbers can say
// and between a field and the next that there can be.
func TestSpansAreWhatBoundsSay(t *testing.T) {
	for _, o := range orderings {
		for range 20_000 {
			r := store.Range{Order: o.order, Min: o.bound(), Max: o.bound()}
			sp, err := blocks.SpanOf(o.part, r, heap{})
			if err != nil {
				t.Fatal(err)
			}
			it := store.Item{Pos: pick(somePlaces), Score: pick(someScores), Field: []byte(pick(someFields))}
			m := blocks.Scored(o.part, o.mark(it), it.Score)
			if got := !sp.Empty && !m.Before(sp.Lo) && m.Before(sp.Hi); got != o.inside(it, r) {
				t.Fatalf("%+v is inside of %+v: %v", it, r, got)
			}
			if after := m.After(heap{}); !m.Before(after) || after.Before(m) {
				t.Fatalf("%+v lies behind itself", it)
			}
		}
	}
	if _, err := blocks.SpanOf(store.Fields, store.Range{Order: store.ByScore}, heap{}); err == nil {
		t.Error("a part without scores has an order by score")
	}
}
