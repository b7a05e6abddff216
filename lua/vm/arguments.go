package vm

import "fmt"

// Arg is argument i, counted from 0, nil if it was not given.
func Arg(args []Value, i int) Value {
	if i < len(args) {
		return args[i]
	}
	return Value{}
}

// ArgError raises "bad argument #n to 'f' (message)" for argument i, counted from 0.
func (t *Thread) ArgError(i int, message string) {
	name := "?"
	if site := t.frames[t.depth-1].site; site != nil && site.Name != "" {
		name = site.Name
		if site.What == "method" {
			if i == 0 {
				t.Errorf("calling '%s' on bad self (%s)", name, message)
			}
			i--
		}
	}
	t.Errorf("bad argument #%d to '%s' (%s)", i+1, name, message)
}

// TypeError raises that argument i should have been of another type.
func (t *Thread) TypeError(args []Value, i int, expected string) {
	got := "no value"
	if i < len(args) {
		got = args[i].Kind().String()
	}
	t.ArgError(i, fmt.Sprintf("%s expected, got %s", expected, got))
}

// Str is argument i as a string; numbers are converted.
func (t *Thread) Str(args []Value, i int) string {
	s, ok := Arg(args, i).ToString()
	if !ok {
		t.TypeError(args, i, "string")
	}
	return s
}

// OptStr is Str with a default for nil and absent.
func (t *Thread) OptStr(args []Value, i int, d string) string {
	if Arg(args, i).IsNil() {
		return d
	}
	return t.Str(args, i)
}

// Num is argument i as a number; strings are converted.
func (t *Thread) Num(args []Value, i int) float64 {
	f, ok := Arg(args, i).ToNumber()
	if !ok {
		t.TypeError(args, i, "number")
	}
	return f
}

// Int is argument i as an integer, cut towards zero.
func (t *Thread) Int(args []Value, i int) int64 { return Integer(t.Num(args, i)) }

// OptInt is Int with a default for nil and absent.
func (t *Thread) OptInt(args []Value, i int, d int64) int64 {
	if Arg(args, i).IsNil() {
		return d
	}
	return t.Int(args, i)
}

// Tab is argument i as a table.
func (t *Thread) Tab(args []Value, i int) *Table {
	tb := Arg(args, i).Table()
	if tb == nil {
		t.TypeError(args, i, "table")
	}
	return tb
}

// Func is argument i as a function.
func (t *Thread) Func(args []Value, i int) Value {
	v := Arg(args, i)
	if !v.Callable() {
		t.TypeError(args, i, "function")
	}
	return v
}

// Any is argument i, which must have been given.
func (t *Thread) Any(args []Value, i int) Value {
	if i >= len(args) {
		t.ArgError(i, "value expected")
	}
	return args[i]
}
