package shard_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"larder/disk"
	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
)

// TestLogOfVersion1 replays a segment that a Larder of before wrote: ten strings, a hash with two fields in database 1,
// and the last string dropped again. The log goes on in the present version.
func TestLogOfVersion1(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "of [another] name*") // no pattern
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join("testdata", "version-1.log"))
	if err != nil {
		t.Fatal(err)
	}
	if string(content[:8]) != "LARDERJ1" {
		t.Fatalf("the fixture begins with %q", content[:8])
	}
	if err := os.WriteFile(filepath.Join(dir, "journal-0000000000000001.log"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is the present log
		base, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{Ordered: true})
		if err != nil {
			t.Fatal(err)
		}
		j, err := shard.Open(dir, []store.Base{base}, shard.Options{Manual: true})
		if err != nil {
			t.Fatal(err)
		}
		if j.Last() != 12 {
			t.Errorf("the last record is %d, want 12", j.Last())
		}
		if err := j.Shards()[0].View(context.Background(), store.Whole(), wantVersion1); err != nil {
			t.Error(err)
		}
		paths, err := disk.List(dir, "journal-*.log")
		if err != nil || len(paths) != 1 {
			t.Fatalf("%q %v", paths, err)
		}
		now, err := os.ReadFile(paths[0])
		if err != nil || string(now[:8]) != "LARDERJ2" {
			t.Errorf("the log goes on in a file that begins with %q: %v", now[:8], err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if err := base.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func wantVersion1(tx store.Tx) error {
	for i := range 10 {
		heads, err := tx.Heads(nil, store.Key{Name: fmt.Appendf(nil, "k%d", i)})
		if err != nil {
			return err
		}
		if there := heads[0].Exists(); there != (i < 9) || there && string(heads[0].Value) != fmt.Sprint("v", i) {
			return fmt.Errorf("k%d is %+v", i, heads[0])
		}
	}
	heads, err := tx.Heads(nil, store.Key{DB: 1, Name: []byte("fields")})
	if err != nil {
		return err
	}
	items, err := tx.Items(nil, heads[0].ID, store.Fields, []byte("f"), []byte("g"), []byte("h"))
	if err != nil || heads[0].Len != 2 || string(items[0].Value) != "v" || string(items[1].Value) != "w" || items[2].Found {
		return fmt.Errorf("the hash is %+v with %+v: %v", heads[0], items, err)
	}
	return nil
}
