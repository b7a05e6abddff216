// Package arg reads a command's arguments in the order of its manual page. A Scanner
// keeps the first error and answers zero values after it, so that a handler reads like
// the grammar and asks for the error once.
package arg

import (
	"math"
	"strconv"

	"larder/store"
)

// Error texts of Redis that several commands share.
const (
	SyntaxError = "syntax error"
	NotInteger  = "value is not an integer or out of range"
	NotFloat    = "value is not a valid float"
)

// Scanner walks over arguments. It belongs to one handler call.
type Scanner struct {
	args [][]byte
	err  error
}

// New returns a scanner over args, the command's name not included.
func New(args [][]byte) Scanner { return Scanner{args: args} }

// Err is the first error met, nil if there was none. Unread arguments are no error: see End.
func (s *Scanner) Err() error { return s.err }

// Fail records an error whose text goes behind "ERR ", unless there is one already.
func (s *Scanner) Fail(message string) {
	if s.err == nil {
		s.err = store.Invalid(message)
	}
}

// Break records an error that is not about the arguments, unless there is one already.
func (s *Scanner) Break(err error) {
	if s.err == nil {
		s.err = err
	}
}

// More reports whether arguments are left and no error has occurred.
func (s *Scanner) More() bool { return s.err == nil && len(s.args) > 0 }

// Left is the number of unread arguments.
func (s *Scanner) Left() int { return len(s.args) }

// Peek returns the next argument without reading it, nil if there is none.
func (s *Scanner) Peek() []byte {
	if len(s.args) == 0 {
		return nil
	}
	return s.args[0]
}

// Rest reads all that is left.
func (s *Scanner) Rest() [][]byte {
	rest := s.args
	s.args = nil
	return rest
}

// Take reads the next n arguments; fewer are a syntax error.
func (s *Scanner) Take(n int) [][]byte {
	if n < 0 || n > len(s.args) {
		s.Fail(SyntaxError)
		return nil
	}
	taken := s.args[:n]
	s.args = s.args[n:]
	return taken
}

// Bytes reads one argument; none left is a syntax error.
func (s *Scanner) Bytes() []byte {
	if s.err != nil {
		return nil
	}
	if len(s.args) == 0 {
		s.Fail(SyntaxError)
		return nil
	}
	b := s.args[0]
	s.args = s.args[1:]
	return b
}

// String reads one argument as text.
func (s *Scanner) String() string { return string(s.Bytes()) }

// Word reads the next argument if it equals word, in any case.
func (s *Scanner) Word(word string) bool {
	if !s.More() || !Is(s.args[0], word) {
		return false
	}
	s.args = s.args[1:]
	return true
}

// WordWith is Word for an option that takes n arguments: like Redis, the option is only
// recognised when that many are left behind it.
func (s *Scanner) WordWith(word string, n int) bool {
	return len(s.args) > n && s.Word(word)
}

// Int reads an integer with Redis's strictness: no spaces, no plus sign, no leading zeros.
func (s *Scanner) Int() int64 { return s.IntOr(NotInteger) }

// IntOr is Int with its own error text.
func (s *Scanner) IntOr(message string) int64 {
	b := s.Bytes()
	if s.err != nil {
		return 0
	}
	n, ok := ParseInt(b)
	if !ok {
		s.Fail(message)
	}
	return n
}

// IntIn reads an integer from low to high, else the error is message.
func (s *Scanner) IntIn(low, high int64, message string) int64 {
	n := s.IntOr(message)
	if s.err == nil && (n < low || n > high) {
		s.Fail(message)
		return 0
	}
	return n
}

// Float reads a double as Redis does: inf and hexadecimal are taken, nan is not.
func (s *Scanner) Float() float64 { return s.FloatOr(NotFloat) }

// FloatOr is Float with its own error text.
func (s *Scanner) FloatOr(message string) float64 {
	b := s.Bytes()
	if s.err != nil {
		return 0
	}
	f, ok := ParseFloat(b)
	if !ok {
		s.Fail(message)
	}
	return f
}

// End fails with a syntax error if arguments are left, and returns the first error.
func (s *Scanner) End() error {
	if len(s.args) > 0 {
		s.Fail(SyntaxError)
	}
	return s.err
}

// Is reports whether b equals word but for the case of ASCII letters.
func Is(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// ParseInt is Redis's string2ll: the canonical decimal form of an int64 and nothing else.
func ParseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	if len(b) == 1 && '0' <= b[0] && b[0] <= '9' {
		return int64(b[0] - '0'), true
	}
	digits, negative := b, false
	if b[0] == '-' {
		digits, negative = b[1:], true
	}
	if len(digits) == 0 || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' || n > (math.MaxUint64-9)/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n <= math.MaxInt64
}

// ParseFloat is what Redis makes of strtod: the whole argument, no leading space, no nan.
func ParseFloat(b []byte) (float64, bool) {
	if len(b) == 0 || hasUnderscore(b) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !math.IsInf(f, 0) {
		return parseHexInteger(b)
	}
	// strtod overflows to HUGE_VAL with ERANGE, which Redis refuses; "inf" itself is fine.
	if err != nil || math.IsNaN(f) || f == 0 && underflown(b) {
		return 0, false
	}
	return f, true
}

// underflown reports whether a number that came out as zero was not written as zero: strtod
// calls that ERANGE too.
func underflown(b []byte) bool {
	for _, c := range b {
		if c == 'e' || c == 'E' || c == 'p' || c == 'P' {
			return false
		}
		if '1' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' {
			return true
		}
	}
	return false
}

func hasUnderscore(b []byte) bool {
	for _, c := range b {
		if c == '_' {
			return true
		}
	}
	return false
}

// parseHexInteger covers strtod's hexadecimal without exponent, which Go wants a p for.
func parseHexInteger(b []byte) (float64, bool) {
	s := string(b)
	if len(s) < 3 || !containsHexMark(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s+"p0", 64)
	return f, err == nil
}

func containsHexMark(s string) bool {
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	return len(s) > 2 && s[0] == '0' && lower(s[1]) == 'x'
}
