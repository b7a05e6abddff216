package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// A use that was written down comes back with a sample, across a restart, and changes nothing else.
func TestKeepUses(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "s.db")
	open := func() *sqlite.Engine {
		e, err := sqlite.Open(path, sqlite.Options{NowMillis: func() int64 { return 5000 }})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open()
	k := store.Key{DB: 3, Name: []byte("k")}
	err := e.Update(ctx, store.One(k), func(tx store.Tx) error {
		return tx.PutHead(k, store.Head{Type: store.String, Len: 1, Bytes: 18, Value: []byte("v")})
	})
	if err != nil {
		t.Fatal(err)
	}
	uses := []store.Use{{Key: k, At: 4321, Frequency: 200}, {Key: store.Key{DB: 9, Name: []byte("absent")}, At: 1}}
	if err := e.KeepUses(ctx, uses); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		found, err := e.Sample(ctx, nil, 5, false)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		if c := found[0]; c.UsedAt != 4321 || c.Frequency != 200 || c.StoredAt != 5000 || c.Bytes != 18 || c.Key.DB != 3 {
			t.Errorf("%+v", c)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		e = open()
	}
	if f := e.Fill(); f != (store.Fill{Data: 18, Keys: 1}) {
		t.Errorf("%+v", f)
	}
	e.Close()
}

// The order that samples are taken from has no ends: the first key is drawn too where the last one leaves no place
// behind it to begin at.
func TestSampleGoesRound(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	last := []byte("{z}")
	for i := 0; e.Hash(last) < 1<<48-1<<34; i++ {
		last = fmt.Appendf(nil, "{z}%d", i)
	}
	keys := []store.Key{{Name: last}}
	for i := 0; len(keys) < 10; i++ {
		if k := key(fmt.Sprint(i)); store.Slot(k.Name) < store.Slot(last) {
			keys = append(keys, k)
		}
	}
	update(t, e, func(tx store.Tx) (err error) {
		for i := 0; i < len(keys) && err == nil; i++ {
			err = tx.PutHead(keys[i], str("v"))
		}
		return err
	})
	seen := map[string]bool{}
	for range 1000 {
		found, err := e.Sample(ctx, nil, 3, false)
		if err != nil || len(found) != 3 {
			t.Fatalf("%d keys, %v", len(found), err)
		}
		for _, c := range found {
			seen[string(c.Key.Name)] = true
		}
	}
	if len(seen) != len(keys) {
		t.Errorf("%d of %d keys were ever drawn", len(seen), len(keys))
	}
}
