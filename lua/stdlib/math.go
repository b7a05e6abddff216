package stdlib

import (
	"math"
	"time"

	"larder/lua/vm"
)

// of wraps a function of one number.
func of(f func(float64) float64) Function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value { return t.Return(vm.Number(f(t.Num(args, 0)))) }
}

func of2(f func(a, b float64) float64) Function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		a, b := t.Num(args, 0), t.Num(args, 1)
		return t.Return(vm.Number(f(a, b)))
	}
}

var mathFunctions = []Entry{
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
	tb := Library(rt, "math", mathFunctions)
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

func extreme(better func(a, b float64) bool) Function {
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
var osFunctions = []Entry{
	{"clock", func(t *vm.Thread, _ []vm.Value) []vm.Value {
		return t.Return(vm.Number(time.Since(started).Seconds()))
	}},
}
