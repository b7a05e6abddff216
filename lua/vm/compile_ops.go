package vm

import "larder/lua/syntax"

func binary(x *syntax.Binary) eval {
	switch x.Op {
	case syntax.And:
		l, r := expr(x.Left), expr(x.Right)
		return func(f *Frame) Value {
			if v := l(f); !v.Truth() {
				return v
			}
			return r(f)
		}
	case syntax.Or:
		l, r := expr(x.Left), expr(x.Right)
		return func(f *Frame) Value {
			if v := l(f); v.Truth() {
				return v
			}
			return r(f)
		}
	case syntax.Concat:
		return concatenation(x)
	case syntax.Add:
		return addition(x)
	case syntax.Sub:
		return arithmetic(&opSub, x)
	case syntax.Mul:
		return arithmetic(&opMul, x)
	case syntax.Div:
		return arithmetic(&opDiv, x)
	case syntax.Mod:
		return arithmetic(&opMod, x)
	case syntax.Pow:
		return arithmetic(&opPow, x)
	}
	c := comparison(x)
	return func(f *Frame) Value { return Bool(c(f)) }
}

func arithmetic(op *operator, x *syntax.Binary) eval {
	l, r, line, sl, sr := expr(x.Left), expr(x.Right), x.Line, site(x.Left), site(x.Right)
	return func(f *Frame) Value {
		a := l(f)
		b := r(f)
		if a.IsNumber() && b.IsNumber() {
			return Number(op.do(a.num, b.num))
		}
		f.line = line
		return f.t.arith(op, a, b, sl, sr)
	}
}

// addition is arithmetic for the operator that loops are made of.
func addition(x *syntax.Binary) eval {
	l, r, line, sl, sr := expr(x.Left), expr(x.Right), x.Line, site(x.Left), site(x.Right)
	return func(f *Frame) Value {
		a := l(f)
		b := r(f)
		if a.IsNumber() && b.IsNumber() {
			return Number(a.num + b.num)
		}
		f.line = line
		return f.t.arith(&opAdd, a, b, sl, sr)
	}
}

// concatenation evaluates a whole chain a..b..c before it joins.
func concatenation(x *syntax.Binary) eval {
	var parts []eval
	var sites []*Site
	var e syntax.Expr = x
	for {
		b, ok := e.(*syntax.Binary)
		if !ok || b.Op != syntax.Concat {
			break
		}
		parts, sites = append(parts, expr(b.Left)), append(sites, site(b.Left))
		e = b.Right
	}
	parts, sites = append(parts, expr(e)), append(sites, site(e))
	line := x.Line
	return func(f *Frame) Value {
		t := f.t
		base := len(t.values)
		for _, p := range parts {
			v := p(f)
			t.values = append(t.values, v)
		}
		f.line = line
		v := t.concat(t.values[base:], sites)
		t.values = t.values[:base]
		return v
	}
}

func unary(x *syntax.Unary) eval {
	v, line, name := expr(x.X), x.Line, site(x.X)
	switch x.Op {
	case syntax.Not:
		return func(f *Frame) Value { return Bool(!v(f).Truth()) }
	case syntax.Minus:
		return func(f *Frame) Value {
			a := v(f)
			if a.IsNumber() {
				return Number(-a.num)
			}
			f.line = line
			return f.t.negate(a, name)
		}
	}
	return func(f *Frame) Value {
		a := v(f)
		f.line = line
		return f.t.length(a, name)
	}
}

func comparison(x *syntax.Binary) test {
	l, r, line := expr(x.Left), expr(x.Right), x.Line
	compare := comparer(x.Op)
	return func(f *Frame) bool {
		a := l(f)
		b := r(f)
		f.line = line
		return compare(f.t, a, b)
	}
}

func comparer(op syntax.Op) func(*Thread, Value, Value) bool {
	switch op {
	case syntax.Eq:
		return (*Thread).Equal
	case syntax.Ne:
		return func(t *Thread, a, b Value) bool { return !t.Equal(a, b) }
	case syntax.Lt:
		return (*Thread).Less
	case syntax.Le:
		return (*Thread).LessEqual
	case syntax.Gt:
		return func(t *Thread, a, b Value) bool { return t.Less(b, a) }
	}
	return func(t *Thread, a, b Value) bool { return t.LessEqual(b, a) }
}

// condition compiles an expression of which only the truth matters.
func condition(e syntax.Expr) test {
	switch x := e.(type) {
	case *syntax.Binary:
		switch x.Op {
		case syntax.Eq, syntax.Ne, syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
			return comparison(x)
		case syntax.And:
			l, r := condition(x.Left), condition(x.Right)
			return func(f *Frame) bool { return l(f) && r(f) }
		case syntax.Or:
			l, r := condition(x.Left), condition(x.Right)
			return func(f *Frame) bool { return l(f) || r(f) }
		}
	case *syntax.Unary:
		if x.Op == syntax.Not {
			c := condition(x.X)
			return func(f *Frame) bool { return !c(f) }
		}
	}
	v := expr(e)
	return func(f *Frame) bool { return v(f).Truth() }
}
