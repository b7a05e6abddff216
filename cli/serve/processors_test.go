package serve

import (
	"context"
	"testing"
	"time"

	"larder/store"
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

// Processors are needed after a write, and before a generation settles; not by who reads.
func TestWritesNeedProcessors(t *testing.T) {
	dir, d, err := openData(newParams(t, "dir", t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	defer d.Close()
	occupied, needed := d.occupied(), 0
	d.begins(func() { needed++ })
	ctx, k := context.Background(), store.Key{Name: []byte("k")}
	read := func(tx store.Tx) error { _, err := tx.Heads(nil, k); return err }
	if err := d.View(ctx, store.One(k), read); err != nil || occupied() {
		t.Errorf("a read needs processors, or fails: %v", err)
	}
	write := func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) }
	if err := d.Update(ctx, store.One(k), write); err != nil || !occupied() {
		t.Errorf("a write needs no processors, or fails: %v", err)
	}
	for _, e := range d.Shards() {
		if err := e.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if needed != 1 {
		t.Errorf("%d generations called for processors, want 1", needed)
	}
}
