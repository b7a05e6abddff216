package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreWithinOnePercent(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h, other Hist
	var all []float64
	for i := range 100_000 {
		ns := int64(math.Exp(r.Float64() * 20))
		all = append(all, float64(ns)/1e3)
		if i%2 == 0 {
			h.Add(time.Duration(ns))
		} else {
			other.Add(time.Duration(ns))
		}
	}
	h.Merge(&other)
	slices.Sort(all)
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 0.999} {
		want, got := QuantileOf(all, q), h.Quantile(q)
		if math.Abs(got-want) > 0.01*want+0.001 {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
	if h.Max() != all[len(all)-1] || h.Count() != int64(len(all)) {
		t.Errorf("max %v count %d", h.Max(), h.Count())
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 4}, 4}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := Median(c.in); got != c.want {
			t.Errorf("median of %v: %v", c.in, got)
		}
	}
}
