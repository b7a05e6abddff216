// The data types have Redis's encodings at Redis's limits; that they behave alike on every engine is storetest's.
package store_test

import (
	"strings"
	"testing"

	"larder/store"
)

func TestHashEncodings(t *testing.T) {
	long, fits := []byte(strings.Repeat("x", 65)), []byte(strings.Repeat("x", 64))
	a := []byte("a")
	rows := []struct {
		name string
		want string
		sets [][]store.Item
	}{
		{"few", "listpack", [][]store.Item{{{Field: a, Value: a}}}},
		{"512 fields", "listpack", [][]store.Item{pairs(0, 512)}},
		{"513 fields", "hashtable", [][]store.Item{pairs(0, 512), pairs(512, 1)}},
		{"64 bytes", "listpack", [][]store.Item{{{Field: fits, Value: fits}}}},
		{"a long value", "hashtable", [][]store.Item{pairs(0, 1), {{Field: a, Value: long}}}},
		{"a long field", "hashtable", [][]store.Item{{{Field: long, Value: a}}}},
		{"a long value gone again", "hashtable", [][]store.Item{{{Field: a, Value: long}}, {{Field: a, Value: a}}}},
		{"pairs given repeatedly", "hashtable", [][]store.Item{append(pairs(0, 300), pairs(0, 300)...)}},
	}
	for _, row := range rows {
		got := encodingAfter(t, func(tx store.Tx, k store.Key) error {
			for _, items := range row.sets {
				h, err := store.OpenHash(tx, k)
				if err != nil {
					return err
				}
				if _, err := h.Set(items...); err != nil {
					return err
				}
			}
			return nil
		})
		if got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

func pairs(first, count int) []store.Item {
	out := make([]store.Item, count)
	for i, f := range bytesOf("f", first, count) {
		out[i] = store.Item{Field: f, Value: f}
	}
	return out
}
