// Package load drives a server: redis-benchmark for the usual rows, and a generator of our own for what it cannot do.
package load

import (
	"math/rand/v2"
	"sort"
)

// Zipf draws ranks 0..n-1 where rank k comes with a share of 1/(k+1)^1. math/rand's Zipf needs an
// exponent above 1. It is the inverse of the exact cumulated shares: 8 bytes a rank, about 20 steps a draw.
// Read-only once made, so any number of goroutines may draw, each with its own source.
type Zipf struct{ below []float64 }

// NewZipf makes a law over n ranks; n must be positive.
func NewZipf(n int) *Zipf {
	below, sum := make([]float64, n), 0.0
	for k := range below {
		sum += 1 / float64(k+1)
		below[k] = sum
	}
	return &Zipf{below: below}
}

// Draw returns the next rank.
func (z *Zipf) Draw(r *rand.Rand) int {
	last := len(z.below) - 1
	return min(sort.SearchFloat64s(z.below, r.Float64()*z.below[last]), last)
}

// scatter is prime and larger than any key space here, so rank*scatter mod n visits each key once
// and the popular keys are no neighbours.
const scatter = 2_147_483_647

// Key is the key number of a drawn rank.
func (z *Zipf) Key(r *rand.Rand) int { return Scattered(z.Draw(r), len(z.below)) }

// Scattered is the i-th of n numbers in an order in which neighbours are far apart: i from 0 to n-1 gives each once.
func Scattered(i, n int) int { return i % n * scatter % n }
