package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"larder/store"
	"larder/store/memory"
)

var listKey = store.Key{Name: []byte("list")}

// onList runs fn on the list in an update of its own and returns the head it leaves.
func onList(t *testing.T, e store.Engine, fn func(store.Tx, *store.ListKey) error) (head store.Head) {
	t.Helper()
	return onListUnder(t, e, *store.DefaultLimits(), fn)
}

// onRows is onList for lists that have items however short they are.
func onRows(t *testing.T, e store.Engine, fn func(store.Tx, *store.ListKey) error) (head store.Head) {
	t.Helper()
	return onListUnder(t, e, rows(nil).limits, fn)
}

// rows is a transaction under which lists have items as soon as they have two elements.
func rows(tx store.Tx) limitedTx {
	limits := *store.DefaultLimits()
	limits.ListMaxListpackSize = 1
	return limitedTx{tx, limits}
}

func onListUnder(t *testing.T, e store.Engine, limits store.Limits, fn func(store.Tx, *store.ListKey) error) (head store.Head) {
	t.Helper()
	ctx := context.Background()
	err := e.Update(ctx, store.One(listKey), func(inner store.Tx) error {
		tx := limitedTx{inner, limits}
		l, err := store.OpenList(tx, listKey)
		if err != nil {
			return err
		}
		return fn(tx, l)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = e.View(ctx, store.One(listKey), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, listKey)
		head = heads[0]
		head.Value = slices.Clone(head.Value)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func pushWords(words ...string) func(store.Tx, *store.ListKey) error {
	return func(_ store.Tx, l *store.ListKey) error {
		for _, w := range words {
			if err := l.Push(store.Back, []byte(w)); err != nil {
				return err
			}
		}
		return nil
	}
}

func listElements(t *testing.T, e store.Engine) []string {
	t.Helper()
	var out []string
	onList(t, e, func(_ store.Tx, l *store.ListKey) error {
		out = nil
		for it, err := range l.Slice(0, -1) {
			if err != nil {
				return err
			}
			out = append(out, string(it.Value))
		}
		return nil
	})
	return out
}

// regular reads the first byte of what a list keeps in its head.
func regular(h store.Head) bool { return h.Value[0] == 0 }

func listInsert(before bool, pivot, word string) func(store.Tx, *store.ListKey) error {
	return func(_ store.Tx, l *store.ListKey) error {
		_, err := l.Insert(before, []byte(pivot), []byte(word))
		return err
	}
}

func TestHundredThousandInsertsAtOnePivot(t *testing.T) {
	const n = 100_000
	e := memory.New()
	head := onList(t, e, func(tx store.Tx, l *store.ListKey) error {
		if err := pushWords("front", "pivot", "back")(tx, l); err != nil {
			return err
		}
		for i := range n {
			if err := listInsert(false, "pivot", fmt.Sprint(i))(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
	got := listElements(t, e)
	if len(got) != n+3 || head.Len != n+3 {
		t.Fatalf("%d elements, length %d", len(got), head.Len)
	}
	for i, w := range got[2 : n+2] {
		if w != fmt.Sprint(n-1-i) {
			t.Fatalf("element %d is %s", i, w)
		}
	}
	if !head.Ranked {
		t.Error("a long irregular list asks for ranks")
	}
}

// The pivot is approached from both sides. In the middle a window of neighbours ends inside
// the list, at the ends it is open to one side.
func TestInsertsInsideALongList(t *testing.T) {
	e := memory.New()
	var want []string
	for i := range 4200 {
		want = append(want, fmt.Sprintf("e%d", i))
	}
	onList(t, e, pushWords(want...))
	for _, row := range []struct {
		pivot   string
		inserts int
	}{{"e5", 40}, {"e2100", 600}, {"e4195", 40}} {
		at := slices.Index(want, row.pivot)
		var before, after []string
		onList(t, e, func(tx store.Tx, l *store.ListKey) error {
			before, after = nil, nil
			for i := range row.inserts {
				before = append(before, fmt.Sprintf("b%d", i))
				after = append([]string{fmt.Sprintf("a%d", i)}, after...)
				if err := listInsert(true, row.pivot, before[i])(tx, l); err != nil {
					return err
				}
				if err := listInsert(false, row.pivot, after[0])(tx, l); err != nil {
					return err
				}
			}
			return nil
		})
		want = slices.Insert(want, at+1, after...)
		want = slices.Insert(want, at, before...)
		if got := listElements(t, e); !slices.Equal(got, want) {
			t.Errorf("around %s: %d elements out of order", row.pivot, len(got))
		}
	}
	onList(t, e, func(_ store.Tx, l *store.ListKey) error {
		for _, i := range []int64{0, -1, 700, -700} {
			got, _, err := l.Index(i)
			if err != nil {
				return err
			}
			if w := want[(i+int64(len(want)))%int64(len(want))]; string(got) != w {
				t.Errorf("element %d is %s, want %s", i, got, w)
			}
		}
		return nil
	})
}

func TestShortListTurnsRegularAgain(t *testing.T) {
	e := memory.New()
	onRows(t, e, pushWords("a", "z"))
	irregular, again := false, false
	for i := range 30 {
		head := onRows(t, e, listInsert(false, "a", fmt.Sprint(i)))
		irregular = irregular || !regular(head)
		again = again || irregular && regular(head)
	}
	if !irregular || !again {
		t.Errorf("irregular %v, regular again %v", irregular, again)
	}
}

func listRemove(word string, count int64) func(store.Tx, *store.ListKey) error {
	return func(_ store.Tx, l *store.ListKey) error {
		_, err := l.Remove([]byte(word), count)
		return err
	}
}

func TestRemovalAtTheEndsKeepsAListRegular(t *testing.T) {
	e := memory.New()
	onRows(t, e, pushWords("x", "x", "a", "b", "x", "c", "x"))
	if head := onRows(t, e, listRemove("x", 2)); !regular(head) || head.Len != 5 {
		t.Errorf("front: regular %v, length %d", regular(head), head.Len)
	}
	if head := onRows(t, e, listRemove("x", -1)); !regular(head) || head.Len != 4 {
		t.Errorf("back: regular %v, length %d", regular(head), head.Len)
	}
	if head := onRows(t, e, listRemove("x", 0)); regular(head) {
		t.Error("a hole in the middle was not noticed")
	}
	if got := strings.Join(listElements(t, e), ""); got != "abc" {
		t.Error(got)
	}
}

// putList makes a list by hand: n elements, neighbours gap apart, the first at first.
func putList(t *testing.T, e store.Engine, n int, first, gap int64) {
	t.Helper()
	onList(t, e, func(tx store.Tx, _ *store.ListKey) error {
		id, err := tx.NewID(listKey)
		if err != nil {
			return err
		}
		var items []store.Item
		for i := range n {
			items = append(items, store.Item{Pos: first + int64(i)*gap, Value: fmt.Append(nil, "e", i)})
		}
		ch, err := tx.PutItems(id, store.Elements, items...)
		if err != nil {
			return err
		}
		value := binary.AppendVarint([]byte{1}, first)
		value = binary.AppendVarint(value, items[n-1].Pos)
		return tx.PutHead(listKey, store.Head{Type: store.List, ID: id, Len: ch.Count,
			Bytes: ch.Bytes + store.KeyBytes(listKey), Value: value})
	})
}

func TestListWithoutGapsIsLaidOutAnew(t *testing.T) {
	e := memory.New()
	putList(t, e, 5000, 1, 1)
	head := onList(t, e, listInsert(true, "e2500", "new"))
	got := listElements(t, e)
	if len(got) != 5001 || got[2500] != "new" || got[2501] != "e2500" || got[5000] != "e4999" {
		t.Errorf("%d elements, %q", len(got), got[2499:2502])
	}
	bytes := store.KeyBytes(listKey)
	for _, w := range got {
		bytes += store.ItemBytes(store.Item{Value: []byte(w)})
	}
	if head.Len != 5001 || head.Bytes != bytes {
		t.Errorf("length %d, bytes %d, want %d", head.Len, head.Bytes, bytes)
	}
}

func TestPositionsDoNotOverflow(t *testing.T) {
	for _, first := range []int64{1<<62 + 1, -(1<<62 + 10)} {
		e := memory.New()
		putList(t, e, 3, first, 1)
		head := onRows(t, e, pushWords("z"))
		if got := strings.Join(listElements(t, e), " "); got != "e0 e1 e2 z" || !regular(head) {
			t.Errorf("%s, regular %v", got, regular(head))
		}
	}
}

func TestListEncodings(t *testing.T) {
	e := memory.New()
	long := strings.Repeat("x", 1000)
	push := pushWords(long, long, long, long)
	rows := []struct {
		what string
		do   func(store.Tx, *store.ListKey) error
		want string
	}{
		{"4 KB", push, "listpack"},
		{"8 KB", push, "listpack"},
		{"9 KB", pushWords(long), "quicklist"},
		{"5 KB left", func(_ store.Tx, l *store.ListKey) error { return l.Trim(0, 4) }, "quicklist"},
		{"4 KB left", func(_ store.Tx, l *store.ListKey) error { return l.Pop(store.Back, 1, func([]byte) {}) }, "listpack"},
		{"one large", func(_ store.Tx, l *store.ListKey) error {
			_, err := l.Set(0, []byte(strings.Repeat(long, 9)))
			return err
		}, "quicklist"},
		{"none large", func(_ store.Tx, l *store.ListKey) error {
			_, err := l.Set(0, []byte("small"))
			return err
		}, "listpack"},
	}
	for _, r := range rows {
		if got := store.EncodingName(onList(t, e, r.do)); got != r.want {
			t.Errorf("%s: %s, want %s", r.what, got, r.want)
		}
	}
}

// limitedTx is a transaction under configured limits.
type limitedTx struct {
	store.Tx
	limits store.Limits
}

func (t limitedTx) Limits() *store.Limits { return &t.limits }

func (t limitedTx) Unwrap() store.Tx { return t.Tx }

func TestListEncodingByConfiguredSize(t *testing.T) {
	rows := []struct {
		size, length, trim int
		want               string
	}{
		{3, 3, 3, "listpack"}, {3, 4, 4, "quicklist"}, {4, 5, 3, "quicklist"}, {4, 5, 2, "listpack"},
		{0, 1, 1, "listpack"}, {0, 2, 2, "quicklist"}, {9000, 90, 90, "quicklist"},
		{-1, 41, 41, "quicklist"}, {-3, 90, 90, "listpack"}, {-9, 600, 600, "listpack"},
	}
	for _, r := range rows {
		limits := *store.DefaultLimits()
		limits.ListMaxListpackSize = r.size
		head := onList(t, memory.New(), func(tx store.Tx, _ *store.ListKey) error {
			l, err := store.OpenList(limitedTx{tx, limits}, listKey)
			if err != nil {
				return err
			}
			for range r.length {
				if err := l.Push(store.Back, []byte(strings.Repeat("x", 100))); err != nil {
					return err
				}
			}
			return l.Trim(0, int64(r.trim-1))
		})
		if got := store.EncodingName(head); got != r.want {
			t.Errorf("%+v: %s", r, got)
		}
	}
}

func TestOneByteTooManyForAListpack(t *testing.T) {
	for length, want := range map[int]string{8185: "listpack", 8186: "quicklist"} {
		e := memory.New()
		if got := store.EncodingName(onList(t, e, pushWords(strings.Repeat("x", length)))); got != want {
			t.Errorf("%d bytes: %s, want %s", length, got, want)
		}
	}
}

func TestRotatingALoneElementKeepsItsExpiry(t *testing.T) {
	e := memory.New(memory.WithClock(func() int64 { return 1000 }))
	onList(t, e, pushWords("x"))
	head := onList(t, e, func(tx store.Tx, l *store.ListKey) error {
		h := l.Head()
		h.ExpireAt = 5000
		return tx.PutHead(listKey, h)
	})
	head = onList(t, e, func(tx store.Tx, _ *store.ListKey) error {
		value, ok, err := store.MoveElement(tx, listKey, listKey, store.Front, store.Back)
		if string(value) != "x" || !ok {
			t.Errorf("%q %v", value, ok)
		}
		return err
	})
	if head.ExpireAt != 5000 || head.Len != 1 {
		t.Errorf("%+v", head)
	}
}

func TestUnreadableListHead(t *testing.T) {
	e := memory.New()
	ctx := context.Background()
	err := e.Update(ctx, store.One(listKey), func(tx store.Tx) error {
		id, err := tx.NewID(listKey)
		if err != nil {
			return err
		}
		return tx.PutHead(listKey, store.Head{Type: store.List, ID: id, Len: 1, Value: []byte{9}})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = e.View(ctx, store.One(listKey), func(tx store.Tx) error {
		_, err := store.OpenList(tx, listKey)
		return err
	})
	if err == nil {
		t.Error("no error")
	}
}
