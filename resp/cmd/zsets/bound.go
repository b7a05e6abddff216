package zsets

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"larder/resp/arg"
	"larder/store"
)

const (
	badScoreRange = "min or max is not a float"
	badLexRange   = "min or max not valid string range item"
)

// scoreBound reads "1.5", "(1.5", "-inf". Unlike scores elsewhere these go through strtod
// without further checks: leading spaces, nothing at all and overflow are fine, and a NUL ends them.
func scoreBound(b []byte) (store.Bound, bool) {
	bound := store.Bound{Edge: store.Inclusive}
	if len(b) > 0 && b[0] == '(' {
		bound.Edge = store.Exclusive
		b = b[1:]
	}
	b, _, _ = bytes.Cut(b, []byte{0})
	if len(b) == 0 {
		return bound, true
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	f, ok := arg.ParseFloat(b)
	if !ok {
		f, ok = overflowed(b)
	}
	bound.Score = f
	return bound, ok
}

func overflowed(b []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(b), 64)
	return f, math.IsInf(f, 0) && errors.Is(err, strconv.ErrRange)
}

// scoreBounds reads the two ends of a range by score.
func scoreBounds(low, high []byte) (lo, hi store.Bound, err error) {
	lo, okLow := scoreBound(low)
	hi, okHigh := scoreBound(high)
	if !okLow || !okHigh {
		return lo, hi, store.Invalid(badScoreRange)
	}
	return lo, hi, nil
}

// lexRange reads the two ends of a range by member: "[a", "(a", "-" and "+".
func lexRange(low, high []byte) (store.LexRange, error) {
	var r store.LexRange
	lo, okLow := lexBound(low)
	hi, okHigh := lexBound(high)
	if !okLow || !okHigh {
		return r, store.Invalid(badLexRange)
	}
	r.Min, r.Max = lo, hi
	r.None = low[0] == '+' || high[0] == '-'
	return r, nil
}

func lexBound(b []byte) (store.Bound, bool) {
	if len(b) == 0 {
		return store.Bound{}, false
	}
	switch b[0] {
	case '[':
		return store.Bound{Edge: store.Inclusive, Field: b[1:]}, true
	case '(':
		return store.Bound{Edge: store.Exclusive, Field: b[1:]}, true
	case '-', '+':
		return store.Bound{}, len(b) == 1
	}
	return store.Bound{}, false
}
