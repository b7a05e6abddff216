package modules

import (
	"encoding/binary"
	"math"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

// unpacker reads MessagePack; a fault is a Lua error.
type unpacker struct {
	t     *vm.Thread
	in    string
	pos   int
	depth int
}

// maxUnpackDepth bounds the goroutine's stack; pack writes 16 levels at most.
const maxUnpackDepth = 5000

func unpackAll(t *vm.Thread, args []vm.Value) []vm.Value {
	return unpackFrom(t, t.Str(args, 0), math.MaxInt32, 0, true)
}

func unpackOne(t *vm.Thread, args []vm.Value) []vm.Value {
	offset := t.OptInt(args, 1, 0)
	return unpackSome(t, t.Str(args, 0), 1, offset)
}

func unpackLimit(t *vm.Thread, args []vm.Value) []vm.Value {
	limit := t.Int(args, 1)
	offset := t.OptInt(args, 2, 0)
	return unpackSome(t, t.Str(args, 0), limit, offset)
}

func unpackSome(t *vm.Thread, in string, limit, offset int64) []vm.Value {
	switch {
	case offset < 0 || limit < 0:
		t.Errorf("Invalid request to unpack with offset of %d and limit of %d.", int32(offset), int32(len(in)))
	case offset > int64(len(in)):
		t.Errorf("Start offset %d greater than input length %d.", int32(offset), int32(len(in)))
	case limit == 0 && offset == 0:
		return unpackFrom(t, in, math.MaxInt32, 0, true)
	}
	return unpackFrom(t, in, limit, int(offset), false)
}

// unpackFrom reads up to limit values; unless all, the offset of the next comes first, -1 at
// the end.
func unpackFrom(t *vm.Thread, in string, limit int64, offset int, all bool) []vm.Value {
	u := &unpacker{t: t, in: in, pos: offset}
	tb := t.Runtime().NewTable(0, 0) // keeps the values where the measuring of memory sees them
	drop := t.Keep(vm.FromTable(tb))
	n := 0
	for u.pos < len(in) && int64(n) < limit {
		n++
		if n > stdlib.MaxResults {
			t.Errorf("stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)")
		}
		tb.SetInt(n, u.value())
	}
	rs := t.Return()
	if !all {
		next := u.pos
		if next == len(in) {
			next = -1
		}
		rs = append(rs, vm.Number(float64(next)))
	}
	for i := 1; i <= n; i++ {
		rs = append(rs, tb.GetInt(i))
	}
	drop()
	return t.Return(rs...)
}

func (u *unpacker) bad() { u.t.Errorf("Bad data format in input.") }

// take reads n bytes.
func (u *unpacker) take(n int) string {
	if n > len(u.in)-u.pos {
		u.t.Errorf("Missing bytes in input.")
	}
	s := u.in[u.pos : u.pos+n]
	u.pos += n
	return s
}

// uint reads n bytes as an unsigned number.
func (u *unpacker) uint(n int) uint64 {
	var room [8]byte
	copy(room[8-n:], u.take(n))
	return binary.BigEndian.Uint64(room[:])
}

func number[T uint64 | int8 | int16 | int32 | int64 | float64 | float32](n T) vm.Value {
	return vm.Number(float64(n))
}

func (u *unpacker) value() vm.Value {
	tag := u.take(1)[0]
	switch {
	case tag < 0x80:
		return number(uint64(tag))
	case tag < 0x90:
		return u.fields(int(tag & 0xf))
	case tag < 0xa0:
		return u.items(int(tag & 0xf))
	case tag < 0xc0:
		return u.str(int(tag & 0x1f))
	case tag >= 0xe0:
		return number(int8(tag))
	}
	switch tag {
	case 0xc0:
		return vm.Nil()
	case 0xc2, 0xc3:
		return vm.Bool(tag == 0xc3)
	case 0xca:
		return number(math.Float32frombits(uint32(u.uint(4))))
	case 0xcb:
		return number(math.Float64frombits(u.uint(8)))
	case 0xcc, 0xcd, 0xce:
		return number(u.uint(1 << (tag - 0xcc)))
	case 0xcf:
		return number(int64(u.uint(8))) // as the original: pushed as a signed integer
	case 0xd0:
		return number(int8(u.uint(1)))
	case 0xd1:
		return number(int16(u.uint(2)))
	case 0xd2:
		return number(int32(u.uint(4)))
	case 0xd3:
		return number(int64(u.uint(8)))
	case 0xd9, 0xda, 0xdb:
		return u.str(int(u.uint(1 << (tag - 0xd9))))
	case 0xdc, 0xdd:
		return u.items(int(u.uint(2 << (tag - 0xdc))))
	case 0xde, 0xdf:
		return u.fields(int(u.uint(2 << (tag - 0xde))))
	}
	u.bad()
	return vm.Nil()
}

func (u *unpacker) str(n int) vm.Value { return u.t.Runtime().String(u.take(n)) }

// nested makes a table that stands where the measuring of memory sees it while it is filled.
func (u *unpacker) nested(fill func(*vm.Table)) vm.Value {
	if u.depth++; u.depth > maxUnpackDepth {
		u.bad()
	}
	u.t.Step()
	tb := u.t.Runtime().NewTable(0, 0)
	drop := u.t.Keep(vm.FromTable(tb))
	fill(tb)
	drop()
	u.depth--
	return vm.FromTable(tb)
}

func (u *unpacker) items(n int) vm.Value {
	return u.nested(func(tb *vm.Table) {
		for i := 1; i <= n; i++ {
			tb.SetInt(i, u.value())
		}
	})
}

func (u *unpacker) fields(n int) vm.Value {
	return u.nested(func(tb *vm.Table) {
		for range n {
			k := u.value()
			tb.Set(k, u.value())
		}
	})
}
