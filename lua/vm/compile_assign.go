package vm

import "larder/lua/syntax"

func assign(x *syntax.Assign) stmt {
	if len(x.Targets) == 1 && len(x.Values) == 1 {
		return assignOne(x.Targets[0], expr(x.Values[0]), x.Line)
	}
	return assignMany(x)
}

func assignOne(target syntax.Expr, value eval, line int) stmt {
	switch x := target.(type) {
	case *syntax.LocalRef:
		slot := x.Local.Slot
		if x.Local.Captured {
			return func(f *Frame) signal { f.regs[slot].ref.(*Cell).v = value(f); return sigNone }
		}
		return func(f *Frame) signal { f.regs[slot] = value(f); return sigNone }
	case *syntax.UpvalueRef:
		i := x.Index
		return func(f *Frame) signal { f.cl.up[i].v = value(f); return sigNone }
	case *syntax.Global:
		key := Constant(x.Name)
		return func(f *Frame) signal {
			v := value(f)
			f.line = line
			f.t.setIndex(Value{ref: f.t.rt.Globals}, key, v, nil)
			return sigNone
		}
	}
	x := target.(*syntax.Index)
	object, key, name := expr(x.Object), expr(x.Key), site(x.Object)
	return func(f *Frame) signal {
		o := object(f)
		k := key(f)
		v := value(f)
		f.line = line
		if tb, ok := o.ref.(*Table); ok && tb.meta == nil && !tb.readonly {
			tb.Set(k, v)
			return sigNone
		}
		f.t.setIndex(o, k, v, name)
		return sigNone
	}
}

// target is a place assigned to together with others: its operands are evaluated first,
// onto Thread.values.
type target struct {
	operands []eval
	store    func(f *Frame, operands []Value, v Value)
}

// assignMany evaluates all operands, then all values, then stores from the last to the first.
func assignMany(x *syntax.Assign) stmt {
	targets := make([]target, len(x.Targets))
	for i, e := range x.Targets {
		targets[i] = newTarget(e)
	}
	values, line := pushAll(x.Values), x.Line
	return func(f *Frame) signal {
		t := f.t
		base := len(t.values)
		for _, g := range targets {
			for _, o := range g.operands {
				v := o(f)
				t.values = append(t.values, v)
			}
		}
		start := len(t.values)
		values(f)
		for len(t.values) < start+len(targets) {
			t.values = append(t.values, Value{})
		}
		f.line = line
		at := start
		for i := len(targets) - 1; i >= 0; i-- {
			g := &targets[i]
			at -= len(g.operands)
			g.store(f, t.values[at:at+len(g.operands)], t.values[start+i])
		}
		t.values = t.values[:base]
		return sigNone
	}
}

func newTarget(e syntax.Expr) target {
	switch x := e.(type) {
	case *syntax.LocalRef:
		slot, captured := x.Local.Slot, x.Local.Captured
		return target{store: func(f *Frame, _ []Value, v Value) {
			if captured {
				f.regs[slot].ref.(*Cell).v = v
			} else {
				f.regs[slot] = v
			}
		}}
	case *syntax.UpvalueRef:
		i := x.Index
		return target{store: func(f *Frame, _ []Value, v Value) { f.cl.up[i].v = v }}
	case *syntax.Global:
		key := Constant(x.Name)
		return target{store: func(f *Frame, _ []Value, v Value) {
			f.t.setIndex(Value{ref: f.t.rt.Globals}, key, v, nil)
		}}
	}
	x := e.(*syntax.Index)
	name := site(x.Object)
	return target{
		operands: []eval{expr(x.Object), expr(x.Key)},
		store:    func(f *Frame, o []Value, v Value) { f.t.setIndex(o[0], o[1], v, name) },
	}
}
