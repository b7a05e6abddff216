package modules

import (
	"fmt"
	"math"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

// jsonEncoder writes one value. Memory is charged as the text grows.
type jsonEncoder struct {
	*Settings
	t       *vm.Thread
	out     []byte
	charged int
}

func (s *Settings) encode(t *vm.Thread, args []vm.Value) []vm.Value {
	if len(args) != 1 {
		t.ArgError(0, "expected 1 argument")
	}
	e := &jsonEncoder{Settings: s, t: t}
	e.value(args[0], 0)
	return t.Return(t.Runtime().Bytes(e.out))
}

func (e *jsonEncoder) refuse(v vm.Value, reason string) {
	e.t.Errorf("Cannot serialise %s: %s", v.Kind(), reason)
}

func (e *jsonEncoder) value(v vm.Value, depth int) {
	if n := len(e.out); n > e.charged+4096 {
		e.t.Charge(n - e.charged)
		e.charged = n
	}
	switch v.Kind() {
	case vm.KindString:
		s, _ := v.Str()
		e.str(s)
	case vm.KindNumber:
		e.number(v)
	case vm.KindBool:
		e.out = append(e.out, stdlib.Text(v)...)
	case vm.KindNil, vm.KindNull:
		e.out = append(e.out, "null"...)
	case vm.KindTable:
		e.table(v, depth+1)
	default:
		e.refuse(v, "type not supported")
	}
}

func (e *jsonEncoder) table(v vm.Value, depth int) {
	if depth > min(e.encodeDepth, maxJSONDepth) {
		e.t.Errorf("Cannot serialise, excessive nesting (%d)", depth)
	}
	e.t.Step()
	tb := v.Table()
	if n := e.arrayLength(v); n > 0 {
		e.array(tb, n, depth)
		return
	}
	e.object(tb, depth)
}

// arrayLength is the highest index if all keys are positive integers, and not too sparse;
// below zero it is an object.
func (e *jsonEncoder) arrayLength(v vm.Value) int {
	highest, items := 0.0, 0
	tb := v.Table()
	for k, _, _ := tb.Next(vm.Nil()); !k.IsNil(); k, _, _ = tb.Next(k) {
		if !k.IsNumber() || k.Num() < 1 || k.Num() != math.Floor(k.Num()) {
			return -1
		}
		highest = max(highest, k.Num())
		items++
	}
	if e.sparseRatio > 0 && highest > float64(items*e.sparseRatio) && highest > float64(e.sparseSafe) {
		if !e.sparseConvert {
			e.refuse(v, "excessively sparse array")
		}
		return -1
	}
	return int(min(highest, math.MaxInt32))
}

func (e *jsonEncoder) array(tb *vm.Table, n, depth int) {
	e.out = append(e.out, '[')
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.out = append(e.out, ',')
		}
		e.value(tb.GetInt(i), depth)
	}
	e.out = append(e.out, ']')
}

func (e *jsonEncoder) object(tb *vm.Table, depth int) {
	e.out = append(e.out, '{')
	comma := false
	for k, v, _ := tb.Next(vm.Nil()); !k.IsNil(); k, v, _ = tb.Next(k) {
		if comma {
			e.out = append(e.out, ',')
		}
		comma = true
		switch k.Kind() {
		case vm.KindNumber:
			e.out = append(e.out, '"')
			e.number(k)
			e.out = append(e.out, '"', ':')
		case vm.KindString:
			s, _ := k.Str()
			e.str(s)
			e.out = append(e.out, ':')
		default:
			e.refuse(k, "table key must be a number or string")
		}
		e.value(v, depth)
	}
	e.out = append(e.out, '}')
}

func (e *jsonEncoder) number(v vm.Value) {
	f := v.Num()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch {
		case e.encodeInvalid == 0:
			e.refuse(v, "must not be NaN or Inf")
		case e.encodeInvalid == 2:
			e.out = append(e.out, "null"...)
			return
		case math.IsNaN(f):
			e.out = append(e.out, "nan"...)
			return
		}
	}
	e.out = vm.AppendG(e.out, f, e.precision)
}

func (e *jsonEncoder) str(s string) {
	e.out = append(e.out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '/':
			e.out = append(e.out, '\\', c)
		case '\b':
			e.out = append(e.out, `\b`...)
		case '\t':
			e.out = append(e.out, `\t`...)
		case '\n':
			e.out = append(e.out, `\n`...)
		case '\f':
			e.out = append(e.out, `\f`...)
		case '\r':
			e.out = append(e.out, `\r`...)
		default:
			if c < ' ' || c == 127 {
				e.out = fmt.Appendf(e.out, `\u%04x`, c)
			} else {
				e.out = append(e.out, c)
			}
		}
	}
	e.out = append(e.out, '"')
}
