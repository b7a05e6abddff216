package stdlib

import (
	"math"
	"time"

	"larder/resp/lua/vm"
)

// of wraps a function of one number.
func of(f func(float64) float64) function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value { return t.Return(vm.Number(f(t.Num(args, 0)))) }
}

func of2(f func(a, b float64) float64) function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		a, b := t.Num(args, 0), t.Num(args, 1)
		return t.Return(vm.Number(f(a, b)))
	}
}

var mathFunctions = []entry{
	{"abs", of(math.Abs)},
	{"acos", of(math.Acos)},
	{"asin", of(math.Asin)},
	{"atan2", of2(math.Atan2)},
	{"atan", of(math.Atan)},
	{"ceil", of(math.Ceil)},
	{"cosh", of(math.Cosh)},
	{"cos", of(math.Cos)},
	{"deg", of(func(x float64) float64 { return x / (math.Pi / 180) })},
	{"exp", of(math.Exp)},
	{"floor", of(math.Floor)},
	{"fmod", of2(math.Mod)},
	{"frexp", frexp},
	{"ldexp", ldexp},
	{"log10", of(math.Log10)},
	{"log", of(math.Log)},
	{"max", extreme(func(a, b float64) bool { return a > b })},
	{"min", extreme(func(a, b float64) bool { return a < b })},
	{"modf", modf},
	{"pow", of2(math.Pow)},
	{"rad", of(func(x float64) float64 { return x * (math.Pi / 180) })},
	{"sinh", of(math.Sinh)},
	{"sin", of(math.Sin)},
	{"sqrt", of(math.Sqrt)},
	{"tanh", of(math.Tanh)},
	{"tan", of(math.Tan)},
}

func openMath(rt *vm.Runtime) {
	tb := library(rt, "math", mathFunctions)
	tb.SetField("pi", vm.Number(math.Pi))
	tb.SetField("huge", vm.Number(math.Inf(1)))
	tb.SetField("mod", tb.GetField("fmod"))
}

func frexp(t *vm.Thread, args []vm.Value) []vm.Value {
	m, e := math.Frexp(t.Num(args, 0))
	return t.Return(vm.Number(m), vm.Number(float64(e)))
}

func ldexp(t *vm.Thread, args []vm.Value) []vm.Value {
	m, e := t.Num(args, 0), int32(t.Int(args, 1))
	return t.Return(vm.Number(math.Ldexp(m, int(e))))
}

func modf(t *vm.Thread, args []vm.Value) []vm.Value {
	x := t.Num(args, 0)
	whole := math.Trunc(x)
	part := math.Copysign(x-whole, x)
	if math.IsInf(x, 0) {
		part = math.Copysign(0, x)
	}
	return t.Return(vm.Number(whole), vm.Number(part))
}

func extreme(better func(a, b float64) bool) function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		best := t.Num(args, 0)
		for i := range args {
			if x := t.Num(args, i); better(x, best) {
				best = x
			}
		}
		return t.Return(vm.Number(best))
	}
}

var started = time.Now()

// osFunctions is all of os that a script may have.
var osFunctions = []entry{
	{"clock", func(t *vm.Thread, _ []vm.Value) []vm.Value {
		return t.Return(vm.Number(time.Since(started).Seconds()))
	}},
}

// bits is a number's lower 32 bits, rounded to the nearest integer as BitOp rounds.
func bits(t *vm.Thread, args []vm.Value, i int) uint32 {
	f := math.RoundToEven(t.Num(args, i))
	return uint32(int64(math.Mod(f, 1<<32)))
}

func signed(t *vm.Thread, b uint32) []vm.Value { return t.Return(vm.Number(float64(int32(b)))) }

func fold(f func(a, b uint32) uint32) function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		b := bits(t, args, 0)
		for i := len(args) - 1; i > 0; i-- {
			b = f(b, bits(t, args, i))
		}
		return signed(t, b)
	}
}

func shift(f func(b, n uint32) uint32) function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		b, n := bits(t, args, 0), bits(t, args, 1)&31
		return signed(t, f(b, n))
	}
}

var bitFunctions = []entry{
	{"tobit", func(t *vm.Thread, args []vm.Value) []vm.Value { return signed(t, bits(t, args, 0)) }},
	{"bnot", func(t *vm.Thread, args []vm.Value) []vm.Value { return signed(t, ^bits(t, args, 0)) }},
	{"band", fold(func(a, b uint32) uint32 { return a & b })},
	{"bor", fold(func(a, b uint32) uint32 { return a | b })},
	{"bxor", fold(func(a, b uint32) uint32 { return a ^ b })},
	{"lshift", shift(func(b, n uint32) uint32 { return b << n })},
	{"rshift", shift(func(b, n uint32) uint32 { return b >> n })},
	{"arshift", shift(func(b, n uint32) uint32 { return uint32(int32(b) >> n) })},
	{"rol", shift(func(b, n uint32) uint32 { return b<<n | b>>(32-n) })},
	{"ror", shift(func(b, n uint32) uint32 { return b<<(32-n) | b>>n })},
	{"bswap", func(t *vm.Thread, args []vm.Value) []vm.Value {
		b := bits(t, args, 0)
		return signed(t, b>>24|b>>8&0xff00|b&0xff00<<8|b<<24)
	}},
	{"tohex", toHex},
}

func toHex(t *vm.Thread, args []vm.Value) []vm.Value {
	b, n, digits := bits(t, args, 0), int64(8), "0123456789abcdef"
	if len(args) > 1 {
		n = int64(int32(bits(t, args, 1)))
	}
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	n = min(n, 8)
	buf := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		buf[i] = digits[b&15]
		b >>= 4
	}
	return t.Return(t.Runtime().Bytes(buf))
}
