package modules

import (
	"math"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

// bits is a number's lower 32 bits, rounded to the nearest integer as BitOp rounds.
func bits(t *vm.Thread, args []vm.Value, i int) uint32 {
	f := math.RoundToEven(t.Num(args, i))
	return uint32(int64(math.Mod(f, 1<<32)))
}

func signed(t *vm.Thread, b uint32) []vm.Value { return t.Return(vm.Number(float64(int32(b)))) }

func fold(f func(a, b uint32) uint32) stdlib.Function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		b := bits(t, args, 0)
		for i := len(args) - 1; i > 0; i-- {
			b = f(b, bits(t, args, i))
		}
		return signed(t, b)
	}
}

func shift(f func(b, n uint32) uint32) stdlib.Function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		b, n := bits(t, args, 0), bits(t, args, 1)&31
		return signed(t, f(b, n))
	}
}

var bitFunctions = []stdlib.Entry{
	{Name: "tobit", Run: func(t *vm.Thread, args []vm.Value) []vm.Value { return signed(t, bits(t, args, 0)) }},
	{Name: "bnot", Run: func(t *vm.Thread, args []vm.Value) []vm.Value { return signed(t, ^bits(t, args, 0)) }},
	{Name: "band", Run: fold(func(a, b uint32) uint32 { return a & b })},
	{Name: "bor", Run: fold(func(a, b uint32) uint32 { return a | b })},
	{Name: "bxor", Run: fold(func(a, b uint32) uint32 { return a ^ b })},
	{Name: "lshift", Run: shift(func(b, n uint32) uint32 { return b << n })},
	{Name: "rshift", Run: shift(func(b, n uint32) uint32 { return b >> n })},
	{Name: "arshift", Run: shift(func(b, n uint32) uint32 { return uint32(int32(b) >> n) })},
	{Name: "rol", Run: shift(func(b, n uint32) uint32 { return b<<n | b>>(32-n) })},
	{Name: "ror", Run: shift(func(b, n uint32) uint32 { return b<<(32-n) | b>>n })},
	{Name: "bswap", Run: func(t *vm.Thread, args []vm.Value) []vm.Value {
		b := bits(t, args, 0)
		return signed(t, b>>24|b>>8&0xff00|b&0xff00<<8|b<<24)
	}},
	{Name: "tohex", Run: toHex},
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
