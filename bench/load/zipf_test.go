package load

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestZipfSharesFollowOneOverRank(t *testing.T) {
	const ranks, draws = 1000, 1_000_000
	z, r := NewZipf(ranks), rand.New(rand.NewPCG(7, 7))
	seen, harmonic := make([]float64, ranks), 0.0
	for k := range ranks {
		harmonic += 1 / float64(k+1)
	}
	for range draws {
		seen[z.Draw(r)]++
	}
	for _, k := range []int{0, 1, 9, 99, 999} {
		want := draws / harmonic / float64(k+1)
		if math.Abs(seen[k]-want) > 6*math.Sqrt(want) {
			t.Errorf("rank %d: drawn %v times, expected about %v", k, seen[k], want)
		}
	}
}

func TestZipfKeysAreAllDifferent(t *testing.T) {
	for _, n := range []int{1, 10, 500_000} {
		seen := make([]bool, n)
		for rank := range n {
			key := Scattered(rank, n)
			if seen[key] {
				t.Fatalf("of %d keys, key %d stands for two ranks", n, key)
			}
			seen[key] = true
		}
	}
}
