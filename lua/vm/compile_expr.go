package vm

import "larder/lua/syntax"

func expr(e syntax.Expr) eval {
	switch x := e.(type) {
	case *syntax.Nil:
		return func(*Frame) Value { return Value{} }
	case *syntax.True:
		return literal(Bool(true))
	case *syntax.False:
		return literal(Bool(false))
	case *syntax.Number:
		return literal(Number(x.Value))
	case *syntax.String:
		return literal(Constant(x.Value))
	case *syntax.Vararg:
		return func(f *Frame) Value { return first(f.varargs) }
	case *syntax.LocalRef:
		return local(x.Local)
	case *syntax.UpvalueRef:
		i := x.Index
		return func(f *Frame) Value { return f.cl.up[i].v }
	case *syntax.Global:
		return global(x)
	case *syntax.Index:
		return index(x)
	case *syntax.Call:
		calls := call(x)
		return func(f *Frame) Value { return first(calls(f)) }
	case *syntax.Lambda:
		return lambda(compile(x.Func))
	case *syntax.Binary:
		return binary(x)
	case *syntax.Unary:
		return unary(x)
	case *syntax.Paren:
		return expr(x.X)
	case *syntax.Table:
		return table(x)
	}
	panic("no such expression")
}

func literal(v Value) eval { return func(*Frame) Value { return v } }

func local(l *syntax.Local) eval {
	slot := l.Slot
	if l.Captured {
		return func(f *Frame) Value { return f.regs[slot].ref.(*Cell).v }
	}
	return func(f *Frame) Value { return f.regs[slot] }
}

func global(x *syntax.Global) eval {
	key, line := constant(x.Name), x.Line
	return func(f *Frame) Value {
		g := f.t.rt.Globals
		if v := g.getStr(key); v.ref != nil {
			return v
		}
		f.line = line
		return f.t.index(Value{ref: g}, Value{ref: key}, nil)
	}
}

func index(x *syntax.Index) eval {
	object, line, name := expr(x.Object), x.Line, site(x.Object)
	if s, ok := x.Key.(*syntax.String); ok {
		key := constant(s.Value)
		return func(f *Frame) Value {
			o := object(f)
			if tb, ok := o.ref.(*Table); ok {
				if v := tb.getStr(key); v.ref != nil || tb.meta == nil {
					return v
				}
			}
			f.line = line
			return f.t.index(o, Value{ref: key}, name)
		}
	}
	key := expr(x.Key)
	return func(f *Frame) Value {
		o := object(f)
		k := key(f)
		if tb, ok := o.ref.(*Table); ok {
			if v := tb.Get(k); v.ref != nil || tb.meta == nil {
				return v
			}
		}
		f.line = line
		return f.t.index(o, k, name)
	}
}

func lambda(p *Proto) eval {
	return func(f *Frame) Value {
		rt := f.t.rt
		rt.charge(closureBytes + 8*len(p.upvalues))
		cl := &Closure{proto: p, id: rt.nextID(), up: make([]*Cell, len(p.upvalues))}
		for i := range p.upvalues {
			if l := p.upvalues[i].Local; l != nil {
				cl.up[i] = f.regs[l.Slot].ref.(*Cell)
			} else {
				cl.up[i] = f.cl.up[p.upvalues[i].Parent]
			}
		}
		return Value{ref: cl}
	}
}

// several compiles what may be more than one value; nil if it is just one.
func several(e syntax.Expr) multi {
	switch x := e.(type) {
	case *syntax.Call:
		return call(x)
	case *syntax.Vararg:
		return func(f *Frame) []Value { return f.varargs }
	}
	return nil
}

// pushAll evaluates a list onto Thread.values, all values of its last element.
func pushAll(list []syntax.Expr) func(*Frame) {
	if len(list) == 0 {
		return func(*Frame) {}
	}
	last := several(list[len(list)-1])
	if last != nil {
		list = list[:len(list)-1]
	}
	evals := make([]eval, len(list))
	for i, e := range list {
		evals[i] = expr(e)
	}
	return func(f *Frame) {
		for _, e := range evals {
			v := e(f)
			f.t.values = append(f.t.values, v)
		}
		if last != nil {
			vs := last(f)
			f.t.values = append(f.t.values, vs...)
		}
	}
}

// call compiles a call.
func call(x *syntax.Call) multi {
	ready, name := callee(x)
	return func(f *Frame) []Value {
		t := f.t
		fn, base := ready(f)
		end := len(t.values)
		rs := t.call(fn, t.values[base:end:end], name)
		t.values = t.values[:base]
		return rs
	}
}

// callee evaluates what is called, and the arguments onto Thread.values, from where it says. The object of a method is
// the first of them.
func callee(x *syntax.Call) (ready func(*Frame) (fn Value, base int), name *Site) {
	fn, args, line := expr(x.Func), pushAll(x.Args), x.Line
	if x.Method == "" {
		return func(f *Frame) (Value, int) {
			callee := fn(f)
			base := len(f.t.values)
			args(f)
			f.line = line
			return callee, base
		}, site(x.Func)
	}
	key, holder := Constant(x.Method), site(x.Func)
	return func(f *Frame) (Value, int) {
		t := f.t
		object := fn(f)
		f.line = line
		callee := t.index(object, key, holder)
		base := len(t.values)
		t.values = append(t.values, object)
		args(f)
		f.line = line
		return callee, base
	}, &Site{"method", x.Method}
}

const itemsPerFlush = 50

// table compiles a constructor. Fields are set as they come, items in groups behind them, so
// an item wins over a field with its number.
func table(x *syntax.Table) eval {
	size, fields := roundSize(len(x.Items)), roundSize(len(x.Fields))
	var last multi
	single := x.Items
	if n := len(x.Items); n > 0 {
		if last = several(x.Items[n-1]); last != nil {
			single = x.Items[:n-1]
			size = roundSize(n - 1)
		}
	}
	steps := tableSteps(x, single)
	return func(f *Frame) Value {
		t := f.t
		tb := t.rt.NewTable(size, fields)
		base := len(t.values)
		t.values = append(t.values, Value{ref: tb})
		done := 0
		for _, step := range steps {
			step(f, tb)
			if len(t.values)-base-1 == itemsPerFlush {
				done = tb.setItems(done, t.values[base+1:])
				t.values = t.values[:base+1]
			}
		}
		if last != nil {
			vs := last(f)
			t.values = append(t.values, vs...)
		}
		tb.setItems(done, t.values[base+1:])
		t.values = t.values[:base]
		return Value{ref: tb}
	}
}

func tableSteps(x *syntax.Table, items []syntax.Expr) []func(*Frame, *Table) {
	var steps []func(*Frame, *Table)
	next := 0
	for i := 0; i <= len(items); i++ {
		for next < len(x.Fields) && x.Fields[next].Before <= i {
			steps = append(steps, fieldStep(&x.Fields[next]))
			next++
		}
		if i < len(items) {
			item := expr(items[i])
			steps = append(steps, func(f *Frame, _ *Table) {
				v := item(f)
				f.t.values = append(f.t.values, v)
			})
		}
	}
	for ; next < len(x.Fields); next++ {
		steps = append(steps, fieldStep(&x.Fields[next]))
	}
	return steps
}

func fieldStep(field *syntax.Field) func(*Frame, *Table) {
	key, value, line := expr(field.Key), expr(field.Value), field.Line
	return func(f *Frame, tb *Table) {
		k := key(f)
		v := value(f)
		f.line = line
		tb.Set(k, v)
	}
}

// setItems stores vs behind the first done items.
func (t *Table) setItems(done int, vs []Value) int {
	if done+len(vs) > len(t.arr) && len(vs) > 0 {
		t.growArray(done + len(vs))
	}
	copy(t.arr[done:], vs)
	return done + len(vs)
}

// roundSize rounds as the reference implementation's instruction encodes sizes: three
// significant bits and an exponent.
func roundSize(n int) int {
	shift := 0
	for n >= 16 {
		n = (n + 1) / 2
		shift++
	}
	return n << shift
}
