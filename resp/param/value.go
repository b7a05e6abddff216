package param

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// value is a parameter's value: the text CONFIG GET answers and the number it stands
// for (0 and 1 for no and yes, an enumeration's value, bytes, -N for N percent).
type value struct {
	text string
	num  int64
}

// input is what a value is read from.
type input struct {
	args    []string
	current string // the value it replaces, for grammars that only change a part
	more    bool   // the configuration being read has given this parameter before
}

// refusal is why a value is not taken, in Redis's words.
type refusal string

func (r refusal) Error() string { return string(r) }

func refusalf(format string, args ...any) refusal { return refusal(fmt.Sprintf(format, args...)) }

const errArgCount = refusal("wrong number of arguments")

// read reads a value in the row's grammar. The error's text is Redis's.
func (r *row) read(in input) (value, error) {
	if r.kind == kindSpecial {
		t, err := r.special.parse(in)
		return value{text: t}, err
	}
	if r.kind == kindEnum || r.kind == kindFlags {
		return r.parseEnum(in.args)
	}
	if len(in.args) != 1 {
		return value{}, errArgCount
	}
	arg := in.args[0]
	switch r.kind {
	case kindBool:
		return parseBool(arg)
	case kindText:
		return r.parseText(arg)
	}
	return r.parseNumber(arg)
}

func (r *row) parseText(arg string) (value, error) {
	if r.check != nil && (arg != "" || !r.has(emptyIsNone)) {
		if err := r.check(arg); err != nil {
			return value{}, err
		}
	}
	return value{text: arg}, nil
}

func parseBool(arg string) (value, error) {
	switch {
	case strings.EqualFold(arg, "yes"):
		return value{"yes", 1}, nil
	case strings.EqualFold(arg, "no"):
		return value{"no", 0}, nil
	}
	return value{}, refusal("argument must be 'yes' or 'no'")
}

func (r *row) parseNumber(arg string) (value, error) {
	if r.kind == kindMemory || r.kind == kindPercent {
		if n, ok := parseMemory(arg); ok {
			return r.bounded(n)
		}
	}
	switch n, ok := r.parsePlain(arg); {
	case ok:
		return r.bounded(uint64(n))
	case r.kind == kindPercent:
		return value{}, refusal("argument must be a memory or percent value")
	case r.kind == kindMemory:
		return value{}, refusal("argument must be a memory value")
	case r.kind == kindOctal:
		return value{}, refusal("argument couldn't be parsed as an octal number")
	}
	return value{}, refusal("argument couldn't be parsed into an integer")
}

func (r *row) parsePlain(arg string) (int64, bool) {
	switch r.kind {
	case kindInt:
		return parseStrict(arg)
	case kindOctal:
		n, err := strconv.ParseInt(arg, 8, 64)
		return n, err == nil || arg == ""
	case kindPercent:
		digits, found := strings.CutSuffix(arg, "%")
		n, ok := parseStrict(digits)
		return -n, found && ok && n >= 0
	}
	return 0, false
}

// parseStrict takes the canonical decimal form only.
func parseStrict(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == s
}

// parseLoose is C's strtoll over the whole word: leading space, a plus sign and nothing at all are fine.
func parseLoose(s string) (int64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// parseMemory reads digits and a unit. Like Redis, it takes no digits for 0 and lets
// what is too large saturate or wrap.
func parseMemory(s string) (uint64, bool) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	unit, ok := memoryUnit(s[digits:])
	if !ok || digits > 127 {
		return 0, false
	}
	if digits == 0 {
		return 0, true
	}
	n, err := strconv.ParseUint(s[:digits], 10, 64)
	if err != nil {
		n = math.MaxUint64
	}
	return n * unit, true
}

func memoryUnit(s string) (uint64, bool) {
	switch strings.ToLower(s) {
	case "", "b":
		return 1, true
	case "k":
		return 1000, true
	case "kb":
		return 1 << 10, true
	case "m":
		return 1000 * 1000, true
	case "mb":
		return 1 << 20, true
	case "g":
		return 1000 * 1000 * 1000, true
	case "gb":
		return 1 << 30, true
	}
	return 0, false
}

func (r *row) bounded(u uint64) (value, error) {
	if r.has(fullRange) {
		return value{strconv.FormatUint(u, 10), int64(min(u, math.MaxInt64))}, nil
	}
	n := int64(u)
	switch {
	case r.kind == kindPercent && n < 0 && n < r.min:
		return value{}, refusalf("percentage argument must be less or equal to %d", -r.min)
	case r.kind == kindOctal && (n < r.min || n > r.max):
		return value{}, refusalf("argument must be between %o and %o inclusive", r.min, r.max)
	case n < r.min || n > r.max:
		return value{}, refusalf("argument must be between %d and %d inclusive", r.min, r.max)
	}
	if r.clamp != nil {
		n = r.clamp(n)
	}
	return value{r.format(n), n}, nil
}

func (r *row) format(n int64) string {
	switch {
	case r.kind == kindOctal:
		return strconv.FormatInt(n, 8)
	case r.kind == kindPercent && n < 0:
		return strconv.FormatInt(-n, 10) + "%"
	}
	return strconv.FormatInt(n, 10)
}

func (r *row) parseEnum(args []string) (value, error) {
	var bits int64
	for _, arg := range args {
		c, ok := r.choice(arg)
		if !ok {
			return value{}, r.enumError()
		}
		bits |= c.value
	}
	if len(args) == 0 {
		return value{}, r.enumError()
	}
	if r.kind == kindFlags && bits&shutdownSave != 0 && bits&shutdownNoSave != 0 {
		return value{}, refusal("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	return value{r.words(bits), bits}, nil
}

func (r *row) choice(word string) (choice, bool) {
	for _, c := range r.choices {
		if strings.EqualFold(c.word, word) {
			return c, true
		}
	}
	return choice{}, false
}

// words names a value of the enumeration: the first word of several that mean the same.
func (r *row) words(n int64) string {
	var set []string
	for _, c := range r.choices {
		if c.value == n {
			return c.word
		}
		if r.kind == kindFlags && c.value != 0 && n&c.value != 0 {
			set = append(set, c.word)
		}
	}
	return strings.Join(set, " ")
}

func (r *row) enumError() error {
	words := make([]string, len(r.choices))
	for i, c := range r.choices {
		words[i] = c.word
	}
	return refusal("argument(s) must be one of the following: " + strings.Join(words, ", "))
}
