package arg

import (
	"bytes"
	"strconv"
)

// Cursor reads a SCAN cursor as Redis's strtoul does: a sign is taken, a negative number
// wraps around, a NUL ends it, and nothing at all is 0.
func (s *Scanner) Cursor() uint64 {
	b, _, _ := bytes.Cut(s.Bytes(), []byte{0})
	if s.err != nil || len(b) == 0 {
		return 0
	}
	digits := b
	if b[0] == '-' || b[0] == '+' {
		digits = b[1:]
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		s.Fail("invalid cursor")
		return 0
	}
	if b[0] == '-' {
		return -n
	}
	return n
}
