package sqlite_test

import (
	"context"
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
