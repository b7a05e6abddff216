package store

import (
	"math"
	"strconv"
)

// Add adds n to the decimal number in a field, 0 if it is absent, and returns the sum. The field expires when it did.
func (h *HashKey) Add(field []byte, n int64) (int64, error) {
	found, err := h.GetTimed(field)
	if err != nil {
		return 0, err
	}
	value, at, ok := int64(0), found[0].Score, true
	if found[0].Found {
		value, ok = ParseInteger(found[0].Value)
	}
	if !ok {
		return 0, Invalid("hash value is not an integer")
	}
	if n < 0 && value < math.MinInt64-n || n > 0 && value > math.MaxInt64-n {
		return 0, errOverflow
	}
	value += n
	_, err = h.Set(Item{Field: field, Value: strconv.AppendInt(nil, value, 10), Score: at})
	return value, err
}

// AddFloat is Add for long doubles; it returns the field's new value.
func (h *HashKey) AddFloat(field []byte, by LongDouble) (string, error) {
	found, err := h.GetTimed(field)
	if err != nil {
		return "", err
	}
	var value LongDouble
	if found[0].Found {
		var ok bool
		if value, ok = ParseLongDouble(found[0].Value); !ok {
			return "", Invalid("hash value is not a float")
		}
	}
	sum, ok := value.Plus(by)
	if !ok {
		return "", errNotFinite
	}
	text := sum.String()
	_, err = h.Set(Item{Field: field, Value: []byte(text), Score: found[0].Score})
	return text, err
}

// Finite reports whether d is not an infinity.
func (d LongDouble) Finite() bool { return !d.float().IsInf() }
