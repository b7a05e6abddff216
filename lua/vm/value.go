// Package vm runs Lua 5.1: values, tables, closures, metatables, coroutines, errors.
//
// It is an interpreter of its own because a server must bound what a script may take, stop
// it at any moment, forbid writing to tables, and answer in the reference implementation's
// words: order of pairs, border of a table, text of numbers and errors are what clients see.
//
// A function's tree is compiled once to Go closures, shared by all runtimes; everything
// that changes belongs to one Runtime, which one goroutine uses at a time.
package vm

import (
	"math"

	"larder/lua/syntax"
)

// Value is a Lua value. The zero Value is nil.
type Value struct {
	ref any // nil, a tag, *Str, *Table, *Closure, *GoFunc or *Thread
	num float64
}

type (
	numberTag struct{}
	boolTag   struct{}
	nullTag   struct{}
)

// Kind is the type of a Value.
type Kind uint8

// The kinds, in the order of Lua's own numbers.
const (
	KindNil Kind = iota
	KindBool
	KindNull // a light userdata, the only one there is
	KindNumber
	KindString
	KindTable
	KindFunction
	KindThread
)

var kindNames = [...]string{"nil", "boolean", "userdata", "number", "string", "table", "function", "thread"}

func (k Kind) String() string { return kindNames[k] }

// Str is a string with its hash. Constants of a compiled function are shared by goroutines.
type Str struct {
	S    string
	hash uint32 // 0 until asked for
	mark uint32 // see walker
}

// Cell holds a local variable that closures share.
type Cell struct {
	v    Value
	mark uint32
}

// Closure is a Lua function with the variables it has captured.
type Closure struct {
	proto *Proto
	up    []*Cell
	id    uint32
	mark  uint32
}

// GoFunc is a function in Go. What it returns is valid until the next call on the thread:
// use Thread.Return.
type GoFunc struct {
	Name string
	Fn   func(t *Thread, args []Value) []Value
	id   uint32
}

// Nil is nil.
func Nil() Value { return Value{} }

// Null is the light userdata NULL, cjson.null.
func Null() Value { return Value{ref: nullTag{}} }

// Bool is a boolean.
func Bool(b bool) Value {
	if b {
		return Value{ref: boolTag{}, num: 1}
	}
	return Value{ref: boolTag{}}
}

// Number is a number.
func Number(f float64) Value { return Value{ref: numberTag{}, num: f} }

// FromTable is a table as a value.
func FromTable(t *Table) Value { return Value{ref: t} }

// FromThread is a coroutine as a value.
func FromThread(t *Thread) Value { return Value{ref: t} }

// fixed is the mark of strings that belong to no runtime: goroutines share them.
const fixed = ^uint32(0)

func constant(s string) *Str { return &Str{S: s, hash: hashString(s), mark: fixed} }

// Constant is a string value that any runtime may use; it counts against none's budget.
func Constant(s string) Value { return Value{ref: constant(s)} }

// Kind returns the value's type.
func (v Value) Kind() Kind {
	switch v.ref.(type) {
	case nil:
		return KindNil
	case numberTag:
		return KindNumber
	case boolTag:
		return KindBool
	case *Str:
		return KindString
	case *Table:
		return KindTable
	case *Closure, *GoFunc:
		return KindFunction
	case *Thread:
		return KindThread
	}
	return KindNull
}

// IsNil reports whether v is nil.
func (v Value) IsNil() bool { return v.ref == nil }

// IsNumber reports whether v is a number, not a string that looks like one.
func (v Value) IsNumber() bool { _, ok := v.ref.(numberTag); return ok }

// Truth is false for nil and false only.
func (v Value) Truth() bool {
	if v.ref == nil {
		return false
	}
	_, b := v.ref.(boolTag)
	return !b || v.num != 0
}

// Num is the number in v, if it is one; see ToNumber for strings.
func (v Value) Num() float64 { return v.num }

// Table is the table in v, nil if it is none.
func (v Value) Table() *Table { t, _ := v.ref.(*Table); return t }

// Thread is the coroutine in v, nil if it is none.
func (v Value) Thread() *Thread { t, _ := v.ref.(*Thread); return t }

// Callable reports whether v is a function, in Lua or in Go.
func (v Value) Callable() bool { return v.Kind() == KindFunction }

// Str is the string in v; numbers are not converted: see ToString.
func (v Value) Str() (string, bool) {
	if s, ok := v.ref.(*Str); ok {
		return s.S, true
	}
	return "", false
}

// ToNumber converts a string that reads as a number.
func (v Value) ToNumber() (float64, bool) {
	switch r := v.ref.(type) {
	case numberTag:
		return v.num, true
	case *Str:
		return syntax.ParseNumber(r.S)
	}
	return 0, false
}

// ToString converts a number as tostring does.
func (v Value) ToString() (string, bool) {
	switch r := v.ref.(type) {
	case *Str:
		return r.S, true
	case numberTag:
		return FormatNumber(v.num), true
	}
	return "", false
}

// RawEqual compares without metamethods.
func RawEqual(a, b Value) bool {
	switch x := a.ref.(type) {
	case nil:
		return b.ref == nil
	case numberTag:
		return b.IsNumber() && a.num == b.num
	case boolTag:
		_, ok := b.ref.(boolTag)
		return ok && a.num == b.num
	case *Str:
		y, ok := b.ref.(*Str)
		return ok && (x == y || x.S == y.S)
	}
	return a.ref == b.ref
}

// address is what tostring shows of an object: made up, but its own.
func (v Value) address() uint64 {
	var id uint32
	switch r := v.ref.(type) {
	case *Table:
		id = r.id
	case *Closure:
		id = r.id
	case *GoFunc:
		id = r.id
	case *Thread:
		id = r.id
	case nullTag:
		return 0
	}
	return 0x7f10_0000_0000 + uint64(id)*64
}

// hashString is Lua's, over all bytes: the order of pairs hangs on it.
func hashString(s string) uint32 {
	h := uint32(len(s))
	for i := len(s) - 1; i >= 0; i-- {
		h ^= h<<5 + h>>2 + uint32(s[i])
	}
	return h
}

func hashNumber(f float64) uint32 {
	if f == 0 {
		return 0
	}
	bits := math.Float64bits(f)
	return uint32(bits) + uint32(bits>>32)
}

// IsLua reports whether v is a function written in Lua.
func (v Value) IsLua() bool { _, ok := v.ref.(*Closure); return ok }

// Address is what tostring shows of an object: made up, but its own.
func (v Value) Address() uint64 { return v.address() }
