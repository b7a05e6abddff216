package sqlite_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"larder/store"
	"larder/store/sqlite"
)

const benchKeys = 200_000

// benchOne is a reusable single-key transaction, as a command handler would make it.
type benchOne struct {
	keys  [1]store.Key
	name  []byte
	heads []store.Head
	value []byte
	get   func(store.Tx) error
	set   func(store.Tx) error
}

func newBenchOne() *benchOne {
	b := &benchOne{value: make([]byte, 100), name: make([]byte, 0, 32)}
	b.get = func(tx store.Tx) (err error) {
		b.heads, err = tx.Heads(b.heads[:0], b.keys[:]...)
		return err
	}
	b.set = func(tx store.Tx) (err error) {
		if b.heads, err = tx.Heads(b.heads[:0], b.keys[:]...); err != nil {
			return err
		}
		return tx.PutHead(b.keys[0], store.Head{Type: store.String, Len: 100, Bytes: 130, Value: b.value})
	}
	return b
}

func (b *benchOne) pick(n int) store.Scope {
	b.name = fmt.Appendf(b.name[:0], "key:%010d", rand.IntN(n))
	b.keys[0].Name = b.name
	return store.Scope{Keys: b.keys[:]}
}

// filled is an engine with benchKeys strings of 100 bytes.
func filled(b *testing.B) *sqlite.Engine {
	e, err := sqlite.Open(filepath.Join(b.TempDir(), "shard.db"), sqlite.Options{CacheBytes: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	update(b, e, func(tx store.Tx) error {
		for i := range benchKeys {
			h := store.Head{Type: store.String, Len: 100, Bytes: 130, Value: make([]byte, 100)}
			if err := tx.PutHead(key(fmt.Sprintf("key:%010d", i)), h); err != nil {
				return err
			}
		}
		return nil
	})
	if err := e.Checkpoint(ctx); err != nil {
		b.Fatal(err)
	}
	set(b, e, "warm", "up") // starts the log again, with an fsync
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	b.Cleanup(func() { b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op") })
	return e
}

// cpu is the processor time of the process: on a busy machine it tells more than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkGet(b *testing.B) {
	e, one := filled(b), newBenchOne()
	for b.Loop() {
		if err := e.View(ctx, one.pick(benchKeys), one.get); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSet(b *testing.B) {
	e, one := filled(b), newBenchOne()
	for b.Loop() {
		if err := e.Update(ctx, one.pick(benchKeys), one.set); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMixed reads nine times for each write, one caller: every tenth read renews its snapshot.
func BenchmarkMixed(b *testing.B) {
	e, one := filled(b), newBenchOne()
	i := 0
	for b.Loop() {
		i++
		run, fn := e.View, one.get
		if i%10 == 0 {
			run, fn = e.Update, one.set
		}
		if err := run(ctx, one.pick(benchKeys), fn); err != nil {
			b.Fatal(err)
		}
	}
}

func parallel(b *testing.B, fn func(e *sqlite.Engine, one *benchOne, i uint64) error) {
	e := filled(b)
	var n atomic.Uint64
	b.SetParallelism(25) // 50 goroutines on two cores
	b.RunParallel(func(pb *testing.PB) {
		one := newBenchOne()
		for pb.Next() {
			if err := fn(e, one, n.Add(1)); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkGet50(b *testing.B) {
	parallel(b, func(e *sqlite.Engine, one *benchOne, _ uint64) error {
		return e.View(ctx, one.pick(benchKeys), one.get)
	})
}

func BenchmarkSet50(b *testing.B) {
	parallel(b, func(e *sqlite.Engine, one *benchOne, _ uint64) error {
		return e.Update(ctx, one.pick(benchKeys), one.set)
	})
}

func BenchmarkMixed50(b *testing.B) {
	parallel(b, func(e *sqlite.Engine, one *benchOne, i uint64) error {
		if i%2 == 0 {
			return e.Update(ctx, one.pick(benchKeys), one.set)
		}
		return e.View(ctx, one.pick(benchKeys), one.get)
	})
}

func rankedSet(b *testing.B, n int) (*sqlite.Engine, store.ID) {
	e := fresh(b, sqlite.Options{CacheBytes: 64 << 20})
	id := collection(b, e, "z", store.ZSet, store.Scores, true, store.Item{Field: []byte("first")})
	for i := 0; i < n; i += 1000 {
		update(b, e, func(tx store.Tx) error {
			if _, err := tx.Heads(nil, key("z")); err != nil {
				return err
			}
			for range 1000 {
				it := store.Item{Field: fmt.Appendf(nil, "m%d", rand.Uint64()), Score: float64(rand.IntN(1 << 30))}
				if _, err := tx.PutItems(id, store.Scores, it); err != nil {
					return err
				}
			}
			return nil
		})
		if i%20000 == 0 {
			if err := e.Checkpoint(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	return e, id
}

func BenchmarkRank(b *testing.B) {
	const n = 300_000
	e, id := rankedSet(b, n)
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			view(b, e, func(tx store.Tx) error {
				r := store.Range{Order: store.ByScore, Max: store.Bound{Edge: store.Exclusive, Score: float64(rand.IntN(1 << 30))}}
				_, err := tx.Count(id, store.Scores, r)
				return err
			})
		}
	})
	b.Run("skip", func(b *testing.B) {
		for b.Loop() {
			view(b, e, func(tx store.Tx) error {
				for _, err := range tx.Range(id, store.Scores, store.Range{Order: store.ByScore, Skip: rand.Int64N(n), Limit: 1}) {
					return err
				}
				return nil
			})
		}
	})
	b.Run("add", func(b *testing.B) {
		for b.Loop() {
			update(b, e, func(tx store.Tx) error {
				heads, err := tx.Heads(nil, key("z"))
				if err != nil {
					return err
				}
				it := store.Item{Field: fmt.Appendf(nil, "m%d", rand.Uint64()), Score: float64(rand.IntN(1 << 30))}
				if _, err = tx.PutItems(id, store.Scores, it); err != nil {
					return err
				}
				heads[0].Len++
				return tx.PutHead(key("z"), heads[0])
			})
		}
	})
}

func BenchmarkChunks(b *testing.B) {
	e := fresh(b, sqlite.Options{})
	value := make([]byte, store.ChunkSize)
	id := collection(b, e, "s", store.String, store.Chunks, false, store.Item{Value: value})
	b.SetBytes(store.ChunkSize)
	b.Run("put", func(b *testing.B) {
		b.SetBytes(64 * store.ChunkSize)
		for b.Loop() {
			update(b, e, func(tx store.Tx) error {
				for i := range 64 {
					if _, err := tx.PutItems(id, store.Chunks, store.Item{Pos: int64(i), Value: value}); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
	b.Run("range", func(b *testing.B) {
		b.SetBytes(64 * store.ChunkSize)
		for b.Loop() {
			view(b, e, func(tx store.Tx) error {
				for _, err := range tx.Range(id, store.Chunks, store.Range{}) {
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
}

// BenchmarkSettle overwrites a quarter of all keys in the order of the file, as a journal does.
func BenchmarkSettle(b *testing.B) {
	e := filled(b)
	order := make([]int, benchKeys)
	for i := range order {
		order[i] = i
	}
	name := func(i int) []byte { return fmt.Appendf(nil, "key:%010d", i) }
	place := func(i int) store.Cursor { return store.Position(name(i), e.Hash(name(i))) }
	for b.Loop() {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		some := order[:benchKeys/4]
		slices.SortFunc(some, func(i, j int) int { return cmp.Compare(place(i), place(j)) })
		before := cpu()
		err := e.Settle(ctx, func(tx store.BaseTx) error {
			for _, i := range some {
				if err := tx.PutHead(store.Key{Name: name(i)}, store.Head{Type: store.String, Len: 100, Bytes: 130, Value: make([]byte, 100)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(cpu()-before)/float64(len(some)), "cpu-ns/row")
		if err := e.Checkpoint(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPacked puts and gets small collections of some sizes, which lie in their heads or, beside them, in a table
// of values too long for a tree whose rows must be short. What the file takes is told, too.
func BenchmarkPacked(b *testing.B) {
	for _, size := range []int{250, 500, 900, 1000, 2000, 4000} {
		if size <= store.PackedMax {
			b.Run(fmt.Sprintf("%d/head", size), func(b *testing.B) { benchPacked(b, size, false) })
		}
		b.Run(fmt.Sprintf("%d/beside", size), func(b *testing.B) { benchPacked(b, size, true) })
	}
}

const packedKeys = 100_000

func benchPacked(b *testing.B, size int, beside bool) {
	path := filepath.Join(b.TempDir(), "shard.db")
	e, err := sqlite.Open(path, sqlite.Options{CacheBytes: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	name := func(i int) []byte { return fmt.Appendf(nil, "key:%010d", i) }
	place := func(i int) store.Cursor { return store.Position(name(i), e.Hash(name(i))) }
	order := make([]int, packedKeys)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(place(i), place(j)) })
	value := make([]byte, size)
	put := func(some []int) {
		err := e.Settle(ctx, func(tx store.BaseTx) error {
			for _, i := range some {
				h := store.Head{Type: store.Hash, Len: 10, Bytes: int64(size), Value: value}
				if beside {
					h.Value, h.ID = nil, store.ID(i+1)
				}
				if err := tx.PutHead(store.Key{Name: name(i)}, h); err != nil {
					return err
				}
				if beside {
					if _, err := tx.PutItems(h.ID, store.Chunks, store.Item{Value: value}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Checkpoint(ctx); err != nil {
			b.Fatal(err)
		}
	}
	before := cpu()
	put(order)
	made := cpu() - before
	info, _ := os.Stat(path)
	var puts, gets time.Duration
	var n int
	for b.Loop() {
		var some []int
		for _, i := range order {
			if rand.IntN(5) == 0 {
				some = append(some, i)
			}
		}
		before = cpu()
		put(some)
		puts += cpu() - before
		n += len(some)
		before = cpu()
		for range some {
			i := rand.IntN(packedKeys)
			k := store.Key{Name: name(i)}
			view(b, e, func(tx store.Tx) error {
				heads, err := tx.Heads(nil, k)
				if err != nil || !beside {
					return err
				}
				for _, err := range tx.Range(heads[0].ID, store.Chunks, store.Positions(0, 0)) {
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		gets += cpu() - before
	}
	b.ReportMetric(float64(made)/packedKeys/1000, "make-us")
	b.ReportMetric(float64(puts)/float64(n)/1000, "put-us")
	b.ReportMetric(float64(gets)/float64(n)/1000, "get-us")
	b.ReportMetric(float64(info.Size())/packedKeys, "file-bytes/key")
}
