package stdlib

import (
	"bytes"
	"strings"

	"larder/lua/vm"
)

const specials = "^$*+?.([%-"

func find(t *vm.Thread, args []vm.Value) []vm.Value  { return search(t, args, true) }
func match(t *vm.Thread, args []vm.Value) []vm.Value { return search(t, args, false) }

func search(t *vm.Thread, args []vm.Value, wantPlace bool) []vm.Value {
	s, p := t.Str(args, 0), t.Str(args, 1)
	init := int(min(max(relative(t.OptInt(args, 2, 1), len(s))-1, 0), int64(len(s))))
	if wantPlace && (vm.Arg(args, 3).Truth() || !strings.ContainsAny(cString(p), specials)) {
		at := strings.Index(s[init:], p)
		if at < 0 {
			return t.Return(vm.Nil())
		}
		return t.Return(vm.Number(float64(init+at+1)), vm.Number(float64(init+at+len(p))))
	}
	m := newMatcher(t, s, p)
	start := 0
	anchored := strings.HasPrefix(p, "^")
	if anchored {
		start = 1
	}
	for at := init; at <= len(s); at++ {
		t.Step()
		m.level = 0
		if end := m.match(at, start); end >= 0 {
			if wantPlace {
				places := []vm.Value{vm.Number(float64(at + 1)), vm.Number(float64(end))}
				return t.Return(m.values(places, at, end, false)...)
			}
			return t.Return(m.values(nil, at, end, true)...)
		}
		if anchored {
			break
		}
	}
	return t.Return(vm.Nil())
}

// cString is what C sees of s.
func cString(s string) string {
	if end := strings.IndexByte(s, 0); end >= 0 {
		return s[:end]
	}
	return s
}

func gmatch(t *vm.Thread, args []vm.Value) []vm.Value {
	s, p := t.Str(args, 0), t.Str(args, 1)
	at := 0
	return t.Return(t.Runtime().Func("gmatch", func(t *vm.Thread, _ []vm.Value) []vm.Value {
		m := newMatcher(t, s, p)
		for ; at <= len(s); at++ {
			t.Step()
			m.level = 0
			end := m.match(at, 0)
			if end < 0 {
				continue
			}
			start := at
			at = end
			if end == start {
				at++ // an empty match: go on behind it
			}
			return t.Return(m.values(nil, start, end, true)...)
		}
		return t.Return()
	}))
}

func gsub(t *vm.Thread, args []vm.Value) []vm.Value {
	s, p := t.Str(args, 0), t.Str(args, 1)
	repl := vm.Arg(args, 2)
	if !isText(repl) && repl.Table() == nil && !repl.Callable() {
		t.ArgError(2, "string/function/table expected")
	}
	most := int(t.OptInt(args, 3, int64(len(s))+1))
	m := newMatcher(t, s, p)
	start := 0
	if strings.HasPrefix(p, "^") {
		start = 1
	}
	var out bytes.Buffer
	at, n := 0, 0
	for n < most {
		t.Step()
		m.level = 0
		end := m.match(at, start)
		if end >= 0 {
			n++
			before := out.Len()
			m.replace(&out, repl, at, end)
			t.Charge(out.Len() - before)
		}
		switch {
		case end > at:
			at = end
		case at < len(s):
			out.WriteByte(s[at])
			at++
		default:
			at++
		}
		if at > len(s) || start == 1 {
			break
		}
	}
	if at < len(s) {
		out.WriteString(s[at:])
	}
	return t.Return(t.Runtime().Bytes(out.Bytes()), vm.Number(float64(n)))
}

// replace writes what a match is replaced with: itself if the table or function says so.
func (m *matcher) replace(out *bytes.Buffer, repl vm.Value, s, e int) {
	var v vm.Value
	switch {
	case isText(repl):
		text, _ := repl.ToString()
		m.expand(out, text, s, e)
		return
	case repl.Callable():
		v = m.t.Call1(repl, m.values(nil, s, e, true)...)
	default:
		v = m.t.Index(repl, m.capture(0, s, e))
	}
	if !v.Truth() {
		out.WriteString(m.src[s:e])
		return
	}
	text, ok := v.ToString()
	if !ok {
		m.t.Errorf("invalid replacement value (a %s)", v.Kind())
	}
	out.WriteString(text)
}

func (m *matcher) expand(out *bytes.Buffer, text string, s, e int) {
	for i := 0; i < len(text); i++ {
		plain, _, escape := strings.Cut(text[i:], "%")
		out.WriteString(plain)
		if !escape {
			return
		}
		i += len(plain) + 1
		switch {
		case i >= len(text):
			out.WriteByte(0) // C reads the end of the string
		case !isDigit(text[i]):
			out.WriteByte(text[i])
		case text[i] == '0':
			out.WriteString(m.src[s:e])
		default:
			v, _ := m.capture(int(text[i]-'1'), s, e).ToString()
			out.WriteString(v)
		}
	}
}
