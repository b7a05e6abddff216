package store

import (
	"math"
	"strconv"
)

// Errors that counting in strings can give.
var (
	errNotInteger = Invalid("value is not an integer or out of range")
	errNotFloat   = Invalid("value is not a valid float")
	errOverflow   = Invalid("increment or decrement would overflow")
	errNotFinite  = Invalid("increment would produce NaN or Infinity")
)

// Add adds n to the decimal number the string holds, 0 if it is absent, and returns the sum.
func (b *Blob) Add(n int64) (int64, error) {
	value, ok := int64(0), true
	if b.Exists() {
		value, ok = ParseInteger(b.head().Value)
	}
	if !ok {
		return 0, errNotInteger
	}
	if n < 0 && value < math.MinInt64-n || n > 0 && value > math.MaxInt64-n {
		return 0, errOverflow
	}
	value += n
	digits := strconv.AppendInt(b.number[:0], value, 10)
	return value, putString(b.tx, b.key(), digits,
		Head{Encoding: uint8(EncodingInt), ExpireAt: b.head().ExpireAt, Notes: b.head().Notes})
}

// AddFloat is Add for long doubles; it returns the new content. by is the increment's text.
func (b *Blob) AddFloat(by []byte) (string, error) {
	value, err := b.longDouble()
	if err != nil {
		return "", err
	}
	increment, ok := ParseLongDouble(by)
	if !ok {
		return "", errNotFloat
	}
	sum, ok := value.Plus(increment)
	if !ok {
		return "", errNotFinite
	}
	text := sum.String()
	h := Head{Encoding: uint8(textEncoding(len(text))), ExpireAt: b.head().ExpireAt, Notes: b.head().Notes}
	return text, putString(b.tx, b.key(), []byte(text), h)
}

// ParseInteger reads the canonical decimal form of an int64: what Redis keeps as an integer.
func ParseInteger(b []byte) (int64, bool) {
	if !canonicalInteger(b) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// canonicalInteger is also there so that ParseInt allocates an error for hardly any value.
func canonicalInteger(b []byte) bool {
	if len(b) == 1 && b[0] == '0' {
		return true
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 || b[0] == '0' {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// embeddedMax is the longest string Redis embeds into its object header.
const embeddedMax = 44

func stringEncoding(value []byte) Encoding {
	if _, ok := ParseInteger(value); ok {
		return EncodingInt
	}
	return textEncoding(len(value))
}

func textEncoding(n int) Encoding {
	if n <= embeddedMax {
		return EncodingEmbstr
	}
	return EncodingRaw
}
