package sqlite_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/rowcache"
)

func BenchmarkZZ(b *testing.B) {
	const n = 25000
	e, err := sqlite.Open(filepath.Join(b.TempDir(), "shard.db"), sqlite.Options{CacheBytes: 4 << 20, Rows: rowcache.New(64 << 20)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	names := make([][]byte, n)
	for i := range names {
		names[i] = fmt.Appendf(nil, "object:%012d", i)
	}
	place := func(k []byte) store.Cursor { return store.Position(k, e.Hash(k)) }
	slices.SortFunc(names, func(a, b []byte) int { return cmp.Compare(place(a), place(b)) })
	value := make([]byte, 230)
	var warm bool
	put := func(some [][]byte) {
		err := e.Settle(ctx, func(tx store.BaseTx) error {
			for _, k := range some {
				if !warm {
					tx.Row(store.Key{Name: k})
				}
				if err := tx.PutHead(store.Key{Name: k}, store.Head{Type: store.Hash, Len: 10, Bytes: 230, Value: value}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	put(names)
	e.Checkpoint(ctx)
	warm = true
	least, fold := time.Hour, time.Hour
	for b.Loop() {
		some := make([][]byte, 0, n)
		for _, k := range names {
			if rand.IntN(100) < 63 {
				some = append(some, k)
			}
		}
		before := cpu()
		put(some)
		mid := cpu()
		e.Checkpoint(ctx)
		least = min(least, (mid-before)/time.Duration(len(some)))
		fold = min(fold, (cpu()-mid)/time.Duration(len(some)))
	}
	b.ReportMetric(float64(least), "least-ns/row")
	b.ReportMetric(float64(fold), "fold-ns/row")
}
