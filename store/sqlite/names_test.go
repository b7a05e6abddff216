package sqlite_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// BenchmarkNewKeys is what a new key costs without and with the index of names, as a journal
// settles them: many at once, in the order of heads.
func BenchmarkNewKeys(b *testing.B) {
	for _, ordered := range []bool{false, true} {
		b.Run(fmt.Sprintf("ordered %v", ordered), func(b *testing.B) {
			const batch = 50_000
			e, err := sqlite.Open(filepath.Join(b.TempDir(), "shard.db"), sqlite.Options{CacheBytes: 12 << 20, Ordered: ordered})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			before := cpu()
			for done := 0; done < b.N; done += batch {
				keys := make([]store.Key, 0, batch)
				for range min(batch, b.N-done) {
					keys = append(keys, key(fmt.Sprintf("key:%016x", rand.Uint64())))
				}
				slices.SortFunc(keys, func(x, y store.Key) int {
					return cmp.Compare(store.Position(x.Name, e.Hash(x.Name)), store.Position(y.Name, e.Hash(y.Name)))
				})
				if err := e.Settle(ctx, func(tx store.BaseTx) error {
					for _, k := range keys {
						if err := tx.PutHead(k, store.Head{Type: store.String, Len: 100, Bytes: 130, Value: make([]byte, 100)}); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			if err := e.Checkpoint(ctx); err != nil {
				b.Fatal(err)
			}
			sizes, err := e.Sizes(ctx)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(sizes[0].File)/float64(b.N), "file-B/op")
		})
	}
}

// The index may be turned on and off from one start to the next.
func TestOrderedFromOneStartToTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	for i, ordered := range []bool{false, true, false, true} {
		e := open(t, path, sqlite.Options{Ordered: ordered})
		set(t, e, fmt.Sprint("k", i), "v")
		err := e.View(ctx, store.Whole(), func(tx store.Tx) error {
			names, err := tx.(store.Finder).Names(0, store.Span{Limit: 10})
			if err == nil && len(names) != i+1 {
				t.Errorf("start %d: %q", i, names)
			}
			return err
		})
		if (err == nil) != ordered {
			t.Errorf("start %d: %v", i, err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
