package syntax

import (
	"fmt"
	"strings"
)

const eoz = -1 // behind the last byte

// lexer splits a chunk into tokens. It belongs to one parser.
type lexer struct {
	source string // the chunk's name as messages show it
	in     string
	pos    int // of the byte behind cur
	cur    int // byte or eoz
	line   int // of cur
	last   int // line of the last token consumed
	now    lexeme
	ahead  lexeme
	peeked bool
	buf    []byte
}

type lexeme struct {
	token token
	text  string
	num   float64
}

func newLexer(in, source string) *lexer {
	l := &lexer{source: source, in: in, line: 1, last: 1}
	l.advance()
	return l
}

func (l *lexer) advance() {
	if l.pos >= len(l.in) {
		l.cur = eoz
		return
	}
	l.cur = int(l.in[l.pos])
	l.pos++
}

func (l *lexer) save() {
	l.buf = append(l.buf, byte(l.cur))
	l.advance()
}

func (l *lexer) next() {
	l.last = l.line
	if l.peeked {
		l.now, l.peeked = l.ahead, false
		return
	}
	l.now = l.scan()
}

func (l *lexer) peek() token {
	l.ahead, l.peeked = l.scan(), true
	return l.ahead.token
}

// fail raises a message about the text being scanned; t is 0 where Lua names no token.
func (l *lexer) fail(message string, t token) {
	message = fmt.Sprintf("%s:%d: %s", l.source, l.line, message)
	if t != 0 {
		message += fmt.Sprintf(" near '%s'", l.shown(t))
	}
	panic(&Error{Message: message})
}

func (l *lexer) shown(t token) string {
	if t == tName || t == tString || t == tNumber {
		text := string(l.buf)
		if end := strings.IndexByte(text, 0); end >= 0 {
			text = text[:end]
		}
		return text
	}
	return t.String()
}

func (l *lexer) newline() {
	old := l.cur
	l.advance()
	if (l.cur == '\n' || l.cur == '\r') && l.cur != old {
		l.advance()
	}
	l.line++
}

func (l *lexer) scan() lexeme {
	for {
		l.buf = l.buf[:0]
		switch c := l.cur; {
		case c == eoz:
			return lexeme{token: tEOS}
		case c == '\n' || c == '\r':
			l.newline()
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			l.advance()
		case c == '-':
			l.advance()
			if l.cur != '-' {
				return lexeme{token: '-'}
			}
			l.advance()
			l.comment()
		default:
			return l.scanToken()
		}
	}
}

func (l *lexer) comment() {
	if l.cur == '[' {
		level := l.separator()
		l.buf = l.buf[:0]
		if level >= 0 {
			l.long(level, "unfinished long comment")
			return
		}
	}
	for l.cur != '\n' && l.cur != '\r' && l.cur != eoz {
		l.advance()
	}
}

func (l *lexer) scanToken() lexeme {
	switch c := l.cur; c {
	case '[':
		level := l.separator()
		if level >= 0 {
			return lexeme{token: tString, text: l.long(level, "unfinished long string")}
		}
		if level == -1 {
			return lexeme{token: '['}
		}
		l.fail("invalid long string delimiter", tString)
	case '=':
		return l.either('=', tEq)
	case '<':
		return l.either('=', tLe)
	case '>':
		return l.either('=', tGe)
	case '~':
		return l.either('=', tNe)
	case '"', '\'':
		return lexeme{token: tString, text: l.quoted(c)}
	case '.':
		return l.dot()
	}
	switch {
	case isDigit(l.cur):
		return l.number()
	case isAlpha(l.cur):
		return l.name()
	}
	t := token(l.cur)
	l.advance()
	return lexeme{token: t}
}

func (l *lexer) either(second int, both token) lexeme {
	first := token(l.cur)
	l.advance()
	if l.cur != second {
		return lexeme{token: first}
	}
	l.advance()
	return lexeme{token: both}
}

func (l *lexer) dot() lexeme {
	l.save()
	if l.cur == '.' {
		l.advance()
		if l.cur == '.' {
			l.advance()
			return lexeme{token: tDots}
		}
		return lexeme{token: tConcat}
	}
	if !isDigit(l.cur) {
		return lexeme{token: '.'}
	}
	return l.number()
}

func (l *lexer) number() lexeme {
	for isDigit(l.cur) || l.cur == '.' {
		l.save()
	}
	if l.cur == 'E' || l.cur == 'e' {
		l.save()
		if l.cur == '+' || l.cur == '-' {
			l.save()
		}
	}
	for isAlpha(l.cur) || isDigit(l.cur) {
		l.save()
	}
	f, ok := ParseNumber(string(l.buf))
	if !ok {
		l.fail("malformed number", tNumber)
	}
	return lexeme{token: tNumber, num: f}
}

func (l *lexer) name() lexeme {
	for isAlpha(l.cur) || isDigit(l.cur) {
		l.save()
	}
	text := string(l.buf)
	if t, ok := reserved[text]; ok {
		return lexeme{token: t}
	}
	return lexeme{token: tName, text: text}
}

// separator reads "[==[" up to its second bracket: the number of equal signs, or below zero
// if there is none.
func (l *lexer) separator() int {
	bracket, count := l.cur, 0
	l.save()
	for l.cur == '=' {
		l.save()
		count++
	}
	if l.cur == bracket {
		return count
	}
	return -count - 1
}

// long reads the rest of a long string or comment.
func (l *lexer) long(level int, unfinished string) string {
	l.save()
	start := len(l.buf)
	if l.cur == '\n' || l.cur == '\r' {
		l.newline()
	}
	for {
		switch l.cur {
		case eoz:
			l.fail(unfinished, tEOS)
		case ']':
			end := len(l.buf)
			if l.separator() == level {
				text := string(l.buf[start:end])
				l.save()
				return text
			}
		case '\n', '\r':
			l.buf = append(l.buf, '\n')
			l.newline()
		default:
			l.save()
		}
	}
}

// quoted reads a string; buf keeps it as the messages quote it, opening quote included.
func (l *lexer) quoted(delimiter int) string {
	l.save()
	for l.cur != delimiter {
		switch l.cur {
		case eoz:
			l.fail("unfinished string", tEOS)
		case '\n', '\r':
			l.fail("unfinished string", tString)
		case '\\':
			l.escape()
		default:
			l.save()
		}
	}
	l.save()
	return string(l.buf[1 : len(l.buf)-1])
}

const escapes, escaped = "abfnrtv", "\a\b\f\n\r\t\v"

func (l *lexer) escape() {
	l.advance()
	switch c := l.cur; {
	case c == eoz: // quoted reports it
	case c == '\n' || c == '\r':
		l.buf = append(l.buf, '\n')
		l.newline()
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && isDigit(l.cur); i++ {
			n = 10*n + l.cur - '0'
			l.advance()
		}
		if n > 255 {
			l.fail("escape sequence too large", tString)
		}
		l.buf = append(l.buf, byte(n))
	default:
		if i := strings.IndexByte(escapes, byte(c)); i >= 0 {
			c = int(escaped[i])
		}
		l.buf = append(l.buf, byte(c))
		l.advance()
	}
}

func isDigit(c int) bool { return '0' <= c && c <= '9' }

func isAlpha(c int) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}
