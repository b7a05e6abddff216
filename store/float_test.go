package store_test

import (
	"strings"
	"testing"

	"larder/store"
)

// The sums are those of redis-server 7.0.15 on x86-64.
func TestLongDoubleSums(t *testing.T) {
	rows := []struct{ a, b, want string }{
		{"0", "0.1", "0.1"}, {"0.1", "0.2", "0.3"}, {"10.50", "0.1", "10.6"}, {"3.0e3", "200", "3200"},
		{"1e17", "0.3", "100000000000000000.296875"}, {"9007199254740993", "1", "9007199254740994"},
		{"-1", "1", "0"}, {"-0", "-0", "0"}, {"0x1.8p3", "0X10", "28"}, {"1e-30", "0", "0"},
		{"1e4000", "-1e4000", "0"}, {".5", "5.", "5.5"}, {"1", "1e-17", "1.00000000000000001"},
	}
	for _, r := range rows {
		a, okA := store.ParseLongDouble([]byte(r.a))
		b, okB := store.ParseLongDouble([]byte(r.b))
		sum, ok := a.Plus(b)
		if !okA || !okB || !ok || sum.String() != r.want {
			t.Errorf("%s + %s = %s (%v %v %v), want %s", r.a, r.b, sum, okA, okB, ok, r.want)
		}
	}
}

func TestLongDoubleRefuses(t *testing.T) {
	for _, s := range []string{"", " 1", "1 ", "nan", "1_0", "0x_1", "0b1", "1p3", "e5", ".", "1e", "1e+", "--1", "1e5000",
		"1e-5000", "1e999999999999", "-1e99999999", "0x", "0x1p20000", "1\x00", "infinit", strings.Repeat("1", 5120)} {
		if d, ok := store.ParseLongDouble([]byte(s)); ok {
			t.Errorf("%q read as %s", s, d)
		}
	}
	for _, s := range []string{"inf", "-Infinity", "+INF", "1e4932"} {
		d, ok := store.ParseLongDouble([]byte(s))
		if _, finite := d.Plus(d); !ok || finite {
			t.Errorf("%q twice: parsed %v, finite %v", s, ok, finite)
		}
	}
}
