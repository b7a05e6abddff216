// The parser reads numbers as Lua does, and survives any text.
package syntax

import (
	"strings"
	"testing"
)

// FuzzParse looks for texts that end the parser otherwise than by a tree or an *Error.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"return 1", "local a <const> = 1", "for i=1,2 do end", "x = [==[a]==]", "'\\65\\x'", "--[[", "f{1,a=2,[3]=4}:g 'x'",
		"goto", "return function(...) return ... end", "a.b[c]:d(1)(2) = 3", "0x", "1e+", "\x00", "if a then elseif b then else end",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fn, err := Parse(s, "@fuzz")
		if (fn == nil) == (err == nil) {
			t.Errorf("%q gave %v and %v", s, fn, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "fuzz:") {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func TestParseNumber(t *testing.T) {
	for s, want := range map[string]float64{
		"10": 10, " 10\n": 10, "0x1F": 31, "1e2": 100, ".5": .5, "5.": 5, "-0x10": -16, "0x1p4": 16, "+3": 3, "010": 10,
	} {
		if got, ok := ParseNumber(s); !ok || got != want {
			t.Errorf("%q: got %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", " ", "x", "1x", "0x", "1 2", "--1", "1_0", "0b1", "e5", ".", "0x1g"} {
		if got, ok := ParseNumber(s); ok {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"@user_script": "user_script", "=x": "x", "return 1": `[string "return 1"]`, "a\nb": `[string "a..."]`,
		strings.Repeat("y", 100): `[string "` + strings.Repeat("y", 43) + `..."]`,
	} {
		if got := Shown(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
