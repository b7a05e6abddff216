package stdlib

import (
	"fmt"
	"math"
	"strings"

	"larder/lua/vm"
)

var baseFunctions = []Entry{
	{"assert", assert},
	{"collectgarbage", collectGarbage},
	{"error", raise},
	{"gcinfo", gcInfo},
	{"getmetatable", getMetatable},
	{"load", load},
	{"loadstring", loadString},
	{"next", next},
	{"pcall", PCall},
	{"rawequal", rawEqual},
	{"rawget", rawGet},
	{"rawset", rawSet},
	{"select", selectArgs},
	{"setmetatable", setMetatable},
	{"tonumber", toNumber},
	{"tostring", toString},
	{"type", typeName},
	{"unpack", unpack},
	{"xpcall", xpcall},
}

func openBase(rt *vm.Runtime) {
	g := rt.Globals
	g.SetField("_G", vm.FromTable(g))
	g.SetField("_VERSION", rt.String("Lua 5.1"))
	Fill(rt, g, baseFunctions)
	openPairs(rt)
	Library(rt, "coroutine", coroutineFunctions)
}

// openPairs makes ipairs and pairs, which hand out a function of their own.
func openPairs(rt *vm.Runtime) {
	each := rt.Func("ipairs", nextItem)
	rt.Globals.SetField("ipairs", rt.Func("ipairs", func(t *vm.Thread, args []vm.Value) []vm.Value {
		return t.Return(each, vm.FromTable(t.Tab(args, 0)), vm.Number(0))
	}))
	nextFunc := rt.Globals.GetField("next")
	rt.Globals.SetField("pairs", rt.Func("pairs", func(t *vm.Thread, args []vm.Value) []vm.Value {
		return t.Return(nextFunc, vm.FromTable(t.Tab(args, 0)), vm.Nil())
	}))
}

func nextItem(t *vm.Thread, args []vm.Value) []vm.Value {
	i := int(t.Int(args, 1)) + 1
	v := t.Tab(args, 0).GetInt(i)
	if v.IsNil() {
		return t.Return()
	}
	return t.Return(vm.Number(float64(i)), v)
}

func assert(t *vm.Thread, args []vm.Value) []vm.Value {
	if !t.Any(args, 0).Truth() {
		t.Errorf("%s", t.OptStr(args, 1, "assertion failed!"))
	}
	return t.Return(args...)
}

func collectGarbage(t *vm.Thread, args []vm.Value) []vm.Value {
	switch option := t.OptStr(args, 0, "collect"); option {
	case "count":
		return t.Return(vm.Number(float64(t.Runtime().Live()) / 1024))
	case "step":
		return t.Return(vm.Bool(true))
	case "collect", "stop", "restart", "setpause", "setstepmul":
		return t.Return(vm.Number(0))
	default:
		t.ArgError(0, "invalid option '"+option+"'")
	}
	return nil
}

func gcInfo(t *vm.Thread, _ []vm.Value) []vm.Value {
	return t.Return(vm.Number(math.Floor(float64(t.Runtime().Live()) / 1024)))
}

func raise(t *vm.Thread, args []vm.Value) []vm.Value {
	level := int(t.OptInt(args, 1, 1))
	v := vm.Arg(args, 0)
	if s, ok := v.ToString(); ok && level > 0 {
		v = t.Runtime().String(t.Where(level) + s)
	}
	t.RaiseValue(v)
	return nil
}

func getMetatable(t *vm.Thread, args []vm.Value) []vm.Value {
	m := t.Runtime().MetaOf(t.Any(args, 0))
	if m == nil {
		return t.Return(vm.Nil())
	}
	if v := m.GetField("__metatable"); !v.IsNil() {
		return t.Return(v)
	}
	return t.Return(vm.FromTable(m))
}

func setMetatable(t *vm.Thread, args []vm.Value) []vm.Value {
	tb, m := t.Tab(args, 0), vm.Arg(args, 1)
	if len(args) < 2 || m.Table() == nil && !m.IsNil() {
		t.ArgError(1, "nil or table expected")
	}
	if old := tb.Meta(); old != nil && !old.GetField("__metatable").IsNil() {
		t.Errorf("cannot change a protected metatable")
	}
	t.Writable(tb)
	tb.SetMeta(m.Table())
	return t.Return(args[0])
}

func load(t *vm.Thread, args []vm.Value) []vm.Value {
	reader := t.Func(args, 0)
	name := t.OptStr(args, 1, "=(load)")
	var text strings.Builder
	for {
		piece := t.Call1(reader)
		s, ok := piece.ToString()
		if !ok && !piece.IsNil() {
			t.Errorf("reader function must return a string")
		}
		if s == "" {
			return loadText(t, text.String(), name)
		}
		t.Charge(len(s))
		text.WriteString(s)
	}
}

func loadString(t *vm.Thread, args []vm.Value) []vm.Value {
	text := t.Str(args, 0)
	return loadText(t, text, t.OptStr(args, 1, text))
}

func loadText(t *vm.Thread, text, name string) []vm.Value {
	t.Charge(len(text) * codeFactor)
	proto, err := vm.Compile(text, name)
	if err != nil {
		return t.Return(vm.Nil(), t.Runtime().String(err.Error()))
	}
	return t.Return(t.Load(proto))
}

// codeFactor is what a byte of source takes compiled, at the most that was measured.
const codeFactor = 40

func next(t *vm.Thread, args []vm.Value) []vm.Value {
	k, v, ok := t.Tab(args, 0).Next(vm.Arg(args, 1))
	if !ok {
		t.Raise("invalid key to 'next'")
	}
	if k.IsNil() {
		return t.Return(k)
	}
	return t.Return(k, v)
}

// PCall is pcall. What it returns may stand in the buffer of the thread.
func PCall(t *vm.Thread, args []vm.Value) []vm.Value {
	fn := t.Any(args, 0)
	var rs []vm.Value
	if err := t.Protect(func() { rs = t.Call(fn, args[1:]...) }); err != nil {
		return t.Return(vm.Bool(false), err.Value)
	}
	return succeeded(t, rs)
}

// succeeded puts true before results, which may stand in the buffer of the thread.
func succeeded(t *vm.Thread, rs []vm.Value) []vm.Value {
	rs = t.Return(append(rs, vm.Nil())...)
	copy(rs[1:], rs)
	rs[0] = vm.Bool(true)
	return rs
}

func isText(v vm.Value) bool { return v.Kind() == vm.KindString || v.IsNumber() }

func xpcall(t *vm.Thread, args []vm.Value) []vm.Value {
	handler := t.Any(args, 1)
	fn := args[0]
	var rs []vm.Value
	if err := t.Protect(func() { rs = t.Call(fn) }); err != nil {
		return t.Return(vm.Bool(false), handle(t, handler, err.Value))
	}
	return succeeded(t, rs)
}

// maxHandled is how often the reference implementation calls a handler that fails: until its C stack is full.
const maxHandled = 221

// handle gives an error to its handler. An error in the handler is given to the handler, too.
func handle(t *vm.Thread, handler, problem vm.Value) vm.Value {
	for range maxHandled {
		if !handler.Callable() {
			break
		}
		var handled vm.Value
		worse := t.Protect(func() { handled = t.Call1(handler, problem) })
		if worse == nil {
			return handled
		}
		problem = worse.Value
	}
	return vm.Constant("error in error handling")
}

func rawEqual(t *vm.Thread, args []vm.Value) []vm.Value {
	a, b := t.Any(args, 0), t.Any(args, 1)
	return t.Return(vm.Bool(vm.RawEqual(a, b)))
}

func rawGet(t *vm.Thread, args []vm.Value) []vm.Value {
	return t.Return(t.Tab(args, 0).Get(t.Any(args, 1)))
}

func rawSet(t *vm.Thread, args []vm.Value) []vm.Value {
	tb, k, v := t.Tab(args, 0), t.Any(args, 1), t.Any(args, 2)
	t.Writable(tb)
	tb.Set(k, v)
	return t.Return(args[0])
}

func selectArgs(t *vm.Thread, args []vm.Value) []vm.Value {
	if s, ok := vm.Arg(args, 0).Str(); ok && strings.HasPrefix(s, "#") {
		return t.Return(vm.Number(float64(len(args) - 1)))
	}
	n := int(t.Int(args, 0))
	if n < 0 {
		n += len(args)
	} else if n > len(args) {
		n = len(args)
	}
	if n < 1 {
		t.ArgError(0, "index out of range")
	}
	return t.Return(args[n:]...)
}

func toNumber(t *vm.Thread, args []vm.Value) []vm.Value {
	base := int32(t.OptInt(args, 1, 10))
	if base == 10 {
		if f, ok := t.Any(args, 0).ToNumber(); ok {
			return t.Return(vm.Number(f))
		}
		return t.Return(vm.Nil())
	}
	s := t.Str(args, 0)
	if base < 2 || base > 36 {
		t.ArgError(1, "base out of range")
	}
	if f, ok := parseBase(s, uint64(base)); ok {
		return t.Return(vm.Number(f))
	}
	return t.Return(vm.Nil())
}

// parseBase is C's strtoul: it wraps a minus sign around and stops at the largest number.
func parseBase(s string, base uint64) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && (strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X")) {
		s = s[2:]
	}
	var n uint64
	for i := range len(s) {
		d := Digit(s[i])
		if d >= base {
			return 0, false
		}
		if n > (math.MaxUint64-d)/base {
			return math.MaxUint64, true
		}
		n = n*base + d
	}
	if negative {
		n = -n
	}
	return float64(n), s != ""
}

// Digit is what an ASCII digit or letter stands for in bases up to 36, 99 for all other bytes.
func Digit(c byte) uint64 {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0')
	case 'a' <= c|32 && c|32 <= 'z':
		return uint64(c|32-'a') + 10
	}
	return 99
}

func toString(t *vm.Thread, args []vm.Value) []vm.Value {
	v := t.Any(args, 0)
	if m := t.Runtime().MetaOf(v); m != nil {
		if h := m.GetField("__tostring"); !h.IsNil() {
			return t.Return(t.Call1(h, v))
		}
	}
	return t.Return(t.Runtime().String(Text(v)))
}

// Text is a value as tostring shows it, metamethods aside.
func Text(v vm.Value) string {
	if s, ok := v.ToString(); ok {
		return s
	}
	switch v.Kind() {
	case vm.KindNil:
		return "nil"
	case vm.KindBool:
		if v.Truth() {
			return "true"
		}
		return "false"
	case vm.KindNull:
		return "userdata: (nil)"
	}
	return fmt.Sprintf("%s: 0x%012x", v.Kind(), v.Address())
}

func typeName(t *vm.Thread, args []vm.Value) []vm.Value {
	return t.Return(vm.Constant(t.Any(args, 0).Kind().String()))
}

// MaxResults is how many values a function in the reference implementation may return.
const MaxResults = 8000

func unpack(t *vm.Thread, args []vm.Value) []vm.Value {
	tb := t.Tab(args, 0)
	from := int64(int32(t.OptInt(args, 1, 1)))
	to := int64(tb.Len())
	if !vm.Arg(args, 2).IsNil() {
		to = int64(int32(t.Int(args, 2)))
	}
	if from > to {
		return t.Return()
	}
	if to-from+1+int64(len(args)) > MaxResults {
		t.Errorf("too many results to unpack")
	}
	rs := t.Return()
	for i := from; i <= to; i++ {
		rs = append(rs, tb.GetInt(int(i)))
	}
	return t.Return(rs...)
}
