package shard_test

import (
	"fmt"
	"runtime"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestWeight compares what a generation takes of the heap with what it is counted for, which decides when it settles.
func TestWeight(t *testing.T) {
	const n = 20000
	for _, c := range []struct {
		name string
		put  func(tx store.Tx, i int) error
	}{
		{"strings", func(tx store.Tx, i int) error {
			return store.SetString(tx, store.Key{Name: fmt.Appendf(nil, "key:%012d", i)}, make([]byte, 100), 0)
		}},
		{"fields", func(tx store.Tx, i int) error {
			h, err := store.OpenHash(tx, store.Key{Name: []byte("h")})
			if err != nil {
				return err
			}
			_, err = h.Set(store.Item{Field: fmt.Appendf(nil, "element:%012d", i), Value: make([]byte, 100)})
			return err
		}},
	} {
		base := memory.New(memory.AsBase())
		j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: 512 << 20, Manual: true, Sync: shard.Always})
		if err != nil {
			t.Fatal(err)
		}
		e := j.Shards()[0]
		before := heap()
		for i := 0; i < n; i += 20 {
			err := e.Update(t.Context(), store.Whole(), func(tx store.Tx) error {
				for k := range 20 {
					if err := c.put(tx, i+k); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		takes, counted := (heap()-before)/n, e.Bytes()/n
		if takes > counted*5/4 || takes < counted*2/3 {
			t.Errorf("%s: %d bytes an entry, counted as %d", c.name, takes, counted)
		}
		j.Close()
	}
}
