package shard_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
)

// What is removed is pending before it has settled, and settles though somebody goes on writing; what only changes
// does not.
func TestRemovedDataSettlesSoon(t *testing.T) {
	dir := t.TempDir()
	base, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	j, err := shard.Open(dir, []store.Base{base}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close(); base.Close() })
	e := j.Shards()[0]
	e.Exact(true)
	update := func(fn func(store.Tx) error) {
		t.Helper()
		if err := e.Update(context.Background(), store.Whole(), fn); err != nil {
			t.Fatal(err)
		}
	}
	size := func() store.Size {
		t.Helper()
		s, err := e.Sizes(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return s[0]
	}
	set := func(name string, bytes int) {
		update(func(tx store.Tx) error {
			return store.SetString(tx, store.Key{Name: []byte(name)}, make([]byte, bytes), 0)
		})
	}
	const large = 1 << 20
	for i := range 4 {
		set(fmt.Sprint(i), large)
	}
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := size().Settles
	for i := range 5 { // never idle, and nothing becomes less
		set(fmt.Sprint("small", i), 10)
		j.Tend()
	}
	if n := size().Settles; n != before {
		t.Errorf("%d generations settled though nobody was idle", n-before)
	}
	update(func(tx store.Tx) error {
		_, err := tx.Drop(store.Key{Name: []byte("0")}, store.Key{Name: []byte("1")})
		return err
	})
	if n := size().Pending; n < 2*large-10_000 || n > 2*large+10_000 {
		t.Errorf("%d bytes are pending", n)
	}
	j.Tend()
	for deadline := time.Now().Add(20 * time.Second); base.Fill().Data > 2*large+10_000; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are in the file: %+v", base.Fill().Data, size())
		}
	}
	set("small", 10)
	if n := size().Pending; n < 2*large-10_000 {
		t.Errorf("%d bytes are pending before the sweep", n)
	}
}
