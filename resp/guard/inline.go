package guard

import "bytes"

// splitLine is sdssplitargs: it splits an inline command at white space and undoes quotes. False means that quotes are
// unbalanced, or that a closing quote is not followed by white space. The arguments own their memory.
func splitLine(line []byte) ([][]byte, bool) {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	s := splitter{in: line, out: make([]byte, 0, len(line))}
	var args [][]byte
	for s.skipSpace() {
		from := len(s.out)
		if !s.word() {
			return nil, false
		}
		args = append(args, s.out[from:len(s.out):len(s.out)])
	}
	return args, true
}

// splitter walks over one line. No word is longer than its source, so out never moves. One goroutine.
type splitter struct {
	in, out []byte
}

// skipSpace reports whether a word follows.
func (s *splitter) skipSpace() bool {
	s.in = bytes.TrimLeft(s.in, " \t\n\v\f\r")
	return len(s.in) > 0
}

// word reads up to the white space that ends a bare word (without \v and \f, as in sds.c); quotes may open anywhere in
// it, and a closing quote ends it.
func (s *splitter) word() bool {
	for len(s.in) > 0 {
		switch c := s.in[0]; c {
		case ' ', '\n', '\r', '\t':
			return true
		case '"', '\'':
			s.in = s.in[1:]
			return s.quoted(c)
		default:
			s.emit(c, 1)
		}
	}
	return true
}

func (s *splitter) quoted(quote byte) bool {
	for len(s.in) > 0 {
		switch c := s.in[0]; {
		case c == quote:
			s.in = s.in[1:]
			return len(s.in) == 0 || isSpace(s.in[0])
		case c == '\\' && quote == '"':
			s.emit(unescape(s.in))
		case c == '\\' && len(s.in) > 1 && s.in[1] == '\'':
			s.emit('\'', 2)
		default:
			s.emit(c, 1)
		}
	}
	return false
}

func (s *splitter) emit(c byte, from int) {
	s.out = append(s.out, c)
	s.in = s.in[from:]
}

// unescape reads the escape at the head of b inside double quotes: its byte and how much of b it takes.
func unescape(b []byte) (c byte, size int) {
	if len(b) < 2 {
		return b[0], 1
	}
	if b[1] == 'x' && len(b) >= 4 && hexValue(b[2]) >= 0 && hexValue(b[3]) >= 0 {
		return byte(hexValue(b[2])<<4 | hexValue(b[3])), 4
	}
	switch b[1] {
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'a':
		return '\a', 2
	}
	return b[1], 2
}

// hexValue returns -1 for what is no hexadecimal digit.
func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isSpace(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}
