package sqlite_test

import (
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// TestSizesTellWhatIsUnsynced: each commit counts until an fsync; with Always SQLite does it itself.
func TestSizesTellWhatIsUnsynced(t *testing.T) {
	e := fresh(t, sqlite.Options{Sync: sqlite.EverySec})
	unsynced := func() int64 {
		t.Helper()
		sizes, err := e.Sizes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if sizes[0].SyncedAt == 0 || sizes[0].Failing {
			t.Errorf("%+v", sizes[0])
		}
		return sizes[0].Unsynced
	}
	write := func() {
		t.Helper()
		k := store.Key{Name: []byte("k")}
		if err := e.Update(ctx, store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) }); err != nil {
			t.Fatal(err)
		}
	}
	if n := unsynced(); n != 0 {
		t.Errorf("a new file has %d unsynced commits", n)
	}
	write()
	write()
	if n := unsynced(); n != 2 {
		t.Errorf("%d are unsynced after two commits", n)
	}
	if err := e.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if n := unsynced(); n != 0 {
		t.Errorf("%d are unsynced after the fsync", n)
	}
	write()
	if err := e.SetSync(sqlite.Always); err != nil {
		t.Fatal(err)
	}
	write()
	if n := unsynced(); n != 0 {
		t.Errorf("%d are unsynced with Always", n)
	}
	if err := e.SetSync(sqlite.EverySec); err != nil {
		t.Fatal(err)
	}
	write()
	if n := unsynced(); n == 0 {
		t.Error("nothing is unsynced after a commit without Always")
	}
}
