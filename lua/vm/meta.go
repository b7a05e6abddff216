package vm

import "math"

// The names of metamethods.
var (
	eventIndex    = constant("__index")
	eventNewIndex = constant("__newindex")
	eventCall     = constant("__call")
	eventEq       = constant("__eq")
	eventLt       = constant("__lt")
	eventLe       = constant("__le")
	eventConcat   = constant("__concat")
	eventLen      = constant("__len")
	eventUnm      = constant("__unm")
	nameN         = constant("n")
)

const maxMetaLoop = 100

// MetaOf is the metatable of any value, nil if it has none.
func (rt *Runtime) MetaOf(v Value) *Table {
	switch r := v.ref.(type) {
	case *Table:
		return r.meta
	case *Str:
		return rt.StringMeta
	}
	return nil
}

func (t *Thread) metamethod(v Value, event *Str) Value {
	if m := t.rt.MetaOf(v); m != nil {
		return m.getStr(event)
	}
	return Value{}
}

// Index is o[k] with metamethods.
func (t *Thread) Index(o, k Value) Value { return t.index(o, k, nil) }

// index is o[k]; site names o in messages.
func (t *Thread) index(o, k Value, site *Site) Value {
	for range maxMetaLoop {
		var h Value
		if tb, ok := o.ref.(*Table); ok {
			if v := tb.Get(k); v.ref != nil || tb.meta == nil {
				return v
			}
			if h = tb.meta.getStr(eventIndex); h.ref == nil {
				return Value{}
			}
		} else if h = t.metamethod(o, eventIndex); h.ref == nil {
			t.typeError("index", o, site)
		}
		if h.Callable() {
			return t.Call1(h, o, k)
		}
		o, site = h, nil
	}
	t.Raise("loop in gettable")
	return Value{}
}

// SetIndex is o[k] = v with metamethods.
func (t *Thread) SetIndex(o, k, v Value) { t.setIndex(o, k, v, nil) }

func (t *Thread) setIndex(o, k, v Value, site *Site) {
	for range maxMetaLoop {
		var h Value
		if tb, ok := o.ref.(*Table); ok {
			if tb.readonly {
				t.Raise(readonlyMessage)
			}
			if tb.meta == nil || tb.Get(k).ref != nil {
				tb.Set(k, v)
				return
			}
			if h = tb.meta.getStr(eventNewIndex); h.ref == nil {
				tb.Set(k, v)
				return
			}
		} else if h = t.metamethod(o, eventNewIndex); h.ref == nil {
			t.typeError("index", o, site)
		}
		if h.Callable() {
			t.Call(h, o, k, v)
			return
		}
		o, site = h, nil
	}
	t.Raise("loop in settable")
}

const readonlyMessage = "Attempt to modify a readonly table"

// Writable raises if tb is readonly; for functions that write without metamethods.
func (t *Thread) Writable(tb *Table) {
	if tb.readonly {
		t.Raise(readonlyMessage)
	}
}

// operator is an arithmetic operation with its metamethod.
type operator struct {
	event *Str
	do    func(a, b float64) float64
}

func add(a, b float64) float64 { return a + b }
func sub(a, b float64) float64 { return a - b }
func mul(a, b float64) float64 { return a * b }
func div(a, b float64) float64 { return a / b }
func mod(a, b float64) float64 { return a - math.Floor(a/b)*b }

var (
	opAdd = operator{constant("__add"), add}
	opSub = operator{constant("__sub"), sub}
	opMul = operator{constant("__mul"), mul}
	opDiv = operator{constant("__div"), div}
	opMod = operator{constant("__mod"), mod}
	opPow = operator{constant("__pow"), math.Pow}
)

// arith is an operation on operands that are not both numbers; the sites name them.
func (t *Thread) arith(op *operator, a, b Value, sa, sb *Site) Value {
	x, okA := a.ToNumber()
	y, okB := b.ToNumber()
	if okA && okB {
		return Number(op.do(x, y))
	}
	if h := t.binaryHandler(a, b, op.event); h.ref != nil {
		return t.Call1(h, a, b)
	}
	if okA {
		a, sa = b, sb
	}
	t.typeError("perform arithmetic on", a, sa)
	return Value{}
}

func (t *Thread) binaryHandler(a, b Value, event *Str) Value {
	if h := t.metamethod(a, event); h.ref != nil {
		return h
	}
	return t.metamethod(b, event)
}

func (t *Thread) negate(v Value, site *Site) Value {
	if f, ok := v.ToNumber(); ok {
		return Number(-f)
	}
	if h := t.metamethod(v, eventUnm); h.ref != nil {
		return t.Call1(h, v, v)
	}
	t.typeError("perform arithmetic on", v, site)
	return Value{}
}

func (t *Thread) length(v Value, site *Site) Value {
	switch r := v.ref.(type) {
	case *Table:
		return Number(float64(r.Len()))
	case *Str:
		return Number(float64(len(r.S)))
	}
	if h := t.metamethod(v, eventLen); h.ref != nil {
		return t.Call1(h, v)
	}
	t.typeError("get length of", v, site)
	return Value{}
}

// Equal is a == b with metamethods.
func (t *Thread) Equal(a, b Value) bool {
	if RawEqual(a, b) {
		return true
	}
	x, y := a.Table(), b.Table()
	if x == nil || y == nil || x.meta == nil || y.meta == nil {
		return false
	}
	h := x.meta.getStr(eventEq)
	if h.ref == nil || !RawEqual(h, y.meta.getStr(eventEq)) {
		return false
	}
	return t.Call1(h, a, b).Truth()
}

// Less is a < b with metamethods.
func (t *Thread) Less(a, b Value) bool {
	if a.IsNumber() && b.IsNumber() {
		return a.num < b.num
	}
	if x, ok := a.ref.(*Str); ok {
		if y, ok := b.ref.(*Str); ok {
			return x.S < y.S
		}
	}
	if res, ok := t.ordered(a, b, eventLt); ok {
		return res
	}
	t.orderError(a, b)
	return false
}

// LessEqual is a <= b with metamethods; without __le it is not b < a.
func (t *Thread) LessEqual(a, b Value) bool {
	if a.IsNumber() && b.IsNumber() {
		return a.num <= b.num
	}
	if x, ok := a.ref.(*Str); ok {
		if y, ok := b.ref.(*Str); ok {
			return x.S <= y.S
		}
	}
	if res, ok := t.ordered(a, b, eventLe); ok {
		return res
	}
	if res, ok := t.ordered(b, a, eventLt); ok {
		return !res
	}
	t.orderError(a, b)
	return false
}

// ordered asks the metamethod that both operands share.
func (t *Thread) ordered(a, b Value, event *Str) (res, ok bool) {
	if a.Kind() != b.Kind() {
		return false, false
	}
	h := t.metamethod(a, event)
	if h.ref == nil || !RawEqual(h, t.metamethod(b, event)) {
		return false, false
	}
	return t.Call1(h, a, b).Truth(), true
}

// concat joins vs from the right, as many strings and numbers at once as stand together.
func (t *Thread) concat(vs []Value, sites []*Site) Value {
	for len(vs) > 1 {
		n := len(vs)
		a, b := vs[n-2], vs[n-1]
		if !joins(a) || !joins(b) {
			h := t.binaryHandler(a, b, eventConcat)
			if h.ref == nil {
				t.concatError(a, b, sites[n-2], sites[n-1])
			}
			vs[n-2] = t.Call1(h, a, b)
			vs = vs[:n-1]
			continue
		}
		from := n - 2
		for from > 0 && joins(vs[from-1]) {
			from--
		}
		vs[from] = t.join(vs[from:])
		vs = vs[:from+1]
	}
	return vs[0]
}

func (t *Thread) concatError(a, b Value, sa, sb *Site) {
	if joins(a) {
		a, sa = b, sb
	}
	t.typeError("concatenate", a, sa)
}

func joins(v Value) bool {
	switch v.ref.(type) {
	case *Str, numberTag:
		return true
	}
	return false
}

func (t *Thread) join(vs []Value) Value {
	size := 0
	for _, v := range vs {
		if s, ok := v.ref.(*Str); ok {
			size += len(s.S)
		} else {
			size += 16
		}
	}
	t.rt.charge(size + 40)
	buf := make([]byte, 0, size)
	for _, v := range vs {
		if s, ok := v.ref.(*Str); ok {
			buf = append(buf, s.S...)
		} else {
			buf = AppendNumber(buf, v.num)
		}
	}
	return Value{ref: &Str{S: string(buf)}}
}
