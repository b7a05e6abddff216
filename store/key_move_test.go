package store_test

import (
	"fmt"
	"math"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// fill makes a key of n items in a part.
func fill(tx store.Tx, key store.Key, typ store.Type, p store.Part, n int) error {
	id, err := tx.NewID(key)
	if err != nil {
		return err
	}
	var items []store.Item
	for i := range n {
		f := fmt.Appendf(nil, "item %d", i)
		it := store.Item{Value: f, Pos: int64(i - n/2)}
		if p.Class() != store.Placed {
			it = store.Item{Field: f, Value: f, Score: math.Sqrt(float64(i))}
		}
		if p.Scored() {
			it.Value = nil // the contract gives them none
		}
		items = append(items, it)
	}
	ch, err := tx.PutItems(id, p, items...)
	if err != nil {
		return err
	}
	return tx.PutHead(key, store.Head{Type: typ, ID: id, Len: int64(n), Bytes: ch.Bytes + store.KeyBytes(key),
		ExpireAt: math.MaxInt64, Encoding: 7, Ranked: p.Scored(), Value: []byte("note")})
}

// portrait is all that can be read of a key but its id.
func portrait(t *testing.T, tx store.Tx, key store.Key, parts []store.Part) string {
	t.Helper()
	heads, err := tx.Heads(nil, key)
	if err != nil {
		t.Fatal(err)
	}
	h := heads[0]
	id := h.ID
	h.ID = 0
	h.Bytes -= store.KeyBytes(key)
	text := fmt.Sprintf("%+v", h)
	for _, p := range parts {
		for it, err := range tx.Range(id, p, store.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			text += fmt.Sprintf("\n%d %d %q %v %q", p, it.Pos, it.Field, it.Score, it.Value)
		}
	}
	return text
}

func TestCopyAndRenameCarryEverything(t *testing.T) {
	from, to := store.Key{Name: []byte("from")}, store.Key{DB: 3, Name: []byte("to, a longer name")}
	types := map[store.Type][]store.Part{
		store.String: {store.Chunks}, store.Hash: {store.Fields}, store.Set: {store.Members}, store.List: {store.Elements},
		store.ZSet: {store.Scores}, store.Stream: {store.Entries, store.Groups, store.Consumers, store.Pending},
	}
	ways := []struct {
		name string
		run  func(store.Tx, store.Key, store.Key) (bool, error)
		kept bool
	}{
		{"copy", store.Copy, true},
		{"rename", store.Rename, false},
	}
	for typ, parts := range types {
		for _, way := range ways {
			update(t, memory.New(), func(tx store.Tx) error {
				if err := fill(tx, from, typ, parts[0], 1300); err != nil {
					return err
				}
				if err := fill(tx, to, store.Hash, store.Fields, 2); err != nil {
					return err
				}
				want := portrait(t, tx, from, parts)
				if found, err := way.run(tx, from, to); !found || err != nil {
					t.Errorf("%v, %s: found %v, %v", typ, way.name, found, err)
				}
				if got := portrait(t, tx, to, parts); got != want {
					t.Errorf("%v, %s: %.300s\nwant %.300s", typ, way.name, got, want)
				}
				heads, err := tx.Heads(nil, from)
				if heads[0].Exists() != way.kept {
					t.Errorf("%v, %s: the source is there: %v", typ, way.name, !way.kept)
				}
				return err
			}, from, to)
		}
	}
}

func TestRenameOfAnAbsentKey(t *testing.T) {
	from, to := store.Key{Name: []byte("from")}, store.Key{Name: []byte("to")}
	update(t, memory.New(), func(tx store.Tx) error {
		if err := store.SetString(tx, to, []byte("v"), 0); err != nil {
			return err
		}
		renamed, err := store.Rename(tx, from, to)
		copied, err2 := store.Copy(tx, from, to)
		heads, err3 := tx.Heads(nil, to)
		if renamed || copied || err != nil || err2 != nil || err3 != nil || string(heads[0].Value) != "v" {
			t.Errorf("%v %v %v %v %v: %q", renamed, copied, err, err2, err3, heads[0].Value)
		}
		return nil
	}, from, to)
}
