package memory_test

import (
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

func open(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock))
}

func openRerunning(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock), memory.WithReruns(1))
}

func TestConformance(t *testing.T) { storetest.Run(t, open) }

// Against itself the engine shows that histories are repeatable, and that a transaction run
// twice leaves what it leaves when run once.
func TestRandomHistoryWithReruns(t *testing.T) {
	storetest.RunRandom(t, 1, 400, open, openRerunning)
}
