package syntax

import (
	"math"
	"strconv"
	"strings"
)

// ParseNumber reads a number as Lua 5.1 does with C's strtod: space around it, a sign,
// hexadecimal, inf and nan are taken; anything behind it is not.
func ParseNumber(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	body := strings.TrimLeft(s, "+-")
	if body == "" || len(s)-len(body) > 1 || strings.ContainsRune(body, '_') {
		return 0, false
	}
	negative := s[0] == '-'
	f, ok := parseUnsigned(body)
	if negative {
		f = -f
	}
	return f, ok
}

func parseUnsigned(body string) (float64, bool) {
	lower := strings.ToLower(body)
	switch {
	case lower == "nan":
		return math.Abs(math.NaN()), true
	case strings.HasPrefix(lower, "0x"):
		return parseHex(lower)
	case lower == "inf" || lower == "infinity":
		return math.Inf(1), true
	case lower[0] != '.' && (lower[0] < '0' || lower[0] > '9'):
		return 0, false
	}
	f, err := strconv.ParseFloat(lower, 64)
	return f, err == nil || isRange(err)
}

func parseHex(lower string) (float64, bool) {
	if !strings.ContainsRune(lower, 'p') {
		lower += "p0"
	}
	f, err := strconv.ParseFloat(lower, 64)
	return f, err == nil || isRange(err)
}

// isRange is strtod's ERANGE: the value is still the nearest one.
func isRange(err error) bool {
	n, ok := err.(*strconv.NumError)
	return ok && n.Err == strconv.ErrRange
}
