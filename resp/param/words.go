package param

import (
	"fmt"
	"strconv"
	"strings"
)

// splitWords divides a line as Redis does: blanks separate, "..." knows \n \r \t \b \a
// \xHH, '...' knows \', and behind a closing quote a blank must follow. False if it does not
// or a quote stays open.
func splitWords(line string) ([]string, bool) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\n\v\f\r\x00")
		if line == "" {
			return words, true
		}
		word, rest, ok := cutWord(line)
		if !ok {
			return nil, false
		}
		words = append(words, word)
		line = rest
	}
}

func cutWord(line string) (word, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\n', '\r', '\t', 0:
			return b.String(), line[i:], true
		case '"', '\'':
			end, closed := unquote(&b, line[i+1:], c)
			rest := line[min(i+1+end, len(line)):]
			return b.String(), rest, closed && (rest == "" || isSpace(rest[0]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", true
}

// unquote appends what stands before the closing quote and returns where to go on.
func unquote(b *strings.Builder, s string, q byte) (end int, closed bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == q:
			return i + 1, true
		case s[i] == '\\' && q == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
			b.WriteByte('\'')
		case s[i] == '\\' && q == '"' && i+1 < len(s):
			c, n := unescape(s[i+1:])
			b.WriteByte(c)
			i += n
		default:
			b.WriteByte(s[i])
		}
	}
	return len(s), false
}

// unescape reads what stands behind a backslash; n is its length.
func unescape(s string) (c byte, n int) {
	if s[0] == 'x' && len(s) >= 3 {
		if v, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return byte(v), 3
		}
	}
	if i := strings.IndexByte("nrtba", s[0]); i >= 0 {
		return "\n\r\t\b\a"[i], 1
	}
	return s[0], 1
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// quote is the inverse: a word in double quotes.
func quote(s string) string {
	b := []byte{'"'}
	for _, c := range []byte(s) {
		switch i := strings.IndexByte("\n\r\t\b\a", c); {
		case c == '\\' || c == '"':
			b = append(b, '\\', c)
		case i >= 0:
			b = append(b, '\\', "nrtba"[i])
		case c < ' ' || c > '~':
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// formatMemory uses the largest unit that divides n.
func formatMemory(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1 << 30, "gb"}, {1 << 20, "mb"}, {1 << 10, "kb"}} {
		if n != 0 && n%u.size == 0 {
			return strconv.FormatUint(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatUint(n, 10)
}
