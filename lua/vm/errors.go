package vm

import (
	"fmt"

	"larder/lua/syntax"
)

// Error is a Lua error on its way, thrown as a panic. It says where it was raised, as an
// error handler would see it.
type Error struct {
	Value  Value
	Source string // "@user_script" or "=[C]"
	Line   int
	Placed bool // Source and Line are set
}

func (e *Error) Error() string {
	if s, ok := e.Value.ToString(); ok {
		return s
	}
	return "a Lua error that is a " + e.Value.Kind().String()
}

// RaiseValue is lua_error.
func (t *Thread) RaiseValue(v Value) {
	e := &Error{Value: v}
	if t.depth > 0 {
		f := t.frames[t.depth-1]
		if f.cl == nil && t.depth > 1 {
			f = t.frames[t.depth-2]
		} else if f.cl == nil {
			panic(e)
		}
		e.Source, e.Line, e.Placed = "=[C]", -1, true
		if f.cl != nil {
			e.Source, e.Line = f.cl.proto.source, f.line
		}
	}
	panic(e)
}

// Raise is an error of the interpreter: the place is named if Lua code is on top.
func (t *Thread) Raise(message string) {
	t.RaiseValue(t.text(t.Where(0) + message))
}

// Errorf is an error of a Go function: the place is where it was called.
func (t *Thread) Errorf(format string, args ...any) {
	t.RaiseValue(t.text(t.Where(1) + fmt.Sprintf(format, args...)))
}

// text makes a message without asking the budget, which may be what failed.
func (t *Thread) text(s string) Value { return Value{ref: &Str{S: s}} }

// Where names the place of the function at a level of the stack, 0 the one on top: "name:line: ",
// nothing for Go functions.
func (t *Thread) Where(level int) string {
	if level < 0 || level >= t.depth {
		return ""
	}
	f := t.frames[t.depth-1-level]
	if f.cl == nil || f.line <= 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", syntax.Shown(f.cl.proto.source), f.line)
}

// typeError says that an operation met a value of the wrong type, naming the variable.
func (t *Thread) typeError(what string, v Value, site *Site) {
	if site != nil && site.What != "" {
		t.Raise(fmt.Sprintf("attempt to %s %s '%s' (a %s value)", what, site.What, site.Name, v.Kind()))
	}
	t.Raise(fmt.Sprintf("attempt to %s a %s value", what, v.Kind()))
}

func (t *Thread) orderError(a, b Value) {
	if a.Kind() == b.Kind() {
		t.Raise(fmt.Sprintf("attempt to compare two %s values", a.Kind()))
	}
	t.Raise(fmt.Sprintf("attempt to compare %s with %s", a.Kind(), b.Kind()))
}

// Protect calls fn and returns the Lua error it raised, nil if none. Panics that are no Lua
// errors pass through.
func (t *Thread) Protect(fn func()) (err *Error) {
	m := t.here()
	defer func() {
		if r := recover(); r != nil {
			e, ours := r.(*Error)
			if !ours {
				panic(r)
			}
			t.rt.cur = t
			t.unwind(m)
			err = e
		}
	}()
	fn()
	return nil
}
