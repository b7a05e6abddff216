package shard_test

import (
	"errors"
	"path/filepath"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// openDir opens n shards in a claimed directory, as the server does.
func openDir(t *testing.T, dir string, n int, clock func() int64) store.Engine {
	t.Helper()
	clock = shard.Steady(clock)
	var engines []store.Engine
	d := claim(t, dir, n)
	for i := range d.Shards() {
		e, err := sqlite.Open(d.ShardPath(i), sqlite.Options{NowMillis: clock, CacheBytes: 4 << 20, Ordered: true})
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, e)
	}
	return claimed{shard.New(engines), d}
}

// claimed lets its directory go when it is closed.
type claimed struct {
	*shard.Fanout
	dir *shard.Dir
}

func (c claimed) Close() error { return errors.Join(c.Fanout.Close(), c.dir.Close()) }

func openSQLite(t *testing.T, clock func() int64) store.Engine {
	return openDir(t, filepath.Join(t.TempDir(), "data"), 3, clock)
}

func TestConformanceOfSQLite(t *testing.T) { storetest.Run(t, openSQLite) }

func TestRandomHistoryOfSQLite(t *testing.T) {
	storetest.RunRandom(t, 3, 300, openMemory, openSQLite)
}

func TestReopenSQLite(t *testing.T) {
	storetest.Reopen(t, 4, 200, openMemory, func(t *testing.T, dir string, clock func() int64) store.Engine {
		return openDir(t, dir, 2, clock)
	})
}
