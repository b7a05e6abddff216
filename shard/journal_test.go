package shard_test

import (
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/journal"
	"larder/store/memory"
	"larder/store/storetest"
)

// openJournalled returns three shards behind one journal, which commit together.
func openJournalled(overlay int64) storetest.Open {
	return func(t *testing.T, clock func() int64) store.Engine {
		clock = shard.Steady(clock)
		var bases []store.Base
		for range 3 {
			bases = append(bases, memory.New(memory.WithClock(clock), memory.AsBase()))
		}
		j, err := journal.Open(t.TempDir(), bases, journal.Options{OverlayBytes: overlay})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() }) // after the engines
		return shard.New(j.Engines())
	}
}

func TestConformanceBehindJournal(t *testing.T) { storetest.Run(t, openJournalled(1<<20)) }

func TestRandomHistoryBehindJournal(t *testing.T) {
	for _, overlay := range []int64{8 << 10, 1 << 20} {
		storetest.RunRandom(t, uint64(overlay), 400, openMemory, openJournalled(overlay))
	}
}
