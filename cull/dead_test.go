package cull_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"larder/cull"
)

// While expired keys hold the bytes that a write needs they go, under every policy, and no live key does.
func TestExpiredGoFirst(t *testing.T) {
	later := time.Now().Add(time.Hour).UnixMilli()
	for _, p := range cull.Policies() {
		e, v, _ := limited(p.Name, 100_000)
		v.SetSamples(1)
		v.SetBurst(1) // one key each time: which one, tells the order
		for i := range 400 {
			put(t, e, fmt.Sprint("dead", i), 100, 1+int64(i%7))
		}
		for i := range 300 {
			put(t, e, fmt.Sprint("timed", i), 100, later)
			put(t, e, fmt.Sprint("alive", i), 100, 0)
		}
		for i := range 400 {
			if !v.Admit(ctx, 100) {
				t.Fatalf("%s: write %d was refused", p.Name, i)
			}
			put(t, e, fmt.Sprint("new", i), 100, 0)
			v.Release(100)
		}
		if v.Stats().Evicted.Load() != 0 || v.Stats().Expired.Load() != 400 {
			t.Errorf("%s: %d keys were evicted, %d had expired", p.Name, v.Stats().Evicted.Load(), v.Stats().Expired.Load())
		}
		if room := v.Admit(ctx, 100); room != p.Evicts() {
			t.Errorf("%s: with live keys only, a write is let in: %v", p.Name, room)
		}
	}
}

// One write may need the room of many expired keys, and where that is not enough it is refused.
func TestManyDieForOne(t *testing.T) {
	e, v, _ := limited("noeviction", 100_000)
	for i := range 500 {
		put(t, e, fmt.Sprint("dead", i), 100, 1)
	}
	put(t, e, "alive", 50_000, 0)
	if !v.Admit(ctx, 40_000) {
		t.Fatal("refused")
	}
	if n := v.Stats().Expired.Load(); n < 400 || n > 450 {
		t.Errorf("%d expired keys were removed for the room of 400", n)
	}
	v.Release(40_000)
	if v.Admit(ctx, 60_000) || !has(t, e, "alive") {
		t.Error("room was found where a live key is")
	}
	if !v.Admit(ctx, 50_000) {
		t.Error("refused what all the expired keys make room for")
	}
}

// Many writers share what expired keys make room for: all are let in, and the limit holds.
func TestWritersShareTheRoomOfTheDead(t *testing.T) {
	e, v, _ := limited("noeviction", 100_000)
	for i := range 1000 {
		put(t, e, fmt.Sprint("dead", i), 100, 1)
	}
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := range 62 {
				if !v.Admit(ctx, 100) {
					t.Error("refused")
					return
				}
				put(t, e, fmt.Sprint(w, "-", i), 100, 0)
				v.Release(100)
			}
		})
	}
	all.Wait()
	if used := v.Used(); used > 100_000 {
		t.Errorf("%d bytes are used", used)
	}
}
