package memtable

import (
	"fmt"
	"iter"
	"testing"

	"larder/store"
)

// uncounted is a base with one part of a thousand times, whose places are not counted.
type uncounted struct {
	store.BaseTx
	t    *testing.T
	rows int // read so far
}

func (u *uncounted) Count(store.ID, store.Part, store.Range) (int64, error) {
	u.t.Error("a place is counted")
	return 0, nil
}

func (u *uncounted) Range(_ store.ID, _ store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if r.Skip > 0 {
			u.t.Error("a place is skipped to")
		}
		for i := range 1000 {
			if at := float64(i); r.Min.Edge == store.Unbounded || at > r.Min.Score {
				if u.rows++; !yield(store.Item{Field: fmt.Append(nil, "f", i), Score: at}, nil) {
					return
				}
			}
		}
	}
}

// TestRemovedTimesAreWalkedOnce: the first time of a hash is found behind any number of removed ones without counting, and
// where it was found the next look begins.
func TestRemovedTimesAreWalkedOnce(t *testing.T) {
	l := NewLayer()
	c := l.openColl(1, store.Expiries)
	for i := range 900 {
		hides := newRow(store.Expiries, store.Item{Field: fmt.Append(nil, "f", i)})
		hides.below, hides.oldScore = true, float64(i)
		c.add(hides)
	}
	base := &uncounted{t: t}
	m := &Merged{layer: l, low: base, hash: func([]byte) int64 { return 0 }}
	for look, most := range []int{901, 1, 1} {
		base.rows = 0
		first := ""
		for it, err := range m.Range(1, store.Expiries, store.Range{Order: store.ByScore, Limit: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			first = string(it.Field)
		}
		if first != "f900" || base.rows > most {
			t.Errorf("look %d finds %q after %d rows, want f900 after %d", look, first, base.rows, most)
		}
	}
}
