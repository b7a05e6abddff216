package modules

import (
	"fmt"
	"math"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

// maxJSONDepth holds whatever the settings say: the C stack's limit in the original.
const maxJSONDepth = 2600

// Settings are what the functions of cjson's table configure. They belong to a Runtime.
type Settings struct {
	sparseConvert bool
	sparseRatio   int
	sparseSafe    int
	encodeDepth   int
	decodeDepth   int
	precision     int
	encodeInvalid int // 0 refused, 1 written, 2 written as null
	decodeInvalid bool
	keepBuffer    bool
}

// DefaultSettings are those of a fresh runtime.
func DefaultSettings() *Settings {
	return &Settings{sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, precision: 14,
		decodeInvalid: true, keepBuffer: true}
}

func openJSON(rt *vm.Runtime) *Settings {
	tb, s := newJSON(rt)
	rt.Globals.SetField("cjson", vm.FromTable(tb))
	return s
}

func newJSON(rt *vm.Runtime) (*vm.Table, *Settings) {
	s := DefaultSettings()
	tb := rt.NewTable(0, 0)
	stdlib.Fill(rt, tb, []stdlib.Entry{
		{Name: "encode", Run: s.encode},
		{Name: "decode", Run: s.decode},
		{Name: "encode_sparse_array", Run: s.setSparse},
		{Name: "encode_max_depth", Run: func(t *vm.Thread, args []vm.Value) []vm.Value {
			return t.Return(integerOption(t, only(t, args, 1), 0, &s.encodeDepth, 1, math.MaxInt32))
		}},
		{Name: "decode_max_depth", Run: func(t *vm.Thread, args []vm.Value) []vm.Value {
			return t.Return(integerOption(t, only(t, args, 1), 0, &s.decodeDepth, 1, math.MaxInt32))
		}},
		{Name: "encode_number_precision", Run: func(t *vm.Thread, args []vm.Value) []vm.Value {
			return t.Return(integerOption(t, only(t, args, 1), 0, &s.precision, 1, 14))
		}},
		{Name: "encode_keep_buffer", Run: func(t *vm.Thread, args []vm.Value) []vm.Value {
			return t.Return(boolOption(t, only(t, args, 1), 0, &s.keepBuffer))
		}},
		{Name: "encode_invalid_numbers", Run: s.setEncodeInvalid},
		{Name: "decode_invalid_numbers", Run: func(t *vm.Thread, args []vm.Value) []vm.Value {
			return t.Return(boolOption(t, only(t, args, 1), 0, &s.decodeInvalid))
		}},
		{Name: "new", Run: func(t *vm.Thread, _ []vm.Value) []vm.Value {
			fresh, _ := newJSON(t.Runtime())
			return t.Return(vm.FromTable(fresh))
		}},
	})
	tb.SetField("null", vm.Null())
	tb.SetField("_NAME", rt.String("cjson"))
	tb.SetField("_VERSION", rt.String("2.1.0"))
	return tb, s
}

func only(t *vm.Thread, args []vm.Value, n int) []vm.Value {
	if len(args) > n {
		t.ArgError(n, "found too many arguments")
	}
	return args
}

func integerOption(t *vm.Thread, args []vm.Value, i int, setting *int, low, high int64) vm.Value {
	if !vm.Arg(args, i).IsNil() {
		n := int64(int32(t.Int(args, i)))
		if n < low || n > high {
			t.ArgError(0, fmt.Sprintf("expected integer between %d and %d", low, high))
		}
		*setting = int(n)
	}
	return vm.Number(float64(*setting))
}

func boolOption(t *vm.Thread, args []vm.Value, i int, setting *bool) vm.Value {
	if v := vm.Arg(args, i); v.Kind() == vm.KindBool {
		*setting = v.Truth()
	} else if !v.IsNil() {
		*setting = choice(t, args, i, "off", "on") == 1
	}
	return vm.Bool(*setting)
}

func choice(t *vm.Thread, args []vm.Value, i int, options ...string) int {
	s := t.Str(args, i)
	for n, o := range options {
		if s == o {
			return n
		}
	}
	t.ArgError(i, "invalid option '"+s+"'")
	return 0
}

func (s *Settings) setSparse(t *vm.Thread, args []vm.Value) []vm.Value {
	args = only(t, args, 3)
	convert := boolOption(t, args, 0, &s.sparseConvert)
	ratio := integerOption(t, args, 1, &s.sparseRatio, 0, math.MaxInt32)
	return t.Return(convert, ratio, integerOption(t, args, 2, &s.sparseSafe, 0, math.MaxInt32))
}

func (s *Settings) setEncodeInvalid(t *vm.Thread, args []vm.Value) []vm.Value {
	args = only(t, args, 1)
	if v := vm.Arg(args, 0); v.Kind() == vm.KindBool {
		s.encodeInvalid = 0
		if v.Truth() {
			s.encodeInvalid = 1
		}
	} else if !v.IsNil() {
		s.encodeInvalid = choice(t, args, 0, "off", "on", "null")
	}
	if s.encodeInvalid == 2 {
		return t.Return(vm.Constant("null"))
	}
	return t.Return(vm.Bool(s.encodeInvalid == 1))
}
