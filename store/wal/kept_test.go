package wal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestKeptFollowsAList adds records of all sizes and drops them in portions, and compares with a list.
func TestKeptFollowsAList(t *testing.T) {
	type record struct {
		lsn     uint64
		payload []byte
	}
	var (
		k    kept
		want []record
		next = uint64(1)
	)
	draw := rand.New(rand.NewPCG(5, 6))
	for step := range 8_000 {
		switch draw.IntN(40) {
		case 0, 1: // all, or some, or none: a new segment may have been synced before an fsync ends that began earlier
			upTo := next - 1
			if n := len(want); n > 0 && draw.IntN(2) == 0 {
				upTo = want[draw.IntN(n)].lsn
			} else if draw.IntN(2) == 0 {
				upTo = next - 1 - draw.Uint64N(min(next, 30))
			}
			k.drop(upTo)
			for len(want) > 0 && want[0].lsn <= upTo {
				want = want[1:]
			}
		default:
			n := draw.IntN(30_000)
			if draw.IntN(200) == 0 {
				n += keptBlockBytes
			}
			r := record{next, bytes.Repeat([]byte{byte(next)}, n)}
			k.add(r.lsn, r.payload)
			want = append(want, r)
			next += 1 + draw.Uint64N(3)
		}
		at, size := 0, 0
		for lsn, payload := range k.all() {
			if at == len(want) || lsn != want[at].lsn || !alike(payload, want[at].payload) {
				t.Fatalf("step %d: record %d is number %d with %d bytes; %d are wanted", step, at, lsn, len(payload), len(want))
			}
			at, size = at+1, size+keptHeaderBytes+len(payload)
		}
		if at != len(want) || size != k.size {
			t.Fatalf("step %d: %d records of %d, in %d bytes where size says %d", step, at, len(want), size, k.size)
		}
		if got, first := k.first(next), append(want, record{lsn: next})[0].lsn; got != first {
			t.Fatalf("step %d: the first is %d, want %d", step, got, first)
		}
	}
}

// alike compares what payloads of one byte again and again can differ in.
func alike(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || a[0] == b[0] && a[len(a)-1] == b[0])
}

// TestKeptAllocates adds and drops as the log does with appendfsync always: nothing is allocated.
func TestKeptAllocates(t *testing.T) {
	var k kept
	payload, lsn := fmt.Append(nil, "a record"), uint64(0)
	if n := testing.AllocsPerRun(1000, func() {
		for range 20 {
			lsn++
			k.add(lsn, payload)
		}
		k.drop(lsn)
	}); n > 0 {
		t.Fatalf("%v allocations for twenty records", n)
	}
}

// TestKeptRecords adds records and drops those that were synced, in all proportions.
func TestKeptRecords(t *testing.T) {
	var k kept
	next, oldest := uint64(1), uint64(1)
	payload := func(lsn uint64) string { return string(make([]byte, lsn%7)) + string(rune('a'+lsn%26)) }
	for round := range 200 {
		for range round % 9 {
			k.add(next, []byte(payload(next)))
			next++
		}
		oldest = min(next, oldest+uint64(round%5))
		k.drop(oldest - 1)
		if k.first(next) != oldest {
			t.Fatalf("the oldest is %d, want %d", k.first(next), oldest)
		}
		want := oldest
		for lsn, p := range k.all() {
			if lsn != want || string(p) != payload(lsn) {
				t.Fatalf("record %d is %q, want record %d: %q", lsn, p, want, payload(want))
			}
			want++
		}
		if want != next {
			t.Fatalf("the records end before %d, want %d", want, next)
		}
	}
}
