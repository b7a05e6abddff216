package store_test

import (
	"bytes"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"testing"

	"larder/store"
)

// globRows are names and patterns with the names KEYS of redis-server 7.0.15 answered.
// A line "N" holds all names, a line "P" a pattern and its matches, in Go quotes.
//
//go:embed testdata/glob.txt
var globRows string

func quotedWords(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
		q, err := strconv.QuotedPrefix(rest)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		word, _ := strconv.Unquote(q)
		words = append(words, word)
		rest = rest[len(q):]
	}
	return words
}

func TestMatchAgreesWithKeys(t *testing.T) {
	var names []string
	patterns := 0
	for line := range strings.Lines(globRows) {
		words := quotedWords(t, line[1:])
		if line[0] == 'N' {
			names = words
			continue
		}
		patterns++
		for _, n := range names {
			want := slices.Contains(words[1:], n)
			if store.Match([]byte(words[0]), []byte(n), false) != want {
				t.Errorf("pattern %q, name %q: Redis says %v", words[0], n, want)
			}
		}
	}
	if patterns < 100 || len(names) < 30 {
		t.Fatalf("only %d patterns and %d names", patterns, len(names))
	}
}

func TestMatchFolds(t *testing.T) {
	rows := []struct {
		pattern, name string
		want          bool
	}{
		{"MAX*", "maxmemory", true}, {"[A-C]x", "bX", true}, {"[Q]", "q", true}, {`\A`, "a", true},
		{`[\A]`, "a", false}, {"", "", true}, {"*", "", false}, {"", "a", false}, {"a**", "A", true},
	}
	for _, r := range rows {
		if store.Match([]byte(r.pattern), []byte(r.name), true) != r.want {
			t.Errorf("%q %q: want %v", r.pattern, r.name, r.want)
		}
	}
}

// A recursive matcher needs longer than the age of the universe for this one.
func TestMatchDoesNotExplode(t *testing.T) {
	pattern := bytes.Repeat([]byte("a*"), 900)
	name := bytes.Repeat([]byte("a"), 20000)
	if store.Match(append(pattern, 'b'), name, false) {
		t.Error("matched without a b")
	}
}

func TestMatchCountsStars(t *testing.T) {
	name := bytes.Repeat([]byte("a"), 5000)
	rows := []struct {
		unit  string
		times int
		end   string
		want  bool
	}{
		{"*?", 1000, "", true}, {"*?", 1001, "", false}, {"*?", 1000, "*", true}, {"**a", 1000, "", true},
		{"a*", 1001, "", true}, {"a*", 1001, "a", false},
	}
	for _, r := range rows {
		pattern := append(bytes.Repeat([]byte(r.unit), r.times), r.end...)
		if store.Match(pattern, name, false) != r.want {
			t.Errorf("%q %d times, then %q: want %v", r.unit, r.times, r.end, r.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("[^a-\\]*?"), []byte("b"))
	f.Fuzz(func(t *testing.T, pattern, name []byte) {
		store.Match(pattern, name, true)
		var escaped []byte
		for _, c := range name {
			escaped = append(escaped, '\\', c)
		}
		if !store.Match(escaped, name, false) {
			t.Fatalf("%q does not match itself, escaped", name)
		}
	})
}
