package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// old lays out a collection as it was before there were packs: items in the engine's order, whatever the encoding.
func old(tx store.Tx, k store.Key, h store.Head, p store.Part, items []store.Item) error {
	id, err := tx.NewID(k)
	if err != nil {
		return err
	}
	ch, err := tx.PutItems(id, p, items...)
	if err != nil {
		return err
	}
	h.ID, h.Len, h.Bytes = id, ch.Count, ch.Bytes+store.KeyBytes(k)
	return tx.PutHead(k, h)
}

// TestOldCollectionsArePackedWhenTheyAreWritten: and read as they are until then.
func TestOldCollectionsArePackedWhenTheyAreWritten(t *testing.T) {
	k := store.Key{Name: []byte("old")}
	span := []byte{0, 0, 0x80, 0x80, 0x80, 1} // regular, its ends at 0 and 1 << 20
	item := func(name string) store.Item { return store.Item{Field: []byte(name)} }
	rows := []struct {
		name  string
		head  store.Head
		part  store.Part
		items []store.Item
		write func(store.Tx) error
		want  string // in order, but for what had none before
	}{
		{"hash", store.Head{Type: store.Hash, Encoding: uint8(store.EncodingListpack)}, store.Fields,
			[]store.Item{{Field: []byte("a"), Value: []byte("1")}, {Field: []byte("b"), Value: []byte("2")}},
			func(tx store.Tx) error {
				h, err := store.OpenHash(tx, k)
				if err == nil {
					_, err = h.Set(store.Item{Field: []byte("a"), Value: []byte("3")}, store.Item{Field: []byte("last"), Value: []byte("4")})
				}
				return err
			}, "a=3 b=2 last=4"},
		{"intset", store.Head{Type: store.Set, Encoding: uint8(store.EncodingIntset)}, store.Members,
			[]store.Item{item("30"), item("4"), item("100")},
			func(tx store.Tx) error { return addAll(tx, k, [][]byte{[]byte("-5"), []byte("50")}) }, "-5= 4= 30= 50= 100="},
		{"intset to listpack", store.Head{Type: store.Set, Encoding: uint8(store.EncodingIntset)}, store.Members,
			[]store.Item{item("30"), item("4"), item("100")},
			func(tx store.Tx) error { return addAll(tx, k, [][]byte{[]byte("w"), []byte("5")}) }, "4= 30= 100= w= 5="},
		{"sorted set", store.Head{Type: store.ZSet, Encoding: uint8(store.EncodingListpack)}, store.Scores,
			[]store.Item{{Field: []byte("a"), Score: 3}, {Field: []byte("b"), Score: 1}},
			func(tx store.Tx) error {
				z, err := store.OpenZSet(tx, k)
				if err == nil {
					_, err = z.Add(store.ZRule{}, store.Item{Field: []byte("c"), Score: 2})
				}
				return err
			}, "b= c= a="},
		{"list", store.Head{Type: store.List, Encoding: uint8(store.EncodingListpack), Value: span}, store.Elements,
			[]store.Item{{Value: []byte("x")}, {Pos: 1 << 20, Value: []byte("y")}},
			func(tx store.Tx) error {
				l, err := store.OpenList(tx, k)
				if err == nil {
					err = l.Push(store.Front, []byte("first"))
				}
				return err
			}, "=first =x =y"},
	}
	for _, row := range rows {
		update(t, memory.New(), func(tx store.Tx) error {
			if err := old(tx, k, row.head, row.part, row.items); err != nil {
				return err
			}
			read := shownContent(t, tx, k)
			if len(read) != len(row.items) {
				t.Errorf("%s: %d items are read of %d", row.name, len(read), len(row.items))
			}
			if h := headOf(t, tx, k); h.ID == 0 {
				t.Errorf("%s: a read has packed it", row.name)
			}
			if err := row.write(tx); err != nil {
				return err
			}
			h := headOf(t, tx, k)
			got := shownContent(t, tx, k)
			if h.ID != 0 {
				t.Errorf("%s: not packed: %+v", row.name, h)
			}
			want := row.want
			if row.name == "hash" {
				slices.Sort(got)
			}
			if fmt.Sprint(got) != "["+want+"]" {
				t.Errorf("%s: %v, want %s", row.name, got, want)
			}
			findings, err := store.Audit(tx, k, h)
			if len(findings) > 0 {
				t.Errorf("%s: %v", row.name, findings)
			}
			return err
		}, k)
	}
}

func headOf(t *testing.T, tx store.Tx, k store.Key) store.Head {
	t.Helper()
	heads, err := tx.Heads(nil, k)
	if err != nil {
		t.Fatal(err)
	}
	return heads[0]
}

func shownContent(t *testing.T, tx store.Tx, k store.Key) (shown []string) {
	t.Helper()
	for it, err := range store.Content(tx, headOf(t, tx, k), store.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, fmt.Sprintf("%s=%s", it.Field, it.Value))
	}
	return shown
}

// TestDamagedPacksAreMended: what of one is readable is believed, and what is not gives an error to whoever reads it.
func TestDamagedPacksAreMended(t *testing.T) {
	k := store.Key{Name: []byte("k")}
	for _, long := range []bool{false, true} { // in the head, and beside it
		fields := pairs(0, 5)
		if long {
			fields = pairs(0, 300)
		}
		rows := []struct {
			name   string
			damage func(v []byte) []byte
			left   int
		}{
			{"cut off", func(v []byte) []byte { return v[:len(v)-1] }, len(fields) - 1},
			{"a length of what is not there", func(v []byte) []byte { return append(bytes.Clone(v), 200, 1, 'x') }, len(fields)},
			{"another kind", func(v []byte) []byte { return append([]byte{0x12}, v[1:]...) }, 0},
			{"no pack", func([]byte) []byte { return []byte("nonsense") }, 0},
		}
		for _, row := range rows {
			update(t, memory.New(), func(tx store.Tx) error {
				h, err := store.OpenHash(tx, k)
				if err != nil {
					return err
				}
				if _, err := h.Set(fields...); err != nil {
					return err
				}
				if err := damage(t, tx, k, long, row.damage); err != nil {
					return err
				}
				before := headOf(t, tx, k)
				if findings, err := store.Audit(tx, k, before); len(findings) == 0 || err != nil {
					t.Errorf("%s: %v %v", row.name, findings, err)
				}
				if _, err := store.Amend(tx, k); err != nil {
					return err
				}
				after := headOf(t, tx, k)
				if row.left == 0 && after.Type == store.Hash || row.left > 0 && int(after.Len) != row.left {
					t.Errorf("%s: %+v is left", row.name, after)
				}
				if row.left == 0 {
					return nil
				}
				findings, err := store.Audit(tx, k, after)
				if len(findings) > 0 || len(shownContent(t, tx, k)) != row.left {
					t.Errorf("%s: %v", row.name, findings)
				}
				return err
			}, k)
		}
	}
}

func damage(t *testing.T, tx store.Tx, k store.Key, long bool, how func([]byte) []byte) error {
	t.Helper()
	h := headOf(t, tx, k)
	if (h.ID != 0) != long {
		t.Fatalf("long %v: %+v", long, h)
	}
	if !long {
		h.Value = how(h.Value)
		return tx.PutHead(k, h)
	}
	var held []byte
	for it, err := range tx.Range(h.ID, store.Chunks, store.Positions(0, 0)) {
		if err != nil {
			return err
		}
		held = bytes.Clone(it.Value)
	}
	_, err := tx.PutItems(h.ID, store.Chunks, store.Item{Value: how(held)})
	return err
}

// TestPacksWithoutAHeadAreRecognized: a repaired file has them as strings of which nothing is known.
func TestPacksWithoutAHeadAreRecognized(t *testing.T) {
	k := store.Key{Name: []byte("recovered:7")}
	for _, row := range []struct {
		chunk string
		want  string
		typ   store.Type
	}{
		{"\x11\x01f\x01v\x01g\x01w", "[f=v g=w]", store.Hash},
		{"\x12\x01m\x00\x00\x00\x00\x00\x00\xf0\x3f", "[m=]", store.ZSet},
		{"\x14\x00\x01m\xff\xff\xff\xff\xff\x7f\x01n", "[m= n=]", store.Set},
		{"\x10\x01a\x01b\x01a", "[=a =b =a]", store.List},
		{"\x10\x05a\x01b", "", store.String},
		{"just a string", "", store.String},
	} {
		update(t, memory.New(), func(tx store.Tx) error {
			id, err := tx.NewID(k)
			if err != nil {
				return err
			}
			if _, err := tx.PutItems(id, store.Chunks, store.Item{Value: []byte(row.chunk)}); err != nil {
				return err
			}
			if err := tx.PutHead(k, store.Head{Type: store.String, ID: id}); err != nil {
				return err
			}
			if _, err := store.Amend(tx, k); err != nil {
				return err
			}
			h := headOf(t, tx, k)
			if h.Type != row.typ {
				t.Errorf("%q became %+v", row.chunk, h)
			}
			findings, err := store.Audit(tx, k, h)
			if len(findings) > 0 {
				t.Errorf("%q: %v", row.chunk, findings)
			}
			if got := fmt.Sprint(shownContent(t, tx, k)); row.want != "" && got != row.want {
				t.Errorf("%q: %s, want %s", row.chunk, got, row.want)
			}
			return err
		}, k)
	}
}

// TestNumbersWithoutAHeadAreRecognized: a repaired file has the items of a hash under a head of which nothing is known.
func TestNumbersWithoutAHeadAreRecognized(t *testing.T) {
	k := store.Key{Name: []byte("recovered:8")}
	for _, row := range []struct {
		what    string
		value   string // of a field, between a character and its number
		n, gone int
	}{
		{"a listpack", "value of ", 300, 0},
		{"one that has lost some", "value of ", 300, 100},
		{"a hash table of long values", strings.Repeat("long ", 20), 300, 0},
		{"a hash table of a few", strings.Repeat("long ", 100), 9, 2},
	} {
		update(t, memory.New(), func(tx store.Tx) error {
			h, err := store.OpenHash(tx, k)
			if err != nil {
				return err
			}
			for i := range row.n {
				it := store.Item{Field: fmt.Append(nil, "field", i), Value: fmt.Append(nil, string(rune(33+i%90)), row.value, i)}
				if _, err := h.Set(it); err != nil {
					return err
				}
			}
			for i := range row.gone {
				if _, err := h.Remove(fmt.Append(nil, "field", 2*i)); err != nil {
					return err
				}
			}
			want := fmt.Sprint(shownContent(t, tx, k))
			if err := tx.PutHead(k, store.Head{Type: store.Hash, ID: headOf(t, tx, k).ID}); err != nil {
				return err
			}
			if _, err := store.Amend(tx, k); err != nil {
				return err
			}
			if got := fmt.Sprint(shownContent(t, tx, k)); got != want {
				t.Errorf("%s: %.200s, want %.200s", row.what, got, want)
			}
			findings, err := store.Audit(tx, k, headOf(t, tx, k))
			if len(findings) > 0 {
				t.Errorf("%s: %v", row.what, findings)
			}
			return err
		}, k)
	}
}
