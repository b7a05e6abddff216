package vm

// Limits of the reference implementation.
const (
	maxCalls  = 20_000  // Lua calls within each other
	maxGo     = 200     // Go functions that call back into Lua, within each other
	maxWeight = 600_000 // nested evaluations: bounds the goroutine's stack
	firstRegs = 1024
)

// Thread is a line of execution: the main one or a coroutine. It belongs to its Runtime.
type Thread struct {
	rt     *Runtime
	frames []*Frame // the first depth are in use; the others wait to be used again
	depth  int
	weight int
	inGo   int // Go functions under way that call back

	chunks [][]Value // registers; frames take theirs from the chunk at, from used on
	at     int
	used   int

	values []Value // temporaries: arguments under evaluation
	ret    []Value // what the last call returned

	tail      *Closure // the pending tail call, its arguments in ret
	tailSite  *Site
	id        uint32
	mark      uint32
	coroutine // zero for the main thread
}

// Frame is a call under way.
type Frame struct {
	t       *Thread
	cl      *Closure // nil for a Go function
	regs    []Value
	varargs []Value
	site    *Site
	line    int // being executed; 0 in Go functions
	weight  int
	at      int
	used    int
}

// Site is how a call is written in its caller: what messages call the function.
type Site struct {
	What string // "global", "local", "upvalue", "field", "method" or ""
	Name string
}

func newThread(rt *Runtime) *Thread {
	return &Thread{rt: rt, id: rt.nextID(), chunks: [][]Value{make([]Value, firstRegs)}}
}

// Runtime is the world the thread runs in.
func (t *Thread) Runtime() *Runtime { return t.rt }

func (t *Thread) push(cl *Closure, site *Site, weight int) *Frame {
	if t.depth == len(t.frames) {
		t.frames = append(t.frames, &Frame{t: t})
	}
	if t.depth >= maxCalls || t.weight+weight > maxWeight {
		t.Raise("stack overflow")
	}
	f := t.frames[t.depth]
	t.depth++
	t.weight += weight
	f.cl, f.site, f.weight, f.line = cl, site, weight, 0
	f.at, f.used = t.at, t.used
	return f
}

func (t *Thread) pop(f *Frame) {
	clear(f.regs)
	clear(f.varargs)
	f.regs, f.varargs, f.cl = nil, nil, nil
	t.at, t.used = f.at, f.used
	t.weight -= f.weight
	t.depth--
}

// alloc takes n registers, all nil, for the frame on top.
func (t *Thread) alloc(n int) []Value {
	if n == 0 {
		return nil
	}
	if t.used+n > len(t.chunks[t.at]) {
		t.nextChunk(n)
	}
	regs := t.chunks[t.at][t.used : t.used+n : t.used+n]
	t.used += n
	return regs
}

func (t *Thread) nextChunk(n int) {
	size := max(2*len(t.chunks[t.at]), n)
	t.at++
	t.used = 0
	if t.at < len(t.chunks) && len(t.chunks[t.at]) >= n {
		return
	}
	t.rt.charge(size * valueBytes)
	t.chunks = append(t.chunks[:t.at], make([]Value, size))
}

// mark is a point to which a protected call unwinds.
type mark struct{ depth, inGo, values int }

func (t *Thread) here() mark { return mark{t.depth, t.inGo, len(t.values)} }

func (t *Thread) unwind(m mark) {
	for t.depth > m.depth {
		t.pop(t.frames[t.depth-1])
	}
	t.inGo, t.values, t.tail = m.inGo, t.values[:m.values], nil
}

// trim lets go of what an unusually deep or wide run has left.
func (t *Thread) trim() {
	const usual = 256
	clear(t.values[:cap(t.values)])
	clear(t.ret[:cap(t.ret)])
	if cap(t.values) > usual {
		t.values = nil
	}
	if cap(t.ret) > usual {
		t.ret = nil
	}
	if len(t.frames) > usual {
		t.frames = t.frames[:usual:usual]
	}
	clear(t.chunks[1:])
	t.chunks = t.chunks[:1]
}

// Return is what a Go function returns its results with.
func (t *Thread) Return(vs ...Value) []Value {
	t.ret = append(t.ret[:0], vs...)
	return t.ret
}

// Keep puts v where the measuring of memory sees it until the returned function is called;
// for Go functions that build large values.
func (t *Thread) Keep(v Value) (drop func()) {
	n := len(t.values)
	t.values = append(t.values, v)
	return func() { t.values = t.values[:n] }
}

// Call calls fn from Go. The results are valid until the next call on the thread.
func (t *Thread) Call(fn Value, args ...Value) []Value {
	if t.inGo >= maxGo {
		t.Raise("C stack overflow")
	}
	t.inGo++
	base := len(t.values)
	t.values = append(t.values, args...)
	end := len(t.values)
	rs := t.call(fn, t.values[base:end:end], nil)
	t.values = t.values[:base]
	t.inGo--
	return rs
}

// Call1 is Call for the first result, nil if there is none.
func (t *Thread) Call1(fn Value, args ...Value) Value {
	return first(t.Call(fn, args...))
}

func first(vs []Value) Value {
	if len(vs) == 0 {
		return Value{}
	}
	return vs[0]
}

// call calls fn with args, which live in t.values or outlive the call.
func (t *Thread) call(fn Value, args []Value, site *Site) []Value {
	switch r := fn.ref.(type) {
	case *Closure:
		return t.run(r, args, site)
	case *GoFunc:
		f := t.push(nil, site, 2)
		rs := r.Fn(t, args)
		t.pop(f)
		return rs
	}
	h := t.metamethod(fn, eventCall)
	if !h.Callable() {
		t.typeError("call", fn, site)
	}
	base := len(t.values)
	t.values = append(append(t.values, fn), args...)
	end := len(t.values)
	rs := t.call(h, t.values[base:end:end], site)
	t.values = t.values[:base]
	return rs
}

// run executes a Lua function, and the functions it ends in by tail calls.
func (t *Thread) run(cl *Closure, args []Value, site *Site) []Value {
	for {
		p := cl.proto
		f := t.push(cl, site, p.weight)
		f.line = p.line
		f.regs = t.alloc(p.slots)
		copy(f.regs[:p.params], args)
		if p.vararg && len(args) > p.params {
			f.varargs = t.alloc(len(args) - p.params)
			copy(f.varargs, args[p.params:])
		}
		p.enter(f)
		t.rt.tick()
		switch p.body(f) {
		case sigNone:
			t.ret = t.ret[:0]
		case sigTail:
			cl, args, site = t.tail, t.ret, t.tailSite
			t.tail = nil
			t.pop(f)
			continue
		}
		t.pop(f)
		return t.ret
	}
}

// enter moves captured parameters to cells of their own and fills the old-style arg.
func (p *Proto) enter(f *Frame) {
	if p.arg != nil {
		tb := f.t.rt.NewTable(len(f.varargs), 1)
		for i, v := range f.varargs {
			tb.SetInt(i+1, v)
		}
		tb.Set(Value{ref: nameN}, Number(float64(len(f.varargs))))
		f.regs[p.arg.Slot] = FromTable(tb)
	}
	for _, slot := range p.captured {
		f.regs[slot] = Value{ref: &Cell{v: f.regs[slot]}}
	}
}

// Load makes a function of a compiled chunk.
func (t *Thread) Load(p *Proto) Value {
	t.rt.charge(closureBytes)
	return Value{ref: &Closure{proto: p, id: t.rt.nextID()}}
}
