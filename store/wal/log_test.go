// Appending waits for an fsync when too many records are not synced. Faults, segments and recovery are in the files
// beside this one.
package wal

import "testing"

// TestLogIsHeldUp has one of two shards keep the oldest segment: that one should settle, and no other.
func TestLogIsHeldUp(t *testing.T) {
	l := New(t.TempDir(), 2, Options{SegmentBytes: 1 << 10})
	if err := l.beginFresh(1); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const limit = 4 << 10
	write := func(n int) {
		t.Helper()
		for range n {
			if _, err := l.Append(make([]byte, 500), Grows); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := func(when string, shards ...bool) {
		t.Helper()
		for i, held := range shards {
			if got := l.HeldUp(i, limit); got != held {
				t.Errorf("%s: shard %d holds the log up: %v", when, i, got)
			}
		}
	}
	write(5)
	want("below the limit", false, false)
	write(10)
	want("beyond the limit", true, true)
	l.Settled(0, l.Last())
	want("after the first has settled", false, true)
	l.Settled(1, l.Last())
	want("after both have", false, false)
	if n := len(l.segments); n != 1 {
		t.Errorf("%d segments are left", n)
	}
}
