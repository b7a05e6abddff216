package stdlib

import (
	"strings"

	"larder/lua/vm"
)

const (
	maxCaptures = 32
	unclosed    = -1 // length of a capture whose end is not met yet
	position    = -2 // length of a capture "()"
	maxNesting  = 50_000
)

// matcher matches one pattern against one subject. As in C, a pattern ends at a NUL.
type matcher struct {
	t        *vm.Thread
	src, pat string
	level    int
	nesting  int
	captures [maxCaptures]struct{ start, length int }
}

func newMatcher(t *vm.Thread, src, pat string) *matcher {
	if end := strings.IndexByte(pat, 0); end >= 0 {
		pat = pat[:end]
	}
	return &matcher{t: t, src: src, pat: pat}
}

// match matches the pattern from p at s and returns the end, -1 if it does not match.
func (m *matcher) match(s, p int) int {
	m.nesting++
	if m.nesting > maxNesting {
		m.t.Errorf("pattern too complex")
	}
	defer func() { m.nesting-- }()
	for p < len(m.pat) {
		switch c := m.pat[p]; {
		case c == '(' && m.at(p+1) == ')':
			return m.open(s, p+2, position)
		case c == '(':
			return m.open(s, p+1, unclosed)
		case c == ')':
			return m.close(s, p+1)
		case c == '$' && p+1 == len(m.pat):
			if s == len(m.src) {
				return s
			}
			return -1
		case c == '%' && m.at(p+1) == 'b':
			if s = m.balance(s, p+2); s < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && m.at(p+1) == 'f':
			end := m.frontier(s, p+2)
			if end < 0 {
				return -1
			}
			p = end
			continue
		case c == '%' && isDigit(m.at(p+1)):
			if s = m.back(s, m.at(p+1)); s < 0 {
				return -1
			}
			p += 2
			continue
		}
		end := m.classEnd(p)
		switch m.at(end) {
		case '?':
			if m.single(s, p, end) {
				if r := m.match(s+1, end+1); r >= 0 {
					return r
				}
			}
			p = end + 1
		case '*':
			return m.most(s, p, end)
		case '+':
			if !m.single(s, p, end) {
				return -1
			}
			return m.most(s+1, p, end)
		case '-':
			return m.fewest(s, p, end)
		default:
			if !m.single(s, p, end) {
				return -1
			}
			s, p = s+1, end
		}
	}
	return s
}

// at is a byte of the pattern, 0 behind its end.
func (m *matcher) at(p int) byte {
	if p < len(m.pat) {
		return m.pat[p]
	}
	return 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (m *matcher) classEnd(p int) int {
	c := m.pat[p]
	p++
	switch {
	case c == '%':
		if p >= len(m.pat) {
			m.t.Errorf("malformed pattern (ends with '%%')")
		}
		return p + 1
	case c != '[':
		return p
	}
	if m.at(p) == '^' {
		p++
	}
	for first := true; first || m.at(p) != ']'; first = false {
		if p >= len(m.pat) {
			m.t.Errorf("malformed pattern (missing ']')")
		}
		p++
		if m.pat[p-1] == '%' && p < len(m.pat) {
			p++
		}
	}
	return p + 1
}

// single matches one byte against the class from p to end.
func (m *matcher) single(s, p, end int) bool {
	if s >= len(m.src) {
		return false
	}
	c := m.src[s]
	switch m.pat[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pat[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pat[p] == c
}

// inSet matches c against the set from its '[' at p to its ']' at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	found := true
	if m.pat[p+1] == '^' {
		found = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case m.pat[p] == '%':
			p++
			if inClass(c, m.pat[p]) {
				return found
			}
		case m.at(p+1) == '-' && p+2 < end:
			if m.pat[p] <= c && c <= m.pat[p+2] {
				return found
			}
			p += 2
		case m.pat[p] == c:
			return found
		}
	}
	return !found
}

func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < ' ' || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = 'a' <= c && c <= 'z'
	case 'p':
		in = c > ' ' && c < 127 && !isLetter(c) && !isDigit(c)
	case 's':
		in = c == ' ' || '\t' <= c && c <= '\r'
	case 'u':
		in = 'A' <= c && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if !isLetter(class) {
		return class == c
	}
	if class&0x20 == 0 {
		return !in
	}
	return in
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func (m *matcher) most(s, p, end int) int {
	n := 0
	for m.single(s+n, p, end) {
		n++
	}
	for ; n >= 0; n-- {
		m.t.Step()
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *matcher) fewest(s, p, end int) int {
	for {
		m.t.Step()
		if r := m.match(s, end+1); r >= 0 {
			return r
		}
		if !m.single(s, p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) open(s, p, length int) int {
	if m.level >= maxCaptures {
		m.t.Errorf("too many captures")
	}
	m.captures[m.level].start, m.captures[m.level].length = s, length
	m.level++
	r := m.match(s, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *matcher) close(s, p int) int {
	i := m.level - 1
	for ; i >= 0 && m.captures[i].length != unclosed; i-- {
	}
	if i < 0 {
		m.t.Errorf("invalid pattern capture")
	}
	m.captures[i].length = s - m.captures[i].start
	r := m.match(s, p)
	if r < 0 {
		m.captures[i].length = unclosed
	}
	return r
}

func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pat) {
		m.t.Errorf("unbalanced pattern")
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	open, closing, depth := m.pat[p], m.pat[p+1], 1
	for s++; s < len(m.src); s++ {
		switch m.src[s] {
		case closing:
			if depth--; depth == 0 {
				return s + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

// frontier matches "%f[set]" and returns where the pattern goes on, -1 if it does not match.
func (m *matcher) frontier(s, p int) int {
	if m.at(p) != '[' {
		m.t.Errorf("missing '[' after '%%f' in pattern")
	}
	end := m.classEnd(p)
	var before, after byte
	if s > 0 {
		before = m.src[s-1]
	}
	if s < len(m.src) {
		after = m.src[s]
	}
	if m.inSet(before, p, end-1) || !m.inSet(after, p, end-1) {
		return -1
	}
	return end
}

func (m *matcher) back(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].length == unclosed {
		m.t.Errorf("invalid capture index")
	}
	c := m.captures[i]
	if c.length < 0 || len(m.src)-s < c.length || m.src[c.start:c.start+c.length] != m.src[s:s+c.length] {
		return -1
	}
	return s + c.length
}

// capture is the value of capture i; without captures, 0 is the whole match from s to e.
func (m *matcher) capture(i, s, e int) vm.Value {
	if i >= m.level {
		if i > 0 {
			m.t.Errorf("invalid capture index")
		}
		return m.t.Runtime().String(m.src[s:e])
	}
	c := m.captures[i]
	switch c.length {
	case unclosed:
		m.t.Errorf("unfinished capture")
	case position:
		return vm.Number(float64(c.start + 1))
	}
	return m.t.Runtime().String(m.src[c.start : c.start+c.length])
}

// values appends all captures, or the whole match if there are none and whole says so.
func (m *matcher) values(dst []vm.Value, s, e int, whole bool) []vm.Value {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		dst = append(dst, m.capture(i, s, e))
	}
	return dst
}
