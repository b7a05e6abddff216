package reply

import (
	"math"
	"strconv"
)

// AppendFloat writes f as Redis 7.2's d2string does: integers plainly, everything else
// in the shortest digits that read back as f, scientific only far from the point.
// (7.0 printed 17 digits: 3.2999999999999998 where 7.2 says 3.3.)
func AppendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0"...)
	case f == math.Trunc(f) && math.Abs(f) <= 1<<62:
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return appendShortest(dst, f)
}

// appendShortest lays out the shortest digits by the rules of fpconv's emit_digits.
func appendShortest(dst []byte, f float64) []byte {
	var room [32]byte
	digits, point := shortestDigits(room[:0], math.Abs(f))
	if f < 0 {
		dst = append(dst, '-')
	}
	n := len(digits)
	k := point - n // the number is digits * 10^k
	exp := k + n - 1
	magnitude := max(exp, -exp)
	switch {
	case k >= 0 && magnitude < n+7:
		dst = append(dst, digits...)
		return appendZeros(dst, k)
	case k < 0 && (k > -7 || magnitude < 4):
		return appendDecimal(dst, digits, point)
	}
	return appendScientific(dst, digits, exp)
}

func appendDecimal(dst, digits []byte, point int) []byte {
	if point <= 0 {
		dst = appendZeros(append(dst, "0."...), -point)
		return append(dst, digits...)
	}
	dst = append(dst, digits[:point]...)
	dst = append(dst, '.')
	return append(dst, digits[point:]...)
}

func appendScientific(dst, digits []byte, exp int) []byte {
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'e')
	if exp >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(exp), 10)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

// shortestDigits returns f's shortest digits d1d2... and the power of ten of the
// point: f = 0.d1d2... * 10^point.
func shortestDigits(room []byte, f float64) (digits []byte, point int) {
	e := strconv.AppendFloat(room, f, 'e', -1, 64) // d.ddde±xx
	for i, c := range e {
		if c != 'e' {
			continue
		}
		exp, _ := strconv.Atoi(string(e[i+1:]))
		digits = e[:i]
		if i > 1 {
			copy(e[1:], e[2:i])
			digits = e[:i-1]
		}
		return digits, exp + 1
	}
	return e, len(e)
}
