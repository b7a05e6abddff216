package modules

import (
	"strings"
	"unicode/utf8"

	"larder/lua/stdlib"
	"larder/lua/syntax"
	"larder/lua/vm"
)

// jsonToken is a kind of token, named as the error messages do.
type jsonToken string

const (
	objectBegin jsonToken = "T_OBJ_BEGIN"
	objectEnd   jsonToken = "T_OBJ_END"
	arrayBegin  jsonToken = "T_ARR_BEGIN"
	arrayEnd    jsonToken = "T_ARR_END"
	jsonString  jsonToken = "T_STRING"
	jsonNumber  jsonToken = "T_NUMBER"
	jsonBool    jsonToken = "T_BOOLEAN"
	jsonNull    jsonToken = "T_NULL"
	colon       jsonToken = "T_COLON"
	comma       jsonToken = "T_COMMA"
	jsonEnd     jsonToken = "T_END"
)

// jsonDecoder reads one text. A failed token names its fault instead of its kind.
type jsonDecoder struct {
	*Settings
	t     *vm.Thread
	in    string
	pos   int
	at    int // of the token
	token jsonToken
	val   vm.Value
	depth int
}

func (s *Settings) decode(t *vm.Thread, args []vm.Value) []vm.Value {
	if len(args) != 1 {
		t.ArgError(0, "expected 1 argument")
	}
	d := &jsonDecoder{Settings: s, t: t, in: t.Str(args, 0)}
	if len(d.in) >= 2 && (d.in[0] == 0 || d.in[1] == 0) {
		t.Errorf("JSON parser does not support UTF-16 or UTF-32")
	}
	d.next()
	v := d.value()
	d.next()
	if d.token != jsonEnd {
		d.fail("the end")
	}
	return t.Return(v)
}

func (d *jsonDecoder) fail(expected string) {
	d.t.Errorf("Expected %s but found %s at character %d", expected, string(d.token), d.at+1)
}

func (d *jsonDecoder) value() vm.Value {
	switch d.token {
	case jsonString, jsonNumber, jsonBool:
		return d.val
	case jsonNull:
		return vm.Null()
	case objectBegin:
		return d.nested((*jsonDecoder).object)
	case arrayBegin:
		return d.nested((*jsonDecoder).array)
	}
	d.fail("value")
	return vm.Nil()
}

// nested reads a table, which stands where the measuring of memory sees it meanwhile.
func (d *jsonDecoder) nested(read func(*jsonDecoder, *vm.Table)) vm.Value {
	d.depth++
	if d.depth > min(d.decodeDepth, maxJSONDepth) {
		d.t.Errorf("Found too many nested data structures (%d) at character %d", d.depth, d.pos)
	}
	d.t.Step()
	tb := d.t.Runtime().NewTable(0, 0)
	drop := d.t.Keep(vm.FromTable(tb))
	read(d, tb)
	drop()
	d.depth--
	return vm.FromTable(tb)
}

func (d *jsonDecoder) object(tb *vm.Table) {
	d.next()
	if d.token == objectEnd {
		return
	}
	for ; ; d.next() {
		if d.token != jsonString {
			d.fail("object key string")
		}
		key := d.val
		if d.next(); d.token != colon {
			d.fail("colon")
		}
		d.next()
		tb.Set(key, d.value())
		if d.next(); d.token == objectEnd {
			return
		}
		if d.token != comma {
			d.fail("comma or object end")
		}
	}
}

func (d *jsonDecoder) array(tb *vm.Table) {
	d.next()
	if d.token == arrayEnd {
		return
	}
	for i := 1; ; i++ {
		tb.SetInt(i, d.value())
		if d.next(); d.token == arrayEnd {
			return
		}
		if d.token != comma {
			d.fail("comma or array end")
		}
		d.next()
	}
}

func (d *jsonDecoder) peek(i int) byte {
	if d.pos+i < len(d.in) {
		return d.in[d.pos+i]
	}
	return 0
}

func (d *jsonDecoder) next() {
	for d.pos < len(d.in) && strings.IndexByte(" \t\n\r", d.in[d.pos]) >= 0 {
		d.pos++
	}
	d.at = d.pos
	c := d.peek(0)
	switch c {
	case 0:
		d.token = jsonEnd
		return
	case '{', '}', '[', ']', ':', ',':
		d.pos++
		d.token = punctuation(c)
		return
	case '"':
		d.readString()
		return
	}
	rest := d.in[d.pos:]
	switch {
	case c == '-' || isDigit(c):
		if !d.decodeInvalid && looksInvalid(rest) {
			d.token = "invalid number"
			return
		}
		d.readNumber()
	case strings.HasPrefix(rest, "true"):
		d.token, d.val, d.pos = jsonBool, vm.Bool(true), d.pos+4
	case strings.HasPrefix(rest, "false"):
		d.token, d.val, d.pos = jsonBool, vm.Bool(false), d.pos+5
	case strings.HasPrefix(rest, "null"):
		d.token, d.pos = jsonNull, d.pos+4
	case strings.IndexByte("fiInNt+", c) >= 0 && d.decodeInvalid && looksInvalid(rest):
		d.readNumber()
	default:
		d.token = "invalid token"
	}
}

func punctuation(c byte) jsonToken {
	switch c {
	case '{':
		return objectBegin
	case '}':
		return objectEnd
	case '[':
		return arrayBegin
	case ']':
		return arrayEnd
	case ':':
		return colon
	}
	return comma
}

// looksInvalid tells numbers that strtod takes and JSON does not.
func looksInvalid(s string) bool {
	if s[0] == '+' {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	switch {
	case s == "":
		return false
	case s[0] == '0':
		return len(s) > 1 && (s[1]|0x20 == 'x' || isDigit(s[1]))
	case s[0] <= '9':
		return false
	}
	lower := strings.ToLower(s[:min(3, len(s))])
	return lower == "inf" || lower == "nan"
}

// readNumber takes the longest text that strtod would.
func (d *jsonDecoder) readNumber() {
	n := numberLength(d.in[d.pos:])
	f, ok := syntax.ParseNumber(d.in[d.pos : d.pos+n])
	if !ok {
		d.token = "invalid number"
		return
	}
	d.token, d.val, d.pos = jsonNumber, vm.Number(f), d.pos+n
}

// numberLength is how much of s strtod reads, 0 if s is no number.
func numberLength(s string) int {
	sign := len(s) - len(strings.TrimLeft(s, "+-"))
	if sign > 1 {
		return 0
	}
	body := strings.ToLower(s[sign:min(sign+8, len(s))])
	for _, word := range []string{"infinity", "inf", "nan"} {
		if strings.HasPrefix(body, word) {
			return sign + len(word)
		}
	}
	mark, isDigit := byte('e'), isDigit
	start := sign
	if strings.HasPrefix(body, "0x") && len(body) > 2 && stdlib.Digit(body[2]) < 16 {
		mark, start = 'p', sign+2
		isDigit = func(c byte) bool { return stdlib.Digit(c) < 16 }
	}
	i := span(s, start, isDigit)
	digits := i - start
	if i < len(s) && s[i] == '.' {
		end := span(s, i+1, isDigit)
		digits += end - i - 1
		i = end
	}
	if digits == 0 {
		return 0
	}
	return exponentEnd(s, i, mark)
}

func span(s string, i int, in func(byte) bool) int {
	for i < len(s) && in(s[i]) {
		i++
	}
	return i
}

// exponentEnd is where the number ends that has a mantissa up to i.
func exponentEnd(s string, i int, mark byte) int {
	if i >= len(s) || s[i]|0x20 != mark {
		return i
	}
	k := i + 1
	if k < len(s) && (s[k] == '+' || s[k] == '-') {
		k++
	}
	if end := span(s, k, isDigit); end > k {
		return end
	}
	return i
}

func (d *jsonDecoder) readString() {
	d.pos++
	var buf []byte
	for {
		switch c := d.peek(0); c {
		case '"':
			d.pos++
			d.token, d.val = jsonString, d.t.Runtime().Bytes(buf)
			return
		case 0:
			d.token, d.at = "unexpected end of string", d.pos
			return
		case '\\':
			var fault jsonToken
			if buf, fault = d.escape(buf); fault != "" {
				d.token, d.at = fault, d.pos
				return
			}
		default:
			buf = append(buf, c)
			d.pos++
		}
	}
}

const jsonEscapes, jsonEscaped = `"\/btnfr`, "\"\\/\b\t\n\f\r"

func (d *jsonDecoder) escape(buf []byte) ([]byte, jsonToken) {
	c := d.peek(1)
	if c == 'u' {
		r, n := d.unicode()
		if n == 0 {
			return buf, "invalid unicode escape code"
		}
		d.pos += n
		return appendRune(buf, r), ""
	}
	i := strings.IndexByte(jsonEscapes, c)
	if i < 0 || c == 0 {
		return buf, "invalid escape code"
	}
	d.pos += 2
	return append(buf, jsonEscaped[i]), ""
}

// unicode reads \uXXXX, or two of them that make a pair; n is 0 if they are wrong.
func (d *jsonDecoder) unicode() (r rune, n int) {
	high := d.hex(2)
	switch {
	case high < 0:
		return 0, 0
	case high&0xF800 != 0xD800:
		return high, 6
	case high&0x400 != 0 || d.peek(6) != '\\' || d.peek(7) != 'u':
		return 0, 0
	}
	low := d.hex(8)
	if low < 0 || low&0xFC00 != 0xDC00 {
		return 0, 0
	}
	return (high&0x3FF)<<10 + low&0x3FF + 0x10000, 12
}

func (d *jsonDecoder) hex(i int) rune {
	var r rune
	for k := range 4 {
		v := stdlib.Digit(d.peek(i + k))
		if v > 15 {
			return -1
		}
		r = r<<4 | rune(v)
	}
	return r
}

func appendRune(buf []byte, r rune) []byte { return utf8.AppendRune(buf, r) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
