package hll

import (
	"math"
	"strconv"
)

func (o op) appendTo(text []byte) []byte {
	switch {
	case o.value > 0:
		text = append(text, "v:"...)
		text = strconv.AppendInt(text, int64(o.value), 10)
		text = append(text, ',')
	case o.size == 2:
		text = append(text, "Z:"...)
	default:
		text = append(text, "z:"...)
	}
	return append(strconv.AppendInt(text, int64(o.run), 10), ' ')
}

// Union estimates the count of what several sketches hold together, whose registers were joined.
func Union(all *[Registers]uint8) uint64 {
	var counts [1 << registerBits]int
	for _, v := range all {
		counts[v&(1<<registerBits-1)]++
	}
	return estimate(&counts)
}

// estimate is the estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
// (arXiv:1702.01284), from the number of registers of each value. Products are converted, so that no compiler joins
// them with a sum: the digits are Redis's.
func estimate(counts *[1 << registerBits]int) uint64 {
	const m = float64(Registers)
	z := m * tau((m-float64(counts[hashBits+1]))/m)
	for j := hashBits; j >= 1; j-- {
		z += float64(counts[j])
		z *= 0.5
	}
	z += float64(m * sigma(float64(counts[0])/m))
	const alpha = 0.721347520444481703680 // 1 / (2 ln 2)
	return uint64(math.Round(float64(float64(alpha)*m*m) / z))
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for last := math.NaN(); z != last; {
		x = math.Sqrt(x)
		last = z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
	}
	return z / 3
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for last := math.NaN(); z != last; {
		x *= x
		last = z
		z += float64(x * y)
		y += y
	}
	return z
}
