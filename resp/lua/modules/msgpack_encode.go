package modules

import (
	"encoding/binary"
	"math"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

const maxPackDepth = 16

func openMsgpack(rt *vm.Runtime) {
	tb := stdlib.Library(rt, "cmsgpack", []stdlib.Entry{
		{Name: "pack", Run: pack},
		{Name: "unpack", Run: unpackAll},
		{Name: "unpack_one", Run: unpackOne},
		{Name: "unpack_limit", Run: unpackLimit},
	})
	tb.SetField("_NAME", rt.String("cmsgpack"))
	tb.SetField("_VERSION", rt.String("lua-cmsgpack 0.4.0"))
	tb.SetField("_COPYRIGHT", rt.String("Copyright (C) 2012, Salvatore Sanfilippo"))
	tb.SetField("_DESCRIPTION", rt.String("MessagePack C implementation for Lua"))
}

// packer writes MessagePack. Memory is charged as the text grows.
type packer struct {
	t       *vm.Thread
	out     []byte
	charged int
}

func pack(t *vm.Thread, args []vm.Value) []vm.Value {
	if len(args) == 0 {
		t.ArgError(-1, "MessagePack pack needs input.")
	}
	p := &packer{t: t}
	for _, v := range args {
		p.value(v, 0)
	}
	return t.Return(t.Runtime().Bytes(p.out))
}

func (p *packer) value(v vm.Value, depth int) {
	if n := len(p.out); n > p.charged+4096 {
		p.t.Charge(n - p.charged)
		p.charged = n
	}
	switch v.Kind() {
	case vm.KindString:
		s, _ := v.Str()
		p.str(s)
	case vm.KindBool:
		if v.Truth() {
			p.out = append(p.out, 0xc3)
		} else {
			p.out = append(p.out, 0xc2)
		}
	case vm.KindNumber:
		p.number(v.Num())
	case vm.KindTable:
		if depth < maxPackDepth {
			p.table(v.Table(), depth)
			return
		}
		fallthrough
	default:
		p.out = append(p.out, 0xc0)
	}
}

// number writes integers that fit 64 bits as such, and floats in the smaller exact size.
func (p *packer) number(f float64) {
	switch {
	case !math.IsInf(f, 0) && float64(vm.Integer(f)) == f && f < 1<<63:
		p.integer(vm.Integer(f))
	case float64(float32(f)) == f:
		p.out = binary.BigEndian.AppendUint32(append(p.out, 0xca), math.Float32bits(float32(f)))
	default:
		p.out = binary.BigEndian.AppendUint64(append(p.out, 0xcb), math.Float64bits(f))
	}
}

func (p *packer) integer(n int64) {
	u := uint64(n)
	switch {
	case n >= 0 && n <= 127, n < 0 && n >= -32:
		p.out = append(p.out, byte(n))
	case n > 0 && n <= 0xff:
		p.out = append(p.out, 0xcc, byte(n))
	case n > 0 && n <= 0xffff:
		p.out = binary.BigEndian.AppendUint16(append(p.out, 0xcd), uint16(n))
	case n > 0 && n <= 0xffffffff:
		p.out = binary.BigEndian.AppendUint32(append(p.out, 0xce), uint32(n))
	case n > 0:
		p.out = binary.BigEndian.AppendUint64(append(p.out, 0xcf), u)
	case n >= -128:
		p.out = append(p.out, 0xd0, byte(n))
	case n >= -32768:
		p.out = binary.BigEndian.AppendUint16(append(p.out, 0xd1), uint16(n))
	case n >= math.MinInt32:
		p.out = binary.BigEndian.AppendUint32(append(p.out, 0xd2), uint32(n))
	default:
		p.out = binary.BigEndian.AppendUint64(append(p.out, 0xd3), u)
	}
}

// header writes a length: in the tag itself up to small, else behind the tags for 8, 16 and
// 32 bits; tag8 0 means that there is none.
func (p *packer) header(n, small int, fix, tag8, tag16, tag32 byte) {
	switch {
	case n <= small:
		p.out = append(p.out, fix|byte(n))
	case n <= 0xff && tag8 != 0:
		p.out = append(p.out, tag8, byte(n))
	case n <= 0xffff:
		p.out = binary.BigEndian.AppendUint16(append(p.out, tag16), uint16(n))
	default:
		p.out = binary.BigEndian.AppendUint32(append(p.out, tag32), uint32(n))
	}
}

func (p *packer) str(s string) {
	p.header(len(s), 31, 0xa0, 0xd9, 0xda, 0xdb)
	p.out = append(p.out, s...)
}

func (p *packer) table(tb *vm.Table, depth int) {
	p.t.Step()
	if isArray(tb) {
		n := tb.Len()
		p.header(n, 15, 0x90, 0, 0xdc, 0xdd)
		for i := 1; i <= n; i++ {
			p.value(p.t.Index(vm.FromTable(tb), vm.Number(float64(i))), depth+1)
		}
		return
	}
	n := 0
	for k, _, _ := tb.Next(vm.Nil()); !k.IsNil(); k, _, _ = tb.Next(k) {
		n++
	}
	p.header(n, 15, 0x80, 0, 0xde, 0xdf)
	for k, v, _ := tb.Next(vm.Nil()); !k.IsNil(); k, v, _ = tb.Next(k) {
		p.value(k, depth+1)
		p.value(v, depth+1)
	}
}

// isArray reports whether the keys are 1 to their number, as those of an empty table are.
func isArray(tb *vm.Table) bool {
	highest, count := 0.0, 0
	for k, _, _ := tb.Next(vm.Nil()); !k.IsNil(); k, _, _ = tb.Next(k) {
		f := k.Num()
		if !k.IsNumber() || f <= 0 || float64(int32(vm.Integer(f))) != f {
			return false
		}
		highest = max(highest, f)
		count++
	}
	return int(highest) == count
}
