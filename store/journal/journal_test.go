package journal_test

import (
	"testing"

	"larder/store"
	"larder/store/journal"
	"larder/store/memory"
	"larder/store/storetest"
)

// openOver returns a one-shard journal over the reference engine.
func openOver(t *testing.T, clock func() int64) store.Engine { return over(t, clock, 0) }

// openSmall has an overlay so small that generations settle all the time and many
// transactions go straight to the base.
func openSmall(t *testing.T, clock func() int64) store.Engine { return over(t, clock, 8<<10) }

func over(t *testing.T, clock func() int64, bytes int64) store.Engine {
	base := memory.New(memory.WithClock(clock), memory.AsBase())
	j, err := journal.Open(t.TempDir(), []store.Base{base}, journal.Options{OverlayBytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j.Engines()[0]
}

func TestConformance(t *testing.T)                { storetest.Run(t, openOver) }
func TestConformanceWithTinyOverlay(t *testing.T) { storetest.Run(t, openSmall) }

func reference(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock))
}

func TestRandomHistories(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		storetest.RunRandom(t, seed, 2000, reference, openOver)
		storetest.RunRandom(t, seed, 2000, reference, openSmall)
	}
}
