// Numbers, times and cursors are read as Redis reads them, and the first error of a command line stays.
package arg_test

import (
	"math"
	"strconv"
	"testing"

	"larder/resp/arg"
)

func TestParseInt(t *testing.T) {
	good := []string{"0", "-1", "9223372036854775807", "-9223372036854775808", "10"}
	for _, s := range good {
		want, _ := strconv.ParseInt(s, 10, 64)
		if n, ok := arg.ParseInt([]byte(s)); !ok || n != want {
			t.Errorf("%s: %d %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "-", "-0", "01", "+1", " 1", "1 ", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1a"} {
		if n, ok := arg.ParseInt([]byte(s)); ok {
			t.Errorf("%q taken as %d", s, n)
		}
	}
}

func TestParseFloat(t *testing.T) {
	good := map[string]float64{"1.5": 1.5, "inf": math.Inf(1), "-inf": math.Inf(-1), "+inf": math.Inf(1), "0x10": 16, "1e3": 1000, "-0x1p2": -4, "0e5": 0, "-0.0": 0}
	for s, want := range good {
		if f, ok := arg.ParseFloat([]byte(s)); !ok || f != want {
			t.Errorf("%s: %v %v", s, f, ok)
		}
	}
	for _, s := range []string{"", "nan", " 1", "1 ", "1_0", "1e400", "1e-400", "abc", "0x"} {
		if f, ok := arg.ParseFloat([]byte(s)); ok {
			t.Errorf("%q taken as %v", s, f)
		}
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("3"), []byte("EX"), []byte("-1.5"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		s := arg.New([][]byte{a, b, c})
		s.Int()
		s.WordWith("EX", 1)
		s.Float()
		if err := s.End(); err == nil && s.Left() != 0 {
			t.Fatal("arguments left without an error")
		}
		if n, ok := arg.ParseInt(a); ok && strconv.FormatInt(n, 10) != string(a) {
			t.Fatalf("%q is not canonical", a)
		}
	})
}
