package shard_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/rowcache"
)

const benchKeys = 100_000

// bench is a shard over a file with benchKeys strings of 100 bytes, and one reusable transaction on a key drawn
// evenly, as a command handler would make it.
type bench struct {
	*shard.Shard
	keys  [1]store.Key
	heads []store.Head
	value []byte
}

func newBench(b *testing.B) *bench {
	dir := b.TempDir()
	base, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{CacheBytes: 16 << 20, Rows: rowcache.New(64 << 20)})
	if err != nil {
		b.Fatal(err)
	}
	j, err := shard.Open(dir, []store.Base{base}, shard.Options{OverlayBytes: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { j.Close(); base.Close() })
	e := &bench{Shard: j.Shards()[0], value: make([]byte, 100)}
	for i := range benchKeys {
		e.name(i)
		e.put(b)
	}
	e.settle(b)
	b.ReportAllocs()
	return e
}

func (e *bench) name(i int) store.Scope {
	e.keys[0].Name = fmt.Appendf(e.keys[0].Name[:0], "key:%010d", i)
	return store.Scope{Keys: e.keys[:]}
}

func (e *bench) set(tx store.Tx) error {
	return tx.PutHead(e.keys[0], store.Head{Type: store.String, Len: 100, Bytes: 130, Value: e.value})
}

func (e *bench) get(tx store.Tx) (err error) {
	e.heads, err = tx.Heads(e.heads[:0], e.keys[:]...)
	return err
}

func (e *bench) put(b *testing.B) {
	if err := e.Update(b.Context(), store.Scope{Keys: e.keys[:]}, e.set); err != nil {
		b.Fatal(err)
	}
}

func (e *bench) settle(b *testing.B) {
	if err := e.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGet reads keys that are settled, and keys that still lie in a layer.
func BenchmarkGet(b *testing.B) {
	for _, keys := range []struct {
		place string
		n     int
	}{{"settled", benchKeys}, {"in a layer", 1000}} {
		b.Run(keys.place, func(b *testing.B) {
			e := newBench(b)
			if keys.n < benchKeys {
				for i := range keys.n {
					e.name(i)
					e.put(b)
				}
			}
			for b.Loop() {
				if err := e.View(b.Context(), e.name(rand.IntN(keys.n)), e.get); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSet writes a group of one: record, append, layer. Settling goes on beside it.
func BenchmarkSet(b *testing.B) {
	e := newBench(b)
	for b.Loop() {
		e.name(rand.IntN(benchKeys))
		e.put(b)
	}
}

// BenchmarkSettle hands down a generation of 10,000 keys: the time of an operation is that of all of them.
func BenchmarkSettle(b *testing.B) {
	e := newBench(b)
	for b.Loop() {
		b.StopTimer()
		for range 10_000 {
			e.name(rand.IntN(benchKeys))
			e.put(b)
		}
		b.StartTimer()
		e.settle(b)
	}
}
