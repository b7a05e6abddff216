package sqlite_test

import (
	"fmt"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// TestPagesShareRegions holds that SQLite's pages still fit their slots, and that regions go
// back when a file is closed.
func TestPagesShareRegions(t *testing.T) {
	before := sqlite.PageSlots(t)
	e := fresh(t, sqlite.Options{Sync: sqlite.No, CacheBytes: 8 << 20})
	for i := range 40 {
		update(t, e, func(tx store.Tx) error {
			for j := range 100 {
				k := key(fmt.Sprint(i, "-", j))
				if _, err := tx.Heads(nil, k); err != nil {
					return err
				}
				if err := tx.PutHead(k, store.Head{Type: store.String, Len: 400, Value: make([]byte, 400)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if used := sqlite.PageSlots(t) - before; used < 300 {
		t.Errorf("%d pages of 1.6 MB are in slots", used)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if left := sqlite.PageSlots(t) - before; left > 0 {
		t.Errorf("%d slots are lent when the file is closed", left)
	}
}
