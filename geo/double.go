package geo

import "math"

// double is an unevaluated sum of two floats, some 106 bits: enough that rounding it once at the end gives the nearest
// float. lo is below half a unit in hi's last place. Products are converted, so that no compiler joins them with a sum.
type double struct{ hi, lo float64 }

// sum is a+b exactly.
func sum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

// product is a*b exactly.
func product(a, b float64) double {
	p := float64(a * b)
	return double{p, math.FMA(a, b, -p)}
}

func (d double) neg() double { return double{-d.hi, -d.lo} }

func (d double) plus(e double) double {
	s, t := sum(d.hi, e.hi), sum(d.lo, e.lo)
	s = sum(s.hi, s.lo+t.hi)
	return sum(s.hi, s.lo+t.lo)
}

func (d double) times(e double) double {
	p := product(d.hi, e.hi)
	return sum(p.hi, p.lo+(float64(d.hi*e.lo)+float64(d.lo*e.hi)))
}

// float is the nearest float.
func (d double) float() float64 { return d.hi + d.lo }
