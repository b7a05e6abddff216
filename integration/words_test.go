package integration

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// splitWords cuts a line as redis-cli does: "..." with \n \r \t \a \b \xHH \" \\, '...'
// with \', else up to white space. Then two shorthands, outside quotes only:
// <1000*x> is x a thousand times, m<1..3> is the three words m1 m2 m3.
func splitWords(line string) ([]string, error) {
	var words []string
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return words, nil
		}
		word, quoted, n, err := oneWord(line[i:])
		if err != nil {
			return nil, fmt.Errorf("%v in %q", err, line)
		}
		i += n
		if quoted {
			words = append(words, word)
		} else {
			words = append(words, expand(word)...)
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func oneWord(s string) (word string, quoted bool, n int, err error) {
	if s[0] != '"' && s[0] != '\'' {
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], false, end, nil
	}
	var b strings.Builder
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			if i+1 < len(s) && !isSpace(s[i+1]) {
				return "", true, 0, fmt.Errorf("text behind a closing quote")
			}
			return b.String(), true, i + 1, nil
		case c == '\\' && i+1 < len(s) && (quote == '"' || s[i+1] == '\''):
			i += unescape(&b, s[i+1:])
		default:
			b.WriteByte(c)
		}
	}
	return "", true, 0, fmt.Errorf("unbalanced quote")
}

// unescape writes what the escape means, s beginning behind the backslash, and returns its length.
func unescape(b *strings.Builder, s string) int {
	if s[0] == 'x' && len(s) >= 3 {
		if n, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			b.WriteByte(byte(n))
			return 3
		}
	}
	if i := strings.IndexByte("nrtab", s[0]); i >= 0 {
		b.WriteByte("\n\r\t\a\b"[i])
	} else {
		b.WriteByte(s[0])
	}
	return 1
}

var (
	repeated = regexp.MustCompile(`<(\d+)\*([^>]*)>`)
	counted  = regexp.MustCompile(`<(-?\d+)\.\.(-?\d+)>`)
)

func expand(word string) []string {
	word = repeated.ReplaceAllStringFunc(word, func(m string) string {
		p := repeated.FindStringSubmatch(m)
		n, _ := strconv.Atoi(p[1])
		return strings.Repeat(p[2], n)
	})
	p := counted.FindStringSubmatchIndex(word)
	if p == nil {
		return []string{word}
	}
	from, _ := strconv.Atoi(word[p[2]:p[3]])
	to, _ := strconv.Atoi(word[p[4]:p[5]])
	var words []string
	for i := from; i <= to; i++ {
		words = append(words, word[:p[0]]+strconv.Itoa(i)+word[p[1]:])
	}
	return words
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`SET k v`:                    {"SET", "k", "v"},
		`  SET "a b" 'c\'d' "" x `:   {"SET", "a b", "c'd", "", "x"},
		`"\x00\xff\n\r\t\"\\"`:       {"\x00\xff\n\r\t\"\\"},
		`'\n'`:                       {`\n`},
		`SET <3*ab>c v`:              {"SET", "abababc", "v"},
		`SADD s m<1..3> <-1..1> ">"`: {"SADD", "s", "m1", "m2", "m3", "-1", "0", "1", ">"},
	} {
		got, err := splitWords(line)
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`SET "a`, `SET 'a`, `SET "a"b`} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%s: got %q, want an error", line, got)
		}
	}
}
