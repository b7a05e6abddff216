package arg

import "testing"

func TestCursor(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "": 0, "12": 12, "+12": 12, "-1": 1<<64 - 1, "18446744073709551615": 1<<64 - 1, "007": 7,
	} {
		s := New([][]byte{[]byte(text)})
		if got := s.Cursor(); got != want || s.Err() != nil {
			t.Errorf("%q: %d, %v", text, got, s.Err())
		}
	}
	for _, text := range []string{"x", " 1", "1 ", "-", "+", "--1", "18446744073709551616", "1_0"} {
		s := New([][]byte{[]byte(text)})
		if got := s.Cursor(); got != 0 || s.Err() == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}
