package integration

import (
	"strconv"
	"strings"
	"testing"
)

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// otherIn72 have another arity in 7.2 than in the judge: golden rows have them.
var otherIn72 = map[string]bool{"zrank": true, "zrevrank": true, "command|getkeys": true, "command|getkeysandflags": true}

// TestArity calls every command and subcommand that both servers have with one argument
// too few and, where the number is fixed, one too many.
func TestArity(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	ours, theirs := commandsOf(t, p.larder), commandsOf(t, p.judge)
	tried := 0
	for _, name := range sortedNames(ours) {
		their, known := theirs[name]
		if !known {
			continue
		}
		for _, n := range wrongCounts(their.arity) {
			words := strings.Split(name, "|")
			if n < len(words) || otherIn72[name] {
				continue
			}
			for len(words) < n {
				words = append(words, "x")
			}
			tried++
			s := &step{text: strings.Join(words, " "), words: words, times: 1}
			if d := s.compare(dial(t, p.larder), dial(t, p.judge), 1); d != "" {
				t.Errorf("%s\n%s", s.text, d)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d calls tried", tried)
	}
}

// wrongCounts are the numbers of words nearest to an arity that it does not allow.
func wrongCounts(arity int) []int {
	if arity < 0 {
		return []int{-arity - 1}
	}
	return []int{arity - 1, arity + 1}
}
