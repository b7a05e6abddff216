package store_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"larder/store"
	"larder/store/memory"
)

var zsetKey = store.Key{Name: []byte("zset")}

// onZSet runs fn on the sorted set in an update of its own and returns the head it leaves.
func onZSet(t *testing.T, e store.Engine, fn func(store.Tx, *store.ZSetKey) error) (head store.Head) {
	t.Helper()
	ctx := context.Background()
	err := e.Update(ctx, store.One(zsetKey), func(tx store.Tx) error {
		z, err := store.OpenZSet(tx, zsetKey)
		if err != nil {
			return err
		}
		return fn(tx, z)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = e.View(ctx, store.One(zsetKey), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, zsetKey)
		head = heads[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// zsetMembers are n members named prefix and a number, scored by the number.
func zsetMembers(prefix string, n int) (items []store.Item) {
	for i := range n {
		items = append(items, store.Item{Field: fmt.Append(nil, prefix, i), Score: float64(i)})
	}
	return items
}

func zsetAdd(items ...store.Item) func(store.Tx, *store.ZSetKey) error {
	return func(_ store.Tx, z *store.ZSetKey) error {
		_, err := z.Add(store.ZRule{}, items...)
		return err
	}
}

func TestZSetEncodings(t *testing.T) {
	long := store.Item{Field: []byte(strings.Repeat("x", 65))}
	rows := []struct {
		what  string
		steps [][]store.Item
		want  string
	}{
		{"one", [][]store.Item{zsetMembers("m", 1)}, "listpack"},
		{"128", [][]store.Item{zsetMembers("m", 128)}, "listpack"},
		{"129", [][]store.Item{zsetMembers("m", 128), zsetMembers("n", 1)}, "skiplist"},
		{"the same twice", [][]store.Item{zsetMembers("m", 128), zsetMembers("m", 128)}, "listpack"},
		{"a long member", [][]store.Item{zsetMembers("m", 1), {long}}, "skiplist"},
		{"129 named, 128 different", [][]store.Item{append(zsetMembers("m", 128), zsetMembers("m", 1)...)}, "skiplist"},
	}
	for _, r := range rows {
		e := memory.New()
		var head store.Head
		for _, items := range r.steps {
			head = onZSet(t, e, zsetAdd(items...))
		}
		if got := store.EncodingName(head); got != r.want {
			t.Errorf("%s: %s, want %s", r.what, got, r.want)
		}
	}
}

func TestSkiplistStays(t *testing.T) {
	e := memory.New()
	onZSet(t, e, zsetAdd(zsetMembers("m", 129)...))
	head := onZSet(t, e, func(_ store.Tx, z *store.ZSetKey) error {
		return z.Pop(true, 100, func([]byte, float64) {})
	})
	if got := store.EncodingName(head); got != "skiplist" || head.Len != 29 {
		t.Errorf("%s of %d", got, head.Len)
	}
}

func TestLargeZSetsAreRanked(t *testing.T) {
	e := memory.New()
	if head := onZSet(t, e, zsetAdd(zsetMembers("m", store.RankedMin-1)...)); head.Ranked {
		t.Error("ranked too early")
	}
	if head := onZSet(t, e, zsetAdd(zsetMembers("n", 1)...)); !head.Ranked {
		t.Error("not ranked")
	}
	made := onZSet(t, e, func(tx store.Tx, z *store.ZSetKey) error {
		all, _ := z.ByRank(0, -1, false)
		_, err := store.StoreZSet(tx, zsetKey, z.Members(all))
		return err
	})
	if !made.Ranked || made.Len != store.RankedMin || store.EncodingName(made) != "skiplist" {
		t.Errorf("%+v", made)
	}
}

func TestBytesOfAZSet(t *testing.T) {
	e := memory.New()
	onZSet(t, e, zsetAdd(zsetMembers("m", 20)...))
	onZSet(t, e, zsetAdd(store.Item{Field: []byte("m3"), Score: 100}))
	head := onZSet(t, e, func(tx store.Tx, z *store.ZSetKey) error {
		_, err := z.RemoveRange(store.Range{Order: store.ByScore, Skip: 1, Limit: 17})
		return err
	})
	want := store.KeyBytes(zsetKey)
	for _, name := range []string{"m0", "m19", "m3"} {
		want += store.ItemBytes(store.Item{Field: []byte(name)})
	}
	if head.Len != 3 || head.Bytes != want {
		t.Errorf("length %d, bytes %d, want %d", head.Len, head.Bytes, want)
	}
}

func TestNegativeZeroBecomesZero(t *testing.T) {
	e := memory.New()
	onZSet(t, e, zsetAdd(store.Item{Field: []byte("m"), Score: math.Copysign(0, -1)}))
	onZSet(t, e, func(_ store.Tx, z *store.ZSetKey) error {
		found, err := z.Scores([]byte("m"))
		if math.Signbit(found[0].Score) {
			t.Error("negative zero")
		}
		return err
	})
}

func TestPageNarrowsWhatIsNarrowed(t *testing.T) {
	r := store.Range{Order: store.ByScore, Skip: 5, Limit: 10}
	rows := []struct {
		offset, count, skip, limit int64
		ok                         bool
	}{
		{0, -1, 5, 10, true}, {3, -1, 8, 7, true}, {3, 2, 8, 2, true}, {3, 100, 8, 7, true},
		{10, 1, 0, 0, false}, {-1, 1, 0, 0, false}, {0, 0, 0, 0, false},
	}
	for _, row := range rows {
		page, ok := store.Page(r, row.offset, row.count)
		if ok != row.ok || ok && (page.Skip != row.skip || page.Limit != row.limit) {
			t.Errorf("%+v: %+v %v", row, page, ok)
		}
	}
}

// TestDrawsFromSortedSetsAreBounded: as those from sets are.
func TestDrawsFromSortedSetsAreBounded(t *testing.T) {
	e := memory.New()
	onZSet(t, e, zsetAdd(zsetMembers("m", 3)...))
	onZSet(t, e, func(_ store.Tx, z *store.ZSetKey) error {
		n := 0
		if err := z.Draw(1<<60, func(store.Item) { n++ }); err == nil || n > 0 {
			t.Errorf("%d members drawn, error %v", n, err)
		}
		return nil
	})
}
