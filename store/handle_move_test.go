package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// removalTx counts what is removed item by item, and the items that are written.
type removalTx struct {
	store.Tx
	dropped, put *int64
}

func (t removalTx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	ch, err := t.Tx.DropRange(id, p, r)
	*t.dropped -= ch.Count
	return ch, err
}

func (t removalTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	*t.put += int64(len(items))
	return t.Tx.PutItems(id, p, items...)
}

// removal does something to a key and returns what the engine removed and wrote for it; the check must find nothing.
func removal(t *testing.T, e store.Engine, key store.Key, fn func(tx store.Tx) error) (dropped, put int64) {
	t.Helper()
	err := e.Update(context.Background(), store.One(key), func(tx store.Tx) error {
		dropped, put = 0, 0
		return fn(removalTx{tx, &dropped, &put})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = e.View(context.Background(), store.One(key), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key)
		if err != nil || !heads[0].Exists() {
			return err
		}
		found, err := store.Audit(tx, key, heads[0])
		for _, f := range found {
			t.Errorf("%s %s", f.Subject, f.Problem)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dropped, put
}

// light reports whether no more was removed and written than is right where so many stay and so many go.
func light(dropped, put, stay, gone int64) bool {
	if gone >= 512 && stay*5 <= gone {
		return dropped == 0 && put == stay
	}
	return dropped == gone && put == 0
}

// TestTrimmedListsAreMoved: of a list that loses most of its elements those that stay are written anew.
func TestTrimmedListsAreMoved(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 200 {
		e := memory.New()
		var want []string
		for i := range 200 + rng.IntN(3000) {
			want = append(want, fmt.Sprint("element", i))
		}
		onRows(t, e, pushWords(want...))
		if round%2 == 0 {
			pivot := rng.IntN(len(want))
			onRows(t, e, listInsert(true, want[pivot], "inserted"))
			want = slices.Insert(want, pivot, "inserted")
		}
		if round%5 == 0 {
			poppedListsAreMoved(t, e, rng, want)
			continue
		}
		from := rng.IntN(len(want))
		to := from + rng.IntN(1+min(len(want)-from-1, 1<<rng.IntN(12)))
		dropped, put := removal(t, e, listKey, func(tx store.Tx) error {
			l, err := store.OpenList(rows(tx), listKey)
			if err != nil {
				return err
			}
			return l.Trim(int64(from), int64(to))
		})
		stay := int64(to - from + 1)
		if !light(dropped, put, stay, int64(len(want))-stay) {
			t.Errorf("%d of %d stay, %d were removed and %d written", stay, len(want), dropped, put)
		}
		want = append(want[from:to+1], "pushed")
		onRows(t, e, pushWords("pushed"))
		if got := listElements(t, e); !slices.Equal(got, want) {
			t.Fatalf("from %d to %d: %d elements, want %d", from, to, len(got), len(want))
		}
	}
}

// poppedListsAreMoved is the same for what is popped from either end.
func poppedListsAreMoved(t *testing.T, e store.Engine, rng *rand.Rand, want []string) {
	t.Helper()
	stay := 1 + rng.IntN(min(len(want)-1, 1<<rng.IntN(12)))
	end := store.ListEnd(rng.IntN(2))
	gone := int64(len(want) - stay)
	var popped []string
	dropped, put := removal(t, e, listKey, func(tx store.Tx) error {
		popped = nil
		l, err := store.OpenList(rows(tx), listKey)
		if err != nil {
			return err
		}
		return l.Pop(end, gone, func(value []byte) { popped = append(popped, string(value)) })
	})
	if !light(dropped, put, int64(stay), gone) {
		t.Errorf("%d of %d stay, %d were removed and %d written", stay, len(want), dropped, put)
	}
	got := append(slices.Clone(popped), listElements(t, e)...)
	if end == store.Back {
		slices.Reverse(popped)
		got = append(listElements(t, e), popped...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d popped and %d left of %d are others", len(popped), len(got)-len(popped), len(want))
	}
}

// TestRemovedRangesAreMoved is the same for sorted sets, by rank and by score.
func TestRemovedRangesAreMoved(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		e := memory.New()
		n := 200 + rng.IntN(3000)
		onZSet(t, e, zsetAdd(zsetMembers("m", n)...))
		stay := min(1<<rng.IntN(12), n-1)
		from := rng.IntN(stay + 1)
		to := from + n - stay // behind the last that goes
		r := zsetRange(round, from, to, n)
		var removed int64
		dropped, put := removal(t, e, zsetKey, func(tx store.Tx) error {
			z, err := store.OpenZSet(tx, zsetKey)
			if err == nil {
				removed, err = z.RemoveRange(r)
			}
			return err
		})
		if removed != int64(n-stay) || !light(dropped, put, int64(stay), removed) {
			t.Errorf("%+v: %d of %d are removed: %d, %d written", r, removed, n, dropped, put)
		}
		var want, got []string
		for i := range n {
			if i < from || i >= to {
				want = append(want, fmt.Sprint("m", i))
			}
		}
		onZSet(t, e, func(_ store.Tx, z *store.ZSetKey) error {
			got = nil
			for it, err := range z.Members(store.Range{Order: store.ByScore}) {
				if err != nil {
					return err
				}
				got = append(got, string(it.Field))
			}
			return nil
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %d members stay, want %d", r, len(got), len(want))
		}
	}
}

// zsetRange is the members from one to another, of n that score their numbers, told in one of several ways.
func zsetRange(way, from, to, n int) store.Range {
	r := store.Range{Order: store.ByScore, Min: store.Bound{Edge: store.Inclusive, Score: float64(from)},
		Max: store.Bound{Edge: store.Exclusive, Score: float64(to)}}
	switch way % 4 {
	case 0:
		return store.Range{Order: store.ByScore, Skip: int64(from), Limit: int64(to - from)}
	case 1:
		return store.Range{Order: store.ByScore, Reverse: true, Skip: int64(n - to), Limit: int64(to - from)}
	case 2:
		r.Min = store.Bound{Edge: store.Exclusive, Score: float64(from - 1)}
		r.Max = store.Bound{Edge: store.Inclusive, Score: float64(to - 1)}
	}
	return r
}

// TestTrimmedStreamsAreMoved: those with groups stay where they are.
func TestTrimmedStreamsAreMoved(t *testing.T) {
	for _, c := range []struct {
		n, stay int
		group   bool
	}{{2000, 1, false}, {2000, 300, false}, {2000, 1500, false}, {400, 1, false}, {2000, 1, true}, {2000, 0, false}} {
		e := memory.New()
		trim := func(max int) func(tx store.Tx) error {
			return func(tx store.Tx) error {
				s, err := store.OpenStream(tx, streamKey)
				if err == nil {
					_, err = s.Trim(store.StreamTrim{Max: int64(max)})
				}
				return err
			}
		}
		removal(t, e, streamKey, func(tx store.Tx) error {
			s, err := store.OpenStream(tx, streamKey)
			for i := 0; i < c.n && err == nil; i++ {
				_, err = s.Add(store.NewStreamID{ID: store.StreamID{Millis: uint64(i + 1)}}, [][]byte{[]byte("f"), []byte("v")})
			}
			if err == nil && c.group {
				_, err = s.CreateGroup([]byte("g"), store.StreamID{}, 0)
			}
			return err
		})
		dropped, put := removal(t, e, streamKey, trim(c.stay))
		moves := !c.group && c.n-c.stay >= 512 && c.stay*5 <= c.n-c.stay && c.stay > 0
		if moves != (put == int64(c.stay) && put > 0) || moves && dropped > 0 {
			t.Errorf("%+v: %d were removed, %d written", c, dropped, put)
		}
		removal(t, e, streamKey, func(tx store.Tx) error {
			s, err := store.OpenStream(tx, streamKey)
			if err != nil {
				return err
			}
			if s.Len() != int64(c.stay) || s.State().Last.Millis != uint64(c.n) {
				t.Errorf("%+v: %d entries stay, the last id is %s", c, s.Len(), s.State().Last)
			}
			groups, err := s.Groups()
			if (groups == 1) != c.group {
				t.Errorf("%+v: %d groups", c, groups)
			}
			return err
		})
	}
}
