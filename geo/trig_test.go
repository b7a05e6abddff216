package geo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"larder/store/storetest"
)

// precise sums the series of sin and cos with 300 bits.
func precise(x *big.Float) (s, c *big.Float) {
	wide := func(v int64) *big.Float { return new(big.Float).SetPrec(300).SetInt64(v) }
	term := wide(1)
	sums := [2]*big.Float{wide(0), wide(0)}
	for i := int64(0); i < 60; i++ {
		at := sums[i%2]
		if i%4 < 2 {
			at.Add(at, term)
		} else {
			at.Sub(at, term)
		}
		term = new(big.Float).SetPrec(300).Mul(term, x)
		term.Quo(term, wide(i+1))
	}
	return sums[1], sums[0]
}

func TestFunctionsRoundToTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wide := func(x float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(x) }
	for i := range storetest.Times(3000, 20_000) {
		x := (r.Float64()*2 - 1) * math.Pi
		if i%4 == 0 {
			x = float64(r.IntN(5)-2)*math.Pi/2 + (r.Float64()-0.5)*math.Pow(2, -float64(r.IntN(55)))
		}
		s, c := precise(wide(x))
		if want, _ := s.Float64(); sin(x) != want {
			t.Errorf("sin(%v) = %v, want %v", x, sin(x), want)
		}
		if want, _ := c.Float64(); cos(x) != want {
			t.Errorf("cos(%v) = %v, want %v", x, cos(x), want)
		}
		y := r.Float64()
		if i%3 == 0 {
			y = 1 - math.Pow(2, -50*y)
		} else if i%3 == 1 {
			y = math.Pow(2, -50*y)
		}
		checkArc(t, y)
	}
	for _, y := range []float64{0, 0.5, 1} {
		if asin(y) != math.Asin(y) {
			t.Errorf("asin(%v) = %v", y, asin(y))
		}
	}
}

// checkArc holds asin between the two floats halfway to its neighbours, whose sines must lie around y.
func checkArc(t *testing.T, y float64) {
	t.Helper()
	a := asin(y)
	want := new(big.Float).SetPrec(300).SetFloat64(y)
	half := func(b float64) *big.Float {
		m := new(big.Float).SetPrec(300).SetFloat64(a)
		m.Add(m, new(big.Float).SetFloat64(b))
		m.Quo(m, new(big.Float).SetInt64(2))
		s, _ := precise(m)
		return s
	}
	low, high := half(math.Nextafter(a, -1)), half(math.Nextafter(a, 2))
	if low.Cmp(want) > 0 || math.Nextafter(a, 2) < math.Pi/2 && high.Cmp(want) < 0 {
		t.Errorf("asin(%v) = %v is not the nearest", y, a)
	}
}

func BenchmarkDistance(b *testing.B) {
	for b.Loop() {
		Distance(Point{13.361389, 38.115556}, Point{15.087269, 37.502669})
	}
}
