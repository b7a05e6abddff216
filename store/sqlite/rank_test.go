package sqlite_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// ranking is a sorted set beside a list that is sorted anew, to compare with.
type ranking struct {
	t     *testing.T
	e     *sqlite.Engine
	id    store.ID
	model []store.Item
}

func (r *ranking) sort() {
	slices.SortFunc(r.model, func(a, b store.Item) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(string(a.Field), string(b.Field)))
	})
}

func (r *ranking) put(items ...store.Item) {
	r.t.Helper()
	seen := map[string]float64{}
	for _, it := range items {
		seen[string(it.Field)] = it.Score
	}
	r.model = slices.DeleteFunc(r.model, func(it store.Item) bool { _, ok := seen[string(it.Field)]; return ok })
	for f, s := range seen {
		r.model = append(r.model, store.Item{Field: []byte(f), Score: s})
	}
	r.sort()
	r.write(func(tx store.Tx) (store.Change, error) { return tx.PutItems(r.id, store.Scores, items...) })
}

// write changes the items and then the head's length.
func (r *ranking) write(fn func(store.Tx) (store.Change, error)) {
	r.t.Helper()
	update(r.t, r.e, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key("z"))
		if err != nil {
			return err
		}
		ch, err := fn(tx)
		heads[0].Len += ch.Count
		if heads[0].Len != int64(len(r.model)) {
			r.t.Errorf("%d items counted, want %d", heads[0].Len, len(r.model))
		}
		if err != nil {
			return err
		}
		return tx.PutHead(key("z"), heads[0])
	})
}

func (r *ranking) dropRange(from, n int, reverse bool) {
	r.t.Helper()
	lo, hi := from, min(from+n, len(r.model))
	if reverse {
		lo, hi = len(r.model)-hi, len(r.model)-lo
	}
	r.model = slices.Delete(r.model, lo, hi)
	r.write(func(tx store.Tx) (store.Change, error) {
		return tx.DropRange(r.id, store.Scores, store.Range{Order: store.ByScore, Skip: int64(from), Limit: int64(n), Reverse: reverse})
	})
}

// compare looks at some ranks from both ends.
func (r *ranking) compare() {
	r.t.Helper()
	view(r.t, r.e, func(tx store.Tx) error {
		if _, err := tx.Heads(nil, key("z")); err != nil {
			return err
		}
		for range 40 {
			i := rand.IntN(len(r.model))
			want := r.model[i]
			below := store.Bound{Edge: store.Exclusive, Score: want.Score, Field: want.Field}
			if n, err := tx.Count(r.id, store.Scores, store.Range{Order: store.ByScore, Max: below}); err != nil || n != int64(i) {
				r.t.Fatalf("rank %d of %d says %d, %v", i, len(r.model), n, err)
			}
			for _, reverse := range []bool{false, true} {
				skip := i
				if reverse {
					skip = len(r.model) - 1 - i
				}
				r.at(tx, store.Range{Order: store.ByScore, Skip: int64(skip), Limit: 1, Reverse: reverse}, want)
			}
		}
		return nil
	})
	sound(r.t, r.e)
}

func (r *ranking) at(tx store.Tx, rg store.Range, want store.Item) {
	r.t.Helper()
	n := 0
	for it, err := range tx.Range(r.id, store.Scores, rg) {
		if n++; err != nil || string(it.Field) != string(want.Field) || it.Score != want.Score {
			r.t.Fatalf("%+v gives %q %v, %v; want %q %v", rg, it.Field, it.Score, err, want.Field, want.Score)
		}
	}
	if n != 1 {
		r.t.Fatalf("%+v gives %d items", rg, n)
	}
}

func member(i int, score float64) store.Item {
	return store.Item{Field: fmt.Appendf(nil, "m%d", i), Score: score}
}

// Enough members for a third level of blocks, which grow, move, thin out and shrink.
func TestRanksOfALargeSet(t *testing.T) {
	r := &ranking{t: t, e: fresh(t, sqlite.Options{})}
	first := []store.Item{member(-1, math.Inf(-1)), member(-2, math.Inf(1)), {Field: []byte(""), Score: math.Copysign(0, -1)}}
	r.id = collection(t, r.e, "z", store.ZSet, store.Scores, true, first...)
	r.model = slices.Clone(first)
	r.sort()
	var batch []store.Item
	for i := range 40_000 {
		batch = append(batch, member(i, float64(rand.IntN(5000))/4))
	}
	r.put(batch...)
	r.compare()
	for range storetest.Times(8, 30) { // sorted bursts split the same blocks again and again
		at := rand.Float64() * 1000
		batch = batch[:0]
		for i := range 100 {
			batch = append(batch, member(rand.IntN(60_000), at+float64(i)/1000))
		}
		r.put(batch...)
	}
	r.compare()
	for few := storetest.Times(800, 3000); len(r.model) > few; {
		n := rand.IntN(min(4000, len(r.model)-5)) // five are left at least
		r.dropRange(rand.IntN(len(r.model)-n), n+1, rand.IntN(2) == 0)
	}
	r.compare()
	for len(r.model) > 5 {
		it := r.model[rand.IntN(len(r.model))]
		r.model = slices.DeleteFunc(r.model, func(m store.Item) bool { return string(m.Field) == string(it.Field) })
		r.write(func(tx store.Tx) (store.Change, error) { return tx.DropItems(r.id, store.Scores, it.Field) })
	}
	r.compare()
}

// TestRankAskedForByAnotherFile: an id whose key moves to another file is counted because that asks for it, though the key
// that goes says that it is not.
func TestRankAskedForByAnotherFile(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "shard.db"), sqlite.Options{})
	const id, first, more = 5, 20, 30
	put := func(tx store.BaseTx, from, n int) (ch store.Change, err error) {
		for i := from; i < from+n && err == nil; i++ {
			ch, err = tx.PutItems(id, store.Elements, store.Item{Pos: int64(i), Value: []byte("v")})
		}
		return ch, err
	}
	settle(t, e, store.Mark{LSN: 1, NextID: 10}, func(tx store.BaseTx) error {
		ch, err := put(tx, 0, first)
		return errors.Join(err, tx.PutHead(key("k"), store.Head{Type: store.List, ID: id, Len: first, Bytes: ch.Bytes}))
	})
	settle(t, e, store.Mark{LSN: 2, NextID: 10}, func(tx store.BaseTx) error {
		if err := tx.Rank(id); err != nil {
			return err
		}
		if _, there, err := tx.Row(key("k")); !there || err != nil {
			t.Errorf("the key is there: %v, %v", there, err)
		}
		_, err := put(tx, first, more)
		return errors.Join(tx.Unlink(key("k")), err)
	})
	view(t, e, func(tx store.Tx) error {
		n, err := tx.Count(id, store.Elements, store.Range{})
		if n != first+more {
			t.Errorf("%d items are counted of %d", n, first+more)
		}
		return err
	})
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestSignOfZeroIsKept(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	id := collection(t, e, "z", store.ZSet, store.Scores, false, store.Item{Field: []byte("m"), Score: math.Copysign(0, -1)})
	view(t, e, func(tx store.Tx) error {
		items, err := tx.Items(nil, id, store.Scores, []byte("m"))
		if err == nil && !math.Signbit(items[0].Score) {
			t.Errorf("-0 became %v", items[0].Score)
		}
		return err
	})
}

// A list whose head asks for ranks only when it has grown.
func TestRanksFromNowOn(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	var items []store.Item
	for i := range 1000 {
		items = append(items, store.Item{Pos: int64(i * 7), Value: fmt.Append(nil, i)})
	}
	id := collection(t, e, "l", store.List, store.Elements, false, items...)
	update(t, e, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key("l"))
		if err != nil {
			return err
		}
		heads[0].Ranked = true
		if err := tx.PutHead(key("l"), heads[0]); err != nil {
			return err
		}
		ch, err := tx.DropRange(id, store.Elements, store.Positions(7, 7))
		heads[0].Len += ch.Count
		if err != nil {
			return err
		}
		return tx.PutHead(key("l"), heads[0])
	})
	sound(t, e)
	view(t, e, func(tx store.Tx) error {
		for it, err := range tx.Range(id, store.Elements, store.Range{Skip: 500, Limit: 1}) {
			if err != nil || string(it.Value) != "501" {
				t.Errorf("element 500 is %q, %v", it.Value, err)
			}
		}
		return nil
	})
}
