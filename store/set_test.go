package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// encodings runs fn on a fresh engine and returns the encoding that "k" has then.
func encodingAfter(t *testing.T, fn func(tx store.Tx, k store.Key) error) string {
	t.Helper()
	e, k := memory.New(), store.Key{Name: []byte("k")}
	var name string
	err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
		if err := fn(tx, k); err != nil {
			return err
		}
		heads, err := tx.Heads(nil, k)
		name = store.EncodingName(heads[0])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// bytesOf are count words of a prefix and a number from first on.
func bytesOf(prefix string, first, count int) [][]byte {
	out := make([][]byte, count)
	for i := range out {
		out[i] = fmt.Appendf(nil, "%s%d", prefix, first+i)
	}
	return out
}

func TestSetEncodings(t *testing.T) {
	long, fits := [][]byte{[]byte(strings.Repeat("x", 65))}, [][]byte{[]byte(strings.Repeat("x", 64))}
	rows := []struct {
		name string
		want string
		adds [][][]byte
	}{
		{"integers", "intset", [][][]byte{bytesOf("", 0, 512)}},
		{"too many integers", "hashtable", [][][]byte{bytesOf("", 0, 512), bytesOf("", 512, 1)}},
		{"words", "listpack", [][][]byte{bytesOf("w", 0, 128)}},
		{"too many words", "hashtable", [][][]byte{bytesOf("w", 0, 128), bytesOf("w", 128, 1)}},
		{"a word of 64 bytes", "listpack", [][][]byte{fits}},
		{"a word of 65 bytes", "hashtable", [][][]byte{long}},
		{"few integers, then a word", "listpack", [][][]byte{bytesOf("", 0, 127), bytesOf("w", 0, 1)}},
		{"integers, then a word", "hashtable", [][][]byte{bytesOf("", 0, 128), bytesOf("w", 0, 1)}},
		{"integers, then a long word", "hashtable", [][][]byte{bytesOf("", 0, 3), long}},
		{"a word, then integers", "listpack", [][][]byte{bytesOf("w", 0, 1), bytesOf("", 0, 5)}},
		{"no canonical integer", "listpack", [][][]byte{{[]byte("01")}}},
		{"words given repeatedly", "hashtable", [][][]byte{append(bytesOf("w", 0, 100), bytesOf("w", 0, 100)...)}},
	}
	for _, row := range rows {
		got := encodingAfter(t, func(tx store.Tx, k store.Key) error { return addAll(tx, k, row.adds...) })
		if got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

func addAll(tx store.Tx, k store.Key, adds ...[][]byte) error {
	for _, members := range adds {
		s, err := store.OpenSet(tx, k)
		if err != nil {
			return err
		}
		if _, err := s.Add(members...); err != nil {
			return err
		}
	}
	return nil
}

func TestSetEncodingsAfterRemoving(t *testing.T) {
	rows := []struct {
		name string
		want string
		fn   func(s *store.SetKey) error
		with [][]byte
	}{
		{"a hash table stays", "hashtable", func(s *store.SetKey) error { _, err := s.Remove(bytesOf("w", 1, 200)...); return err }, bytesOf("w", 0, 201)},
		{"popping most makes it anew", "listpack", func(s *store.SetKey) error { return s.Pop(180, func([]byte) {}) }, bytesOf("w", 0, 201)},
		{"popping few does not", "hashtable", func(s *store.SetKey) error { return s.Pop(100, func([]byte) {}) }, bytesOf("w", 0, 201)},
		{"popping most integers", "intset", func(s *store.SetKey) error { return s.Pop(180, func([]byte) {}) }, bytesOf("", 0, 201)},
		{"integers in a hash table", "listpack", func(s *store.SetKey) error { return s.Pop(590, func([]byte) {}) }, bytesOf("", 0, 600)},
	}
	for _, row := range rows {
		got := encodingAfter(t, func(tx store.Tx, k store.Key) error {
			if err := addAll(tx, k, row.with); err != nil {
				return err
			}
			s, err := store.OpenSet(tx, k)
			if err != nil {
				return err
			}
			return row.fn(s)
		})
		if got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

func TestStoredSetForgetsWhatItReplaces(t *testing.T) {
	e, k := memory.New(), store.Key{Name: []byte("k")}
	err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
		if err := tx.PutHead(k, store.Head{Type: store.String, Value: []byte("x"), ExpireAt: tx.Now().UnixMilli() + 10000}); err != nil {
			return err
		}
		src := store.Key{DB: 1, Name: k.Name}
		if err := addAll(tx, src, bytesOf("", 0, 3), bytesOf("word", 0, 1)); err != nil {
			return err
		}
		sets, err := store.OpenSets(tx, src)
		if err != nil {
			return err
		}
		if n, err := store.StoreSet(tx, k, sets.All()); n != 4 || err != nil {
			return fmt.Errorf("stored %d members: %w", n, err)
		}
		heads, err := tx.Heads(nil, k, src)
		h, want := heads[0], heads[1]
		if h.Type != store.Set || h.ExpireAt != 0 || h.Len != 4 || h.Bytes != want.Bytes || store.EncodingName(h) != "listpack" {
			t.Errorf("stored %+v from %+v", h, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// unwritable fails a test that writes.
type unwritable struct {
	store.Tx
	t *testing.T
}

func (u unwritable) PutHead(k store.Key, h store.Head) error {
	u.t.Errorf("head of %s written", k.Name)
	return u.Tx.PutHead(k, h)
}

func TestAddingWhatIsThereWritesNothing(t *testing.T) {
	encodingAfter(t, func(tx store.Tx, k store.Key) error {
		if err := addAll(tx, k, bytesOf("w", 0, 5)); err != nil {
			return err
		}
		return addAll(unwritable{tx, t}, k, bytesOf("w", 0, 3))
	})
}

// TestDrawsAreBounded: a count below zero asks for repeats, as many as it likes.
func TestDrawsAreBounded(t *testing.T) {
	e, k := memory.New(), store.Key{Name: []byte("k")}
	err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
		set, err := store.OpenSet(tx, k)
		if err != nil {
			return err
		}
		if err := set.Draw(1<<60, func(store.Item) { t.Error("an absent set has a member") }); err != nil {
			return err
		}
		if _, err := set.Add([]byte("member")); err != nil {
			return err
		}
		n := 0
		if err := set.Draw(5000, func(store.Item) { n++ }); err != nil || n != 5000 {
			t.Errorf("%d members drawn, error %v", n, err)
		}
		if err := set.Draw(1<<60, func(store.Item) { n++ }); err == nil || n != 5000 {
			t.Errorf("%d members drawn, error %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
