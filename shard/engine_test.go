// The engine passes the conformance suite and random histories, over the reference base and over SQLite, with room for
// everything and with next to none.
package shard_test

import (
	"path/filepath"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// openOver returns a shard over the reference engine.
func openOver(t *testing.T, clock func() int64) store.Engine { return over(t, clock, 0) }

// openSmall has a memtable so small that generations settle all the time and many
// transactions go straight to the base.
func openSmall(t *testing.T, clock func() int64) store.Engine { return over(t, clock, 8<<10) }

func over(t *testing.T, clock func() int64, bytes int64) store.Engine {
	base := memory.New(memory.WithClock(clock), memory.AsBase())
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: bytes, NowMillis: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j.Shards()[0]
}

func TestConformance(t *testing.T)                { storetest.Run(t, openOver) }
func TestConformanceWithTinyOverlay(t *testing.T) { storetest.Run(t, openSmall) }

func reference(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock))
}

func TestRandomHistories(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		storetest.RunRandom(t, seed, storetest.Times(600, 2000), reference, openOver)
		storetest.RunRandom(t, seed, storetest.Times(600, 2000), reference, openSmall)
	}
}

// openSQLite stands over one SQLite file; test files may know it, the package may not.
func openSQLite(t *testing.T, clock func() int64) store.Engine { return overSQLite(t, clock, 0) }

func openSmallSQLite(t *testing.T, clock func() int64) store.Engine {
	return overSQLite(t, clock, 8<<10)
}

func overSQLite(t *testing.T, clock func() int64, bytes int64) store.Engine {
	dir := t.TempDir()
	base, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{NowMillis: clock, CacheBytes: 1 << 20, Ordered: true})
	if err != nil {
		t.Fatal(err)
	}
	j, err := shard.Open(dir, []store.Base{base}, shard.Options{OverlayBytes: bytes, NowMillis: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close(); base.Close() })
	return j.Shards()[0]
}

func TestConformanceOverSQLite(t *testing.T)      { storetest.Run(t, openSQLite) }
func TestConformanceOverSmallSQLite(t *testing.T) { storetest.Run(t, openSmallSQLite) }

func TestRandomHistoriesOverSQLite(t *testing.T) {
	storetest.RunRandom(t, 11, storetest.Times(400, 1000), reference, openSQLite)
	storetest.RunRandom(t, 12, storetest.Times(400, 1000), reference, openSmallSQLite)
}
