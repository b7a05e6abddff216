package stat

import (
	"math/bits"
	"sync/atomic"
	"time"
)

const (
	subBits = 3             // 8 steps for each doubling: values within 12.5%
	buckets = 31 << subBits // up to about 2^33 ns x 8
	maxNano = 1 << 33       // 8.6 s; longer is counted there
)

// Histogram counts durations in steps of 12.5%, in fixed memory. For any goroutine;
// the buckets are made when the first value comes, as most commands are never called.
type Histogram struct {
	counts atomic.Pointer[[buckets]atomic.Int64]
	total  atomic.Int64
}

// Record counts one duration.
func (h *Histogram) Record(d time.Duration) {
	counts := h.counts.Load()
	if counts == nil {
		h.counts.CompareAndSwap(nil, new([buckets]atomic.Int64))
		counts = h.counts.Load()
	}
	counts[bucketOf(uint64(max(d, 0)))].Add(1)
	h.total.Add(1)
}

// Total is the number of durations recorded.
func (h *Histogram) Total() int64 { return h.total.Load() }

// Reset forgets all durations.
func (h *Histogram) Reset() {
	h.counts.Store(nil)
	h.total.Store(0)
}

// Percentile returns the duration that p percent of the recorded ones do not exceed.
func (h *Histogram) Percentile(p float64) time.Duration {
	counts := h.counts.Load()
	if counts == nil {
		return 0
	}
	want := int64(p / 100 * float64(h.total.Load()))
	var seen int64
	last := 0
	for i := range counts {
		n := counts[i].Load()
		if n == 0 {
			continue
		}
		last = i
		if seen += n; seen >= max(want, 1) {
			break
		}
	}
	return time.Duration(upperEdge(last))
}

// Powers returns, for each power of two of microseconds up to the largest seen, how many
// durations were not longer: LATENCY HISTOGRAM's cumulative map. Pairs of (µs, count).
func (h *Histogram) Powers() [][2]int64 {
	counts := h.counts.Load()
	if counts == nil {
		return nil
	}
	var rows [][2]int64
	var seen int64
	total, next := h.total.Load(), 0
	for micros := int64(1); seen < total && micros <= maxNano/1000*2; micros *= 2 {
		before := seen
		for next < buckets && int64(upperEdge(next)) <= micros*1024 {
			seen += counts[next].Load()
			next++
		}
		if seen > before {
			rows = append(rows, [2]int64{micros, seen})
		}
	}
	return rows
}

func bucketOf(nano uint64) int {
	nano = min(nano, maxNano-1)
	if nano < 1<<subBits {
		return int(nano)
	}
	shift := bits.Len64(nano) - subBits - 1
	return (shift+1)<<subBits + int(nano>>shift)&(1<<subBits-1)
}

// upperEdge is the largest duration a bucket counts, in nanoseconds.
func upperEdge(i int) uint64 {
	if i < 1<<subBits {
		return uint64(i)
	}
	shift := i>>subBits - 1
	return (uint64(1<<subBits+i&(1<<subBits-1))+1)<<shift - 1
}
