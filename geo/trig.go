package geo

import "math"

// Redis stores distances (STOREDIST) with all their digits, as its C library computes them, which rounds sines, cosines
// and arc sines to the nearest float but for one in seven hundred. Package math is one unit off more often. So these
// are computed to some 65 bits and rounded once.

// halfPi is a quarter turn to 159 bits.
const (
	halfPi1 = 0x1.921fb54442d18p+0
	halfPi2 = 0x1.1a62633145c07p-54
	halfPi3 = -0x1.f1976b7ed8fbcp-110
)

// quarters splits an angle of a few turns at most into quarter turns and a rest within an eighth of a turn.
func quarters(x float64) (k int, rest double) {
	n := math.RoundToEven(x / halfPi1)
	if n == 0 {
		return 0, double{hi: x}
	}
	rest = sum(x, 0)
	for _, part := range [...]float64{halfPi1, halfPi2, halfPi3} {
		rest = rest.plus(product(n, part).neg())
	}
	return int(n), rest
}

// sinNear is the Taylor series about 0. What is left to plain floats is below 2^-14 of the result.
func sinNear(r double) double {
	z := r.times(r)
	tail := horner(z.hi, 1.0/355687428096000, -1.0/1307674368000, 1.0/6227020800, -1.0/39916800, 1.0/362880, -1.0/5040)
	t := z.times(double{hi: tail}).plus(double{0x1.1111111111111p-7, 0x1.1111111111111p-63})
	t = z.times(t).plus(double{-0x1.5555555555555p-3, -0x1.5555555555555p-57})
	return r.plus(r.times(z).times(t))
}

// horner evaluates a polynomial, highest coefficient first.
func horner(x float64, coefficients ...float64) float64 {
	v := 0.0
	for _, c := range coefficients {
		v = float64(v*x) + c
	}
	return v
}

func cosNear(r double) double {
	z := r.times(r)
	tail := horner(z.hi, -1.0/6402373705728000, 1.0/20922789888000, -1.0/87178291200, 1.0/479001600, -1.0/3628800,
		1.0/40320)
	t := z.times(double{hi: tail}).plus(double{-0x1.6c16c16c16c17p-10, 0x1.f49f49f49f49fp-65})
	t = z.times(t).plus(double{0x1.5555555555555p-5, 0x1.5555555555555p-59})
	t = z.times(t).plus(double{hi: -0.5})
	return double{hi: 1}.plus(z.times(t))
}

func turned(k int, r double) double {
	switch k & 3 {
	case 0:
		return sinNear(r)
	case 1:
		return cosNear(r)
	case 2:
		return sinNear(r).neg()
	}
	return cosNear(r).neg()
}

// sin, cos and asin round to the nearest float, for angles of a few turns at most.
func sin(x float64) float64 {
	k, r := quarters(x)
	return turned(k, r).float()
}

func cos(x float64) float64 {
	k, r := quarters(x)
	return turned(k+1, r).float()
}

func asin(x float64) float64 {
	if !(x > 0 && x < 1) {
		return math.Asin(x)
	}
	if x <= 0.5 {
		return asinNear(double{hi: x}).float()
	}
	z := (1 - x) / 2 // exact
	root := math.Sqrt(z)
	a := asinNear(sum(root, -math.FMA(root, root, -z)/(2*root)))
	return double{halfPi1, halfPi2}.plus(double{-2 * a.hi, -2 * a.lo}).float()
}

// asinNear is one step of Newton's from the library's value, whose error its square makes vanish. x is at most 1/2:
// beyond, the slope would spoil it.
func asinNear(x double) double {
	y := math.Asin(x.hi)
	k, r := quarters(y)
	gap := x.plus(turned(k, r).neg())
	return sum(y, gap.float()/math.Cos(y))
}
