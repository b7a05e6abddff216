package store_test

import (
	"math/rand/v2"
	"testing"

	"larder/store"
)

func TestCursorSurvivesBeingADouble(t *testing.T) {
	for range 10_000 {
		at := store.Cursor(rand.Uint64N(store.SlotCount << store.HashBits)).Granule()
		n := at.Number()
		if n >= 1<<53 {
			t.Fatalf("%d has more than 53 bits", n)
		}
		if back := store.CursorOf(uint64(float64(n))); back != at {
			t.Fatalf("%x came back as %x", at, back)
		}
	}
	last := store.Cursor(store.SlotCount<<store.HashBits - 1).Granule()
	if store.CursorOf(last.Number()) != last {
		t.Error("the last cursor does not come back")
	}
	if store.Cursor(0).Number() != 0 || store.CursorOf(0) != 0 {
		t.Error("0 is not 0")
	}
}

// Clients of an earlier Larder hold whole positions. Those of the lowest slots have 53 bits as well.
func TestCursorOfAnEarlierVersionBeginsAnew(t *testing.T) {
	skipped := 0
	for i := range 200_000 {
		at := rand.Uint64N(store.SlotCount << store.HashBits)
		if i%2 == 0 {
			at = rand.Uint64N(1 << 53)
		}
		if store.CursorOf(at) > store.Cursor(at) {
			skipped++
		}
	}
	if skipped > 10 { // one of 2^16 that have 53 bits
		t.Errorf("%d of 200000 skip keys", skipped)
	}
}

func TestCursorIsTheStartOfItsGranule(t *testing.T) {
	a := store.Cursor(5<<store.HashBits | 77)
	if a.Granule() > a || a.Granule().Granule() != a.Granule() || a.Granule() != (a+1).Granule() {
		t.Errorf("granule of %x is %x", a, a.Granule())
	}
}
