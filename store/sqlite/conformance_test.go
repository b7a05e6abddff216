package sqlite_test

import (
	"path/filepath"
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
	"larder/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, clock func() int64) store.Engine {
		return conforming(t, filepath.Join(t.TempDir(), "shard.db"), clock)
	})
}

func conforming(t *testing.T, path string, clock func() int64) store.Engine {
	e, err := sqlite.Open(path, sqlite.Options{CacheBytes: 4 << 20, NowMillis: clock, Ordered: true})
	if err != nil {
		t.Fatal(err)
	}
	return scoped{e}
}

func reference(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock))
}

func TestRandomHistory(t *testing.T) {
	for seed := range uint64(4) {
		storetest.RunRandom(t, seed, storetest.Times(150, 300), reference, func(t *testing.T, clock func() int64) store.Engine {
			return conforming(t, filepath.Join(t.TempDir(), "shard.db"), clock)
		})
	}
}

func TestReopen(t *testing.T) {
	storetest.Reopen(t, 7, 240, reference, func(t *testing.T, dir string, clock func() int64) store.Engine {
		return conforming(t, filepath.Join(dir, "shard.db"), clock)
	})
}
