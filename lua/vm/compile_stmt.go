package vm

import "larder/lua/syntax"

func statement(s syntax.Stmt) stmt {
	switch x := s.(type) {
	case *syntax.Declare:
		return declare(x)
	case *syntax.LocalFunction:
		return localFunction(x)
	case *syntax.Assign:
		return assign(x)
	case *syntax.CallStmt:
		c := call(x.Call)
		return func(f *Frame) signal { c(f); return sigNone }
	case *syntax.Do:
		return block(x.Body)
	case *syntax.While:
		return while(x)
	case *syntax.Repeat:
		return repeat(x)
	case *syntax.If:
		return branch(x)
	case *syntax.NumericFor:
		return numericFor(x)
	case *syntax.GenericFor:
		return genericFor(x)
	case *syntax.Return:
		return returns(x)
	case *syntax.Break:
		return func(*Frame) signal { return sigBreak }
	}
	panic("no such statement")
}

// bind gives a local its first value.
func bind(l *syntax.Local) func(*Frame, Value) {
	slot := l.Slot
	if !l.Captured {
		return func(f *Frame, v Value) { f.regs[slot] = v }
	}
	return func(f *Frame, v Value) {
		f.t.rt.charge(valueBytes + 8)
		f.regs[slot] = Value{ref: &Cell{v: v}}
	}
}

func binds(locals []*syntax.Local) []func(*Frame, Value) {
	all := make([]func(*Frame, Value), len(locals))
	for i, l := range locals {
		all[i] = bind(l)
	}
	return all
}

func declare(x *syntax.Declare) stmt {
	if len(x.Locals) == 1 && len(x.Values) == 1 {
		set, value := bind(x.Locals[0]), expr(x.Values[0])
		if l := x.Locals[0]; !l.Captured {
			slot := l.Slot
			return func(f *Frame) signal { f.regs[slot] = value(f); return sigNone }
		}
		return func(f *Frame) signal { set(f, value(f)); return sigNone }
	}
	sets, values := binds(x.Locals), pushAll(x.Values)
	return func(f *Frame) signal {
		t := f.t
		base := len(t.values)
		values(f)
		for i, set := range sets {
			set(f, Arg(t.values[base:], i))
		}
		t.values = t.values[:base]
		return sigNone
	}
}

func localFunction(x *syntax.LocalFunction) stmt {
	set, fn, slot := bind(x.Local), lambda(compile(x.Func)), x.Local.Slot
	if !x.Local.Captured {
		return func(f *Frame) signal { set(f, fn(f)); return sigNone }
	}
	return func(f *Frame) signal {
		set(f, Value{})
		f.regs[slot].ref.(*Cell).v = fn(f)
		return sigNone
	}
}

func branch(x *syntax.If) stmt {
	conds := make([]test, len(x.Conds))
	for i, c := range x.Conds {
		conds[i] = condition(c)
	}
	blocks := make([]stmt, len(x.Blocks))
	for i, b := range x.Blocks {
		blocks[i] = block(b)
	}
	return func(f *Frame) signal {
		for i, c := range conds {
			if c(f) {
				return blocks[i](f)
			}
		}
		if len(blocks) > len(conds) {
			return blocks[len(conds)](f)
		}
		return sigNone
	}
}

// returns leaves the values in Thread.ret. A call to a Lua function that stands alone is a
// tail call: run starts it when this frame is gone.
func returns(x *syntax.Return) stmt {
	if len(x.Values) == 1 {
		if c, ok := x.Values[0].(*syntax.Call); ok {
			return tailCall(c)
		}
		if _, ok := x.Values[0].(*syntax.Vararg); !ok {
			value := expr(x.Values[0])
			return func(f *Frame) signal {
				v := value(f)
				f.t.ret = append(f.t.ret[:0], v)
				return sigReturn
			}
		}
	}
	values := pushAll(x.Values)
	return func(f *Frame) signal {
		t := f.t
		base := len(t.values)
		values(f)
		t.ret = append(t.ret[:0], t.values[base:]...)
		t.values = t.values[:base]
		return sigReturn
	}
}

func tailCall(c *syntax.Call) stmt {
	ready, name := callee(c)
	return func(f *Frame) signal {
		t := f.t
		fn, base := ready(f)
		end := len(t.values)
		if cl, ok := fn.ref.(*Closure); ok {
			t.ret = append(t.ret[:0], t.values[base:]...)
			t.tail, t.tailSite = cl, name
			t.values = t.values[:base]
			return sigTail
		}
		rs := t.call(fn, t.values[base:end:end], name)
		t.values = t.values[:base]
		t.keepReturned(rs)
		return sigReturn
	}
}

// keepReturned puts what a call returned where a return statement leaves it.
func (t *Thread) keepReturned(rs []Value) {
	t.ret = append(t.ret[:0], rs...)
}
