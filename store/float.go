package store

import (
	"math/big"
	"strings"
)

// LongDouble is the number INCRBYFLOAT and HINCRBYFLOAT count with: an x87 extended double,
// 64 bits of mantissa and 15 of exponent, because Redis uses C's long double and its
// digits show. It is a value; nobody shares it.
type LongDouble struct {
	f *big.Float // nil is zero
}

const (
	longDoublePrec = 64
	// With the mantissa in [0.5, 1), as math/big has it.
	longDoubleMaxExp = 16384
	longDoubleMinExp = -16445 // of the smallest denormal, rounded up to
	// MaxLongDoubleText is the length from which Redis does not read a number (MAX_LONG_DOUBLE_CHARS).
	MaxLongDoubleText = 5 * 1024
)

// ParseLongDouble reads all of b as strtold does, but like Redis refuses leading space, nan, and what
// is too large or too small to hold. Infinity is a number here.
func ParseLongDouble(b []byte) (LongDouble, bool) {
	if len(b) == 0 || len(b) >= MaxLongDoubleText {
		return LongDouble{}, false
	}
	text, negative := strings.ToLower(string(b)), false
	if text[0] == '-' || text[0] == '+' {
		text, negative = text[1:], text[0] == '-'
	}
	f := parseUnsigned(text)
	if f == nil {
		return LongDouble{}, false
	}
	if negative {
		f.Neg(f)
	}
	return LongDouble{f}, true
}

func parseUnsigned(text string) *big.Float {
	switch {
	case text == "inf" || text == "infinity":
		return new(big.Float).SetInf(false)
	case strings.HasPrefix(text, "0x"):
		return parseHexadecimal(text)
	}
	return parseDecimal(text)
}

// parseHexadecimal leaves the grammar to math/big, which also takes underscores and other bases.
func parseHexadecimal(text string) *big.Float {
	if strings.ContainsRune(text, '_') {
		return nil
	}
	f, _, err := big.ParseFloat(text, 0, longDoublePrec, big.ToNearestEven)
	if err != nil {
		return nil
	}
	return inRangeOrNil(f)
}

// parseDecimal divides two exact integers, so that the result is rounded once.
func parseDecimal(text string) *big.Float {
	mantissa, exponent, ok := splitExponent(text)
	if !ok {
		return nil
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if len(whole)+len(fraction) == 0 || !onlyDigits(whole) || !onlyDigits(fraction) {
		return nil
	}
	if digits == "" {
		return newExtended()
	}
	// Bounded before any power of ten is computed: 1e999999999 must cost nothing.
	if magnitude := len(digits) - len(fraction) + exponent; magnitude > 5000 || magnitude < -5000 {
		return nil
	}
	n, _ := new(big.Int).SetString(digits, 10)
	return inRangeOrNil(scaleByTen(n, exponent-len(fraction)))
}

func newExtended() *big.Float { return new(big.Float).SetPrec(longDoublePrec) }

func scaleByTen(n *big.Int, exponent int) *big.Float {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	if exponent >= 0 {
		return newExtended().SetInt(n.Mul(n, power))
	}
	return newExtended().Quo(new(big.Float).SetInt(n), new(big.Float).SetInt(power))
}

// splitExponent cuts "1.5e-7" into "1.5" and -7. Exponents out of all reason are clamped.
func splitExponent(text string) (mantissa string, exponent int, ok bool) {
	mantissa, digits, found := strings.Cut(text, "e")
	if !found {
		return mantissa, 0, true
	}
	sign := 1
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		if digits[0] == '-' {
			sign = -1
		}
		digits = digits[1:]
	}
	if digits == "" || !onlyDigits(digits) {
		return "", 0, false
	}
	for _, c := range digits {
		exponent = min(exponent*10+int(c-'0'), 1<<20)
	}
	return mantissa, sign * exponent, true
}

func onlyDigits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// inRangeOrNil is strtold's ERANGE.
func inRangeOrNil(f *big.Float) *big.Float {
	if f.Sign() == 0 {
		return f
	}
	if e := f.MantExp(nil); f.IsInf() || e > longDoubleMaxExp || e < longDoubleMinExp {
		return nil
	}
	return f
}

func (d LongDouble) float() *big.Float {
	if d.f == nil {
		return newExtended()
	}
	return d.f
}

// Plus adds two numbers; ok is false when the sum is not finite.
func (d LongDouble) Plus(other LongDouble) (sum LongDouble, ok bool) {
	a, b := d.float(), other.float()
	if a.IsInf() || b.IsInf() {
		return LongDouble{}, false
	}
	f := newExtended().Add(a, b)
	if f.MantExp(nil) > longDoubleMaxExp {
		return LongDouble{}, false
	}
	return LongDouble{f}, true
}

// Minus subtracts a number; ok is false when the difference is not finite.
func (d LongDouble) Minus(other LongDouble) (LongDouble, bool) {
	return d.Plus(LongDouble{newExtended().Neg(other.float())})
}

// Compare is negative, zero or positive as d is below, equal to or above other.
func (d LongDouble) Compare(other LongDouble) int { return d.float().Cmp(other.float()) }

// Float64 is the nearest double.
func (d LongDouble) Float64() float64 {
	f, _ := d.float().Float64()
	return f
}

// LargestLongDouble is the largest finite number, LDBL_MAX of C; negative, the lowest.
func LargestLongDouble(negative bool) LongDouble {
	mantissa := newExtended().SetUint64(1<<64 - 1)
	f := newExtended().SetMantExp(mantissa, longDoubleMaxExp-longDoublePrec)
	if negative {
		f.Neg(f)
	}
	return LongDouble{f}
}

func (d LongDouble) infinite() bool { return d.f != nil && d.f.IsInf() }

// String is Redis's human form of a finite number: "%.17Lf" without trailing zeros.
func (d LongDouble) String() string {
	s := strings.TrimRight(d.float().Text('f', 17), "0")
	s = strings.TrimSuffix(s, ".")
	if s == "-0" {
		return "0"
	}
	return s
}
