package vm

import "larder/lua/syntax"

func while(x *syntax.While) stmt {
	cond, body := condition(x.Cond), block(x.Body)
	return func(f *Frame) signal {
		for cond(f) {
			switch sig := body(f); sig {
			case sigNone:
			case sigBreak:
				return sigNone
			default:
				return sig
			}
			f.t.rt.tick()
		}
		return sigNone
	}
}

func repeat(x *syntax.Repeat) stmt {
	body, cond := block(x.Body), condition(x.Cond)
	return func(f *Frame) signal {
		for {
			switch sig := body(f); sig {
			case sigNone:
			case sigBreak:
				return sigNone
			default:
				return sig
			}
			if cond(f) {
				return sigNone
			}
			f.t.rt.tick()
		}
	}
}

func numericFor(x *syntax.NumericFor) stmt {
	start, limit, step := expr(x.Start), expr(x.Limit), literal(Number(1))
	if x.Step != nil {
		step = expr(x.Step)
	}
	set, body, line := bind(x.Var), block(x.Body), x.Line
	return func(f *Frame) signal {
		a, b, c := start(f), limit(f), step(f)
		f.line = line
		i, last, by := f.t.forNumber(a, "initial value"), f.t.forNumber(b, "limit"), f.t.forNumber(c, "step")
		for ; by > 0 && i <= last || by <= 0 && i >= last; i += by {
			set(f, Number(i))
			switch sig := body(f); sig {
			case sigNone:
			case sigBreak:
				return sigNone
			default:
				return sig
			}
			f.t.rt.tick()
		}
		return sigNone
	}
}

func (t *Thread) forNumber(v Value, what string) float64 {
	n, ok := v.ToNumber()
	if !ok {
		t.Raise("'for' " + what + " must be a number")
	}
	return n
}

func genericFor(x *syntax.GenericFor) stmt {
	values, sets, body, line := pushAll(x.Values), binds(x.Vars), block(x.Body), x.Line
	return func(f *Frame) signal {
		t := f.t
		base := len(t.values)
		values(f)
		fn, state, control := Arg(t.values[base:], 0), Arg(t.values[base:], 1), Arg(t.values[base:], 2)
		sig := sigNone
		for sig == sigNone {
			// They stand here for the measuring of memory as well as for the call.
			t.values = append(t.values[:base], fn, state, control)
			f.line = line
			rs := t.call(fn, t.values[base+1:base+3:base+3], nil)
			for i, set := range sets {
				set(f, Arg(rs, i))
			}
			if control = first(rs); control.ref == nil {
				break
			}
			sig = body(f)
			t.rt.tick()
		}
		t.values = t.values[:base]
		if sig == sigBreak {
			return sigNone
		}
		return sig
	}
}
