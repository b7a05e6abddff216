package stdlib

import (
	"strings"

	"larder/lua/vm"
)

var stringFunctions = []Entry{
	{"byte", byteOf},
	{"char", char},
	{"dump", dump},
	{"find", find},
	{"format", format},
	{"gfind", gmatch},
	{"gmatch", gmatch},
	{"gsub", gsub},
	{"len", length},
	{"lower", mapped(func(c byte) byte {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	})},
	{"match", match},
	{"rep", rep},
	{"reverse", reverse},
	{"sub", sub},
	{"upper", mapped(func(c byte) byte {
		if 'a' <= c && c <= 'z' {
			return c - 'a' + 'A'
		}
		return c
	})},
}

// relative turns a position that counts from the end if negative into one from the start.
func relative(pos int64, n int) int64 {
	if pos < 0 {
		pos += int64(n) + 1
	}
	return max(pos, 0)
}

func length(t *vm.Thread, args []vm.Value) []vm.Value {
	return t.Return(vm.Number(float64(len(t.Str(args, 0)))))
}

func sub(t *vm.Thread, args []vm.Value) []vm.Value {
	s := t.Str(args, 0)
	from := max(relative(t.Int(args, 1), len(s)), 1)
	to := min(relative(t.OptInt(args, 2, -1), len(s)), int64(len(s)))
	if from > to {
		return t.Return(vm.Constant(""))
	}
	return t.Return(t.Runtime().String(s[from-1 : to]))
}

func mapped(f func(byte) byte) Function {
	return func(t *vm.Thread, args []vm.Value) []vm.Value {
		s := t.Str(args, 0)
		t.Charge(len(s))
		b := []byte(s)
		for i, c := range b {
			b[i] = f(c)
		}
		return t.Return(t.Runtime().Bytes(b))
	}
}

func reverse(t *vm.Thread, args []vm.Value) []vm.Value {
	s := t.Str(args, 0)
	t.Charge(len(s))
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	return t.Return(t.Runtime().Bytes(b))
}

func rep(t *vm.Thread, args []vm.Value) []vm.Value {
	s, n := t.Str(args, 0), t.Int(args, 1)
	if n <= 0 || s == "" {
		return t.Return(vm.Constant(""))
	}
	const most = 1 << 40 // more than any budget; the product must not overflow
	t.Charge(int(min(n, most)) * min(len(s), 1<<20))
	return t.Return(t.Runtime().String(strings.Repeat(s, int(n))))
}

func byteOf(t *vm.Thread, args []vm.Value) []vm.Value {
	s := t.Str(args, 0)
	from := relative(t.OptInt(args, 1, 1), len(s))
	to := min(relative(t.OptInt(args, 2, from), len(s)), int64(len(s)))
	from = max(from, 1)
	if from > to {
		return t.Return()
	}
	if to-from >= MaxResults {
		t.Errorf("stack overflow (string slice too long)")
	}
	rs := t.Return()
	for _, c := range []byte(s[from-1 : to]) {
		rs = append(rs, vm.Number(float64(c)))
	}
	return t.Return(rs...)
}

func char(t *vm.Thread, args []vm.Value) []vm.Value {
	b := make([]byte, len(args))
	for i := range args {
		c := int32(t.Int(args, i))
		if c != int32(byte(c)) {
			t.ArgError(i, "invalid value")
		}
		b[i] = byte(c)
	}
	return t.Return(t.Runtime().Bytes(b))
}

// dump answers what looks like compiled code; nothing loads such, so it holds none.
func dump(t *vm.Thread, args []vm.Value) []vm.Value {
	if fn := t.Func(args, 0); !fn.IsLua() {
		t.Errorf("unable to dump given function")
	}
	return t.Return(vm.Constant("\x1bLuaQ\x00"))
}
