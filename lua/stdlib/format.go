package stdlib

import (
	"math"
	"strconv"
	"strings"

	"larder/lua/vm"
)

// spec is one conversion of a format: %[flags][width][.precision]verb.
type spec struct {
	left, plus, space, alt, zero bool
	width, precision             int // precision -1 where there is none
	verb                         byte
}

func format(t *vm.Thread, args []vm.Value) []vm.Value {
	text := t.Str(args, 0)
	var buf []byte
	arg := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			buf = append(buf, text[i])
			continue
		}
		i++
		if i < len(text) && text[i] == '%' {
			buf = append(buf, '%')
			continue
		}
		if arg++; arg >= len(args) {
			t.ArgError(arg, "no value")
		}
		var s spec
		s, i = readSpec(t, text, i)
		before := len(buf)
		buf = s.convert(t, buf, args, arg)
		t.Charge(len(buf) - before)
	}
	return t.Return(t.Runtime().Bytes(buf))
}

func readSpec(t *vm.Thread, text string, i int) (spec, int) {
	s := spec{precision: -1}
	start := i
	for i < len(text) && strings.IndexByte("-+ #0", text[i]) >= 0 {
		switch text[i] {
		case '-':
			s.left = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '#':
			s.alt = true
		case '0':
			s.zero = true
		}
		i++
	}
	if i-start > 5 {
		t.Errorf("invalid format (repeated flags)")
	}
	s.width, i = readDigits(text, i)
	if i < len(text) && text[i] == '.' {
		s.precision, i = readDigits(text, i+1)
	}
	if i < len(text) && isDigit(text[i]) {
		t.Errorf("invalid format (width or precision too long)")
	}
	if i < len(text) {
		s.verb = text[i]
	}
	return s, i
}

// readDigits reads at most two.
func readDigits(text string, i int) (int, int) {
	n := 0
	for k := 0; k < 2 && i < len(text) && isDigit(text[i]); k++ {
		n = 10*n + int(text[i]-'0')
		i++
	}
	return n, i
}

func (s *spec) convert(t *vm.Thread, buf []byte, args []vm.Value, arg int) []byte {
	switch s.verb {
	case 'c':
		return s.pad(buf, "", cString(string([]byte{byte(vm.Integer(t.Num(args, arg)))})))
	case 'd', 'i':
		n := vm.Integer(t.Num(args, arg))
		return s.integer(buf, n < 0, strconv.FormatUint(magnitude(n), 10), "")
	case 'o':
		return s.unsigned(buf, t.Num(args, arg), 8, "0")
	case 'u':
		return s.unsigned(buf, t.Num(args, arg), 10, "")
	case 'x':
		return s.unsigned(buf, t.Num(args, arg), 16, "0x")
	case 'X':
		return s.unsigned(buf, t.Num(args, arg), 16, "0X")
	case 'e', 'E', 'f', 'g', 'G':
		return s.float(buf, t.Num(args, arg))
	case 'q':
		return quote(buf, t.Str(args, arg))
	case 's':
		return s.str(buf, t.Str(args, arg))
	}
	shown := string([]byte{s.verb})
	if s.verb == 0 {
		shown = ""
	}
	t.Errorf("invalid option '%%%s' to 'format'", shown)
	return nil
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// str is %s. C formats short strings up to a NUL; long ones without a precision go whole.
func (s *spec) str(buf []byte, v string) []byte {
	if s.precision < 0 && len(v) >= 100 {
		return append(buf, v...)
	}
	v = cString(v)
	if s.precision >= 0 {
		v = v[:min(len(v), s.precision)]
	}
	return (&spec{left: s.left, width: s.width}).pad(buf, "", v)
}

func (s *spec) unsigned(buf []byte, f float64, base int, prefix string) []byte {
	n := uint64(vm.Integer(f))
	if f >= 1<<63 {
		n = uint64(f)
	}
	digits := strconv.FormatUint(n, base)
	if s.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	if !s.alt || n == 0 {
		prefix = ""
	}
	plain := *s
	plain.plus, plain.space = false, false
	return plain.integer(buf, false, digits, prefix)
}

func (s *spec) integer(buf []byte, negative bool, digits, prefix string) []byte {
	if s.precision == 0 && digits == "0" {
		digits = ""
	}
	if missing := s.precision - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	padded := *s
	padded.zero = s.zero && s.precision < 0
	return padded.pad(buf, s.sign(negative)+prefix, digits)
}

func (s *spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

func (s *spec) float(buf []byte, f float64) []byte {
	padded := *s
	negative := math.Signbit(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		padded.zero = false
		word := "inf"
		if math.IsNaN(f) {
			word = "nan"
		}
		if s.verb < 'a' {
			word = strings.ToUpper(word)
		}
		return padded.pad(buf, s.sign(negative), word)
	}
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	verb := s.verb | 0x20
	if verb == 'g' {
		precision = max(precision, 1)
	}
	digits := strconv.FormatFloat(math.Abs(f), verb, precision, 64)
	if s.alt {
		digits = withPoint(digits, verb, precision)
	}
	if s.verb < 'a' {
		digits = strings.ToUpper(digits)
	}
	return padded.pad(buf, s.sign(negative), digits)
}

// withPoint is the flag #: always a point, and %g keeps its zeros.
func withPoint(digits string, verb byte, precision int) string {
	mantissa, exponent := digits, ""
	if e := strings.IndexByte(digits, 'e'); e >= 0 {
		mantissa, exponent = digits[:e], digits[e:]
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += "."
	}
	if verb == 'g' {
		significant := len(strings.TrimLeft(strings.Replace(mantissa, ".", "", 1), "0"))
		mantissa += strings.Repeat("0", max(precision-max(significant, 1), 0))
	}
	return mantissa + exponent
}

func (s *spec) pad(buf []byte, prefix, body string) []byte {
	missing := s.width - len(prefix) - len(body)
	if missing <= 0 {
		return append(append(buf, prefix...), body...)
	}
	switch {
	case s.left:
		buf = append(append(buf, prefix...), body...)
		return append(buf, strings.Repeat(" ", missing)...)
	case s.zero:
		buf = append(append(buf, prefix...), strings.Repeat("0", missing)...)
		return append(buf, body...)
	}
	buf = append(append(buf, strings.Repeat(" ", missing)...), prefix...)
	return append(buf, body...)
}

func quote(buf []byte, s string) []byte {
	buf = append(buf, '"')
	for _, c := range []byte(s) {
		switch c {
		case '"', '\\', '\n':
			buf = append(buf, '\\', c)
		case '\r':
			buf = append(buf, `\r`...)
		case 0:
			buf = append(buf, `\000`...)
		default:
			buf = append(buf, c)
		}
	}
	return append(buf, '"')
}
