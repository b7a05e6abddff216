package vm

import (
	"math"
	"strconv"
)

// FormatNumber is C's "%.14g", which is how Lua shows a number.
func FormatNumber(f float64) string {
	var room [32]byte
	return string(AppendNumber(room[:0], f))
}

// AppendNumber appends f as FormatNumber writes it.
func AppendNumber(dst []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1e14 && (f != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return AppendG(dst, f, 14)
}

// AppendG is C's "%.<precision>g".
func AppendG(dst []byte, f float64, precision int) []byte {
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return append(dst, "-nan"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', max(precision, 1), 64)
}

// Integer is C's conversion of a double to a 64-bit integer on the hardware Redis runs on:
// what does not fit becomes the smallest one.
func Integer(f float64) int64 {
	if f >= -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}
