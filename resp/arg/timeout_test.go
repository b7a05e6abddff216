package arg

import (
	"testing"
	"time"
)

func TestTimeout(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, "0.5": 500 * time.Millisecond, "0.0001": time.Millisecond, "-0.0001": 0, "1e3": 1000 * time.Second,
		"1e14": 9223372036854 * time.Millisecond,
	} {
		s := New([][]byte{[]byte(text)})
		if got := s.Timeout(); got != want || s.Err() != nil {
			t.Errorf("%q: %v, %v", text, got, s.Err())
		}
	}
	for text, want := range map[string]string{
		"": "timeout is not a float or out of range", "x": "timeout is not a float or out of range", "nan": "timeout is not a float or out of range",
		"-1": "timeout is negative", "-0.001": "timeout is negative", "-inf": "timeout is negative",
		"inf": "timeout is out of range", "1e17": "timeout is out of range",
	} {
		s := New([][]byte{[]byte(text)})
		if s.Timeout(); s.Err() == nil || s.Err().Error() != want {
			t.Errorf("%q: %v", text, s.Err())
		}
	}
}
