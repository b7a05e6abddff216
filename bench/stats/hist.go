// Package stats holds the two statistics of this benchmark: latency percentiles and the median of rounds.
package stats

import (
	"math/bits"
	"slices"
	"time"
)

const subBits = 7 // 128 steps for each doubling: a bucket is less than 1% wide

// Hist counts durations in buckets less than 1% wide; the largest one is kept exactly.
// The zero value is ready. One goroutine at a time; each worker keeps its own and they are merged.
type Hist struct {
	buckets [(64 - subBits + 1) << subBits]int64
	count   int64
	max     int64
}

// Add counts one duration; negative ones count as zero.
func (h *Hist) Add(d time.Duration) {
	ns := max(int64(d), 0)
	h.buckets[bucketOf(uint64(ns))]++
	h.count++
	h.max = max(h.max, ns)
}

// Merge adds everything other has counted.
func (h *Hist) Merge(other *Hist) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.max = max(h.max, other.max)
}

// Count is the number of durations added.
func (h *Hist) Count() int64 { return h.count }

// Max is the longest duration in microseconds, exactly.
func (h *Hist) Max() float64 { return float64(h.max) / 1e3 }

// Quantile is the duration in microseconds below which the share q (0 to 1) lies; 0 if nothing was added.
func (h *Hist) Quantile(q float64) float64 {
	rank := int64(q * float64(h.count))
	for i, n := range h.buckets {
		if rank < n {
			return min(float64(floorOf(i)+floorOf(i+1))/2, float64(h.max)) / 1e3
		}
		rank -= n
	}
	return h.Max()
}

// bucketOf keeps the top subBits+1 bits of ns: values below 2^subBits have a bucket of their own.
func bucketOf(ns uint64) int {
	shift := max(bits.Len64(ns)-subBits-1, 0)
	return shift<<subBits + int(ns>>shift)
}

// floorOf is the smallest value of a bucket.
func floorOf(i int) uint64 {
	shift := max(i>>subBits-1, 0)
	return uint64(i-shift<<subBits) << shift
}

// Median is the middle value, or the mean of the two middle ones; 0 of nothing.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// QuantileOf is Quantile of values that are already sorted.
func QuantileOf(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
