package arg

import (
	"math"
	"time"
)

// Timeout reads the seconds that a blocking command waits, a double; 0 is for ever. Parts of
// a millisecond are rounded up, so that the shortest wait is not one without an end.
func (s *Scanner) Timeout() time.Duration {
	const longest = math.MaxInt64 / int64(time.Millisecond)
	millis := math.Ceil(s.FloatOr("timeout is not a float or out of range") * 1000)
	switch {
	case millis >= math.MaxInt64-float64(time.Now().UnixMilli()):
		s.Fail("timeout is out of range")
	case millis < 0:
		s.Fail("timeout is negative")
	case millis > float64(longest):
		return time.Duration(longest) * time.Millisecond
	}
	if s.err != nil {
		return 0
	}
	return time.Duration(millis) * time.Millisecond
}

// Millis reads a wait in milliseconds, a whole number; 0 is for ever.
func (s *Scanner) Millis() time.Duration {
	millis := s.IntOr("timeout is not an integer or out of range")
	switch {
	case millis < 0:
		s.Fail("timeout is negative")
	case millis >= math.MaxInt64-time.Now().UnixMilli():
		s.Fail("timeout is out of range")
	}
	const longest = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(max(millis, 0), longest)) * time.Millisecond
}
