package memtable_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
	"larder/store/storetest"
)

// buried is one part of one id whose long ranges come and go, beside a map of what it should have. It belongs to the
// test's goroutine.
type buried struct {
	*testing.T
	*table
	random *rand.Rand
	part   store.Part
	order  store.Order
	id     store.ID
	items  map[string]store.Item // by their places
}

func newBuried(t *testing.T, p store.Part, o store.Order, seed uint64) *buried {
	b := &buried{T: t, table: newTable(func() int64 { return 1 }), random: rand.New(rand.NewPCG(seed, 2)), part: p, order: o,
		items: map[string]store.Item{}}
	t.Cleanup(func() { b.table.Close() })
	return b
}

func (b *buried) key() store.Key { return store.Key{Name: []byte("k")} }

// item makes one of a few thousand items; its score is any of a few hundred.
func (b *buried) item() (place string, it store.Item) {
	n := b.random.IntN(3000)
	switch b.part.Class() {
	case store.Placed:
		return fmt.Sprint(n), store.Item{Pos: int64(n), Value: make([]byte, b.random.IntN(20))}
	case store.Named:
		it = store.Item{Field: fmt.Appendf(nil, "%04d", n), Value: make([]byte, b.random.IntN(20))}
	default:
		it = store.Item{Field: fmt.Appendf(nil, "%d", n), Score: float64(b.random.IntN(300))}
	}
	return string(it.Field), it
}

func (b *buried) compare(x, y store.Item) int {
	if b.order == store.ByScore {
		return cmp.Or(cmp.Compare(x.Score, y.Score), slices.Compare(x.Field, y.Field))
	}
	return cmp.Or(cmp.Compare(x.Pos, y.Pos), slices.Compare(x.Field, y.Field))
}

// sorted are the items of the model in a range, in its direction.
func (b *buried) sorted(r store.Range) []store.Item {
	list := slices.SortedFunc(maps.Values(b.items), b.compare)
	list = slices.DeleteFunc(list, func(it store.Item) bool { return !b.admits(it, r) })
	if r.Reverse {
		slices.Reverse(list)
	}
	list = list[min(int(r.Skip), len(list)):]
	if r.Limit > 0 {
		list = list[:min(int(r.Limit), len(list))]
	}
	return list
}

func (b *buried) admits(it store.Item, r store.Range) bool {
	beside := func(at store.Bound) int {
		if b.order == store.ByScore && at.Field == nil {
			return cmp.Compare(it.Score, at.Score)
		}
		return b.compare(it, store.Item{Pos: at.Pos, Score: at.Score, Field: at.Field})
	}
	low, high := r.Min.Edge == store.Unbounded, r.Max.Edge == store.Unbounded
	if !low {
		d := beside(r.Min)
		low = d > 0 || d == 0 && r.Min.Edge == store.Inclusive
	}
	if !high {
		d := beside(r.Max)
		high = d < 0 || d == 0 && r.Max.Edge == store.Inclusive
	}
	return low && high
}

// bound is any end of a range.
func (b *buried) bound() store.Bound {
	_, it := b.item()
	at := store.Bound{Edge: store.Edge(b.random.IntN(3)), Pos: it.Pos, Score: it.Score, Field: it.Field}
	if b.order == store.ByScore && b.random.IntN(2) == 0 {
		at.Field = nil
	}
	if at.Edge == store.Unbounded {
		return store.Bound{}
	}
	return at
}

func (b *buried) anyRange() store.Range {
	r := store.Range{Order: b.order, Reverse: b.random.IntN(2) == 0}
	if b.random.IntN(2) == 0 {
		r.Min, r.Max = b.bound(), b.bound()
	}
	if b.random.IntN(2) == 0 {
		r.Skip = b.random.Int64N(int64(len(b.items)) + 2)
	}
	if b.random.IntN(2) == 0 {
		r.Limit = 1 + b.random.Int64N(600)
	}
	return r
}

func weigh(items iter.Seq[store.Item]) (ch store.Change) {
	for it := range items {
		ch = ch.Plus(store.Change{Count: 1, Bytes: store.ItemBytes(it)})
	}
	return ch
}

func placeOf(it store.Item) string {
	if len(it.Field) == 0 {
		return fmt.Sprint(it.Pos)
	}
	return string(it.Field)
}

// change writes once, and returns what that should have changed and what it has.
func (b *buried) change(tx store.Tx) (want, got store.Change, err error) {
	switch choice := b.random.IntN(10); {
	case choice < 6:
		var items []store.Item
		for range 1 + b.random.IntN(80) {
			place, it := b.item()
			if old, there := b.items[place]; there {
				want = want.Minus(weigh(slices.Values([]store.Item{old})))
			}
			b.items[place] = it
			want = want.Plus(weigh(slices.Values([]store.Item{it})))
			items = append(items, it)
		}
		for _, it := range items {
			ch, err := tx.PutItems(b.id, b.part, it)
			if got = got.Plus(ch); err != nil {
				return want, got, err
			}
		}
		return want, got, nil
	case choice < 8 && b.part.Class() != store.Placed:
		place, it := b.item()
		if old, there := b.items[place]; there {
			want = want.Minus(weigh(slices.Values([]store.Item{old})))
			delete(b.items, place)
		}
		got, err = tx.DropItems(b.id, b.part, it.Field)
		return want, got, err
	}
	r := b.anyRange()
	doomed := b.sorted(r)
	for _, it := range doomed {
		delete(b.items, placeOf(it))
	}
	got, err = tx.DropRange(b.id, b.part, r)
	return store.Change{}.Minus(weigh(slices.Values(doomed))), got, err
}

// partBytes is what a part takes of which the layer says nothing yet, or any more.
const partBytes = 288

// sizeOf is what a transaction's layer takes, 0 for one without.
func sizeOf(tx store.Tx) int64 {
	if w, ok := tx.(interface{ Bytes() int64 }); ok {
		return w.Bytes()
	}
	return 0
}

// write changes the part a few times; some of that is taken back.
func (b *buried) write(tx store.Tx) error {
	for range 1 + b.random.IntN(3) {
		was, bytes := maps.Clone(b.items), sizeOf(tx)
		point, err := tx.Savepoint()
		if err != nil {
			return err
		}
		want, got, err := b.change(tx)
		if err != nil {
			return err
		}
		if want != got {
			return fmt.Errorf("a write changed %+v, want %+v", got, want)
		}
		if b.random.IntN(4) == 0 {
			b.items = was
			if err := tx.Rollback(point); err != nil {
				return err
			}
			if now := sizeOf(tx); (now-bytes)%partBytes != 0 {
				return fmt.Errorf("what is taken back leaves %d bytes, there were %d", now, bytes)
			}
		}
	}
	return b.check(tx)
}

// check compares a few reads with the model.
func (b *buried) check(tx store.Tx) error {
	for range 4 {
		r := b.anyRange()
		want := b.sorted(r)
		if n, err := tx.Count(b.id, b.part, r); err != nil || n != int64(len(want)) {
			return fmt.Errorf("%+v counts %d, want %d, %v", r, n, len(want), err)
		}
		i := 0
		for it, err := range tx.Range(b.id, b.part, r) {
			if err != nil || i >= len(want) || b.compare(it, want[i]) != 0 || len(it.Value) != len(want[i].Value) {
				return fmt.Errorf("item %d of %+v is %+v, want one of %d, %v", i, r, it, len(want), err)
			}
			i++
		}
		if i != len(want) {
			return fmt.Errorf("%+v has %d items, want %d", r, i, len(want))
		}
		if w, ok := tx.(store.BaseTx); ok {
			r.Skip, r.Limit = 0, 0
			if got, err := w.Weigh(b.id, b.part, r); err != nil || got != weigh(slices.Values(b.sorted(r))) {
				return fmt.Errorf("%+v weighs %+v, want %+v, %v", r, got, weigh(slices.Values(b.sorted(r))), err)
			}
		}
	}
	return errors.Join(b.checkOne(tx), b.checkDraw(tx))
}

func (b *buried) checkOne(tx store.Tx) error {
	place, it := b.item()
	want, there := b.items[place]
	if b.part.Class() == store.Placed {
		for found := range tx.Range(b.id, b.part, store.Positions(it.Pos, it.Pos)) {
			if !there || len(found.Value) != len(want.Value) {
				return fmt.Errorf("there is an item at %d", it.Pos)
			}
			there = false
		}
		if there {
			return fmt.Errorf("there is no item at %d", it.Pos)
		}
		return nil
	}
	found, err := tx.Items(nil, b.id, b.part, it.Field)
	if err == nil && (found[0].Found != there || there && found[0].Score != want.Score) {
		err = fmt.Errorf("%s is %+v, want %v %+v", place, found[0], there, want)
	}
	return err
}

func (b *buried) checkDraw(tx store.Tx) error {
	drawn, err := tx.Random(b.id, b.part, int64(len(b.items)), 2)
	for _, it := range drawn {
		if _, there := b.items[placeOf(it)]; !there && err == nil {
			err = fmt.Errorf("%+v was drawn", it)
		}
	}
	return err
}

// TestTombstones removes long ranges of a part, under and over single items, in layers that are joined, kept apart, settled
// and given back, and compares all reads with a map.
func TestTombstones(t *testing.T) {
	for seed := range uint64(3) {
		for _, of := range []struct {
			part  store.Part
			order store.Order
		}{{store.Scores, store.ByScore}, {store.Elements, store.Natural}, {store.Entries, store.Natural}} {
			b := newBuried(t, of.part, of.order, seed)
			for i := range storetest.Times(150, 5000) {
				err := b.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
					if b.id == 0 {
						id, err := tx.NewID(b.key())
						if b.id = id; err != nil {
							return err
						}
					}
					h := store.Head{Type: store.ZSet, ID: b.id, Len: 1, Ranked: true}
					if err := tx.PutHead(b.key(), h); err != nil {
						return err
					}
					return b.write(tx)
				})
				if err == nil && i%3 == 0 {
					err = b.View(context.Background(), store.Whole(), b.check)
				}
				if err != nil {
					t.Fatalf("seed %d, part %d, step %d: %v", seed, of.part, i, err)
				}
			}
		}
	}
}
