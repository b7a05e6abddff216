package main

import (
	"testing"
	"time"
)

// All processors come in at once when something takes long, and go when nothing does: later each time they
// were called back soon.
func TestProcessorsFollowTheWork(t *testing.T) {
	at := time.Unix(0, 0)
	p := newProcessors(8, at)
	step := func(after, late time.Duration, occupied bool, want int) {
		t.Helper()
		at = at.Add(after)
		if n := p.step(at, late, occupied); n != want {
			t.Fatalf("at %v, late by %v, occupied %v: %d processors, want %d", at.Sub(time.Unix(0, 0)), late, occupied, n, want)
		}
	}
	step(holdFirst, 0, false, 8)
	step(1, 0, false, 4)
	step(calm+1, lateness+1, false, 8) // after a calm time: the first hold
	step(holdFirst+1, 0, false, 4)
	step(time.Second, lateness, false, 4)
	step(0, lateness+1, false, 8) // soon: twice that
	step(holdFirst+1, 0, false, 8)
	step(holdFirst, 0, false, 4)
	step(1, 0, true, 8)
	step(time.Hour, 0, true, 8) // as long as a generation settles
	step(4*holdFirst, 0, false, 8)
	step(1, 0, false, 4)
	for range 10 {
		step(0, lateness+1, false, 8)
		step(holdMost+1, 0, false, 4)
	}
	step(0, lateness+1, false, 8)
	step(holdMost, 0, false, 8)
}
