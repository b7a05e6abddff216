package vm

const (
	closureBytes = 64
	threadBytes  = 8 << 10 // a goroutine's stack and our own
)

// charge takes n bytes from the budget before they are allocated. When the budget is used
// up, the live values are measured: what is garbage does not count against the script.
func (rt *Runtime) charge(n int) {
	rt.left -= n
	if rt.left < 0 {
		rt.measure(n)
	}
}

// Charge is charge for functions in Go that build strings and tables.
func (t *Thread) Charge(n int) { t.rt.charge(n) }

// measure counts the live bytes, n more on top, and raises if they are too many. The next
// measuring comes after an eighth of the limit at the earliest, so it costs little.
func (rt *Runtime) measure(n int) {
	if n <= rt.limit {
		live := rt.live() + n
		if live <= rt.limit {
			rt.left = max(rt.limit-live, rt.limit/8)
			return
		}
	}
	rt.left = 0
	rt.cur.RaiseValue(Value{ref: constant("not enough memory")})
}

// walker visits every live object once; marks in the objects tell which it has seen.
type walker struct {
	mark  uint32
	bytes int
	todo  []any
}

func (rt *Runtime) live() int {
	rt.marks++
	w := &walker{mark: rt.marks}
	w.table(rt.Globals)
	w.table(rt.StringMeta)
	w.table(rt.Registry)
	for t := rt.cur; t != nil; t = t.parent {
		w.thread(t)
	}
	w.thread(rt.main)
	for len(w.todo) > 0 {
		last := len(w.todo) - 1
		o := w.todo[last]
		w.todo = w.todo[:last]
		w.contents(o)
	}
	return w.bytes
}

func (w *walker) value(v Value) {
	switch r := v.ref.(type) {
	case *Str:
		w.str(r)
	case *Table:
		w.table(r)
	case *Closure:
		if r.mark != w.mark {
			r.mark = w.mark
			w.todo = append(w.todo, r)
		}
	case *Cell:
		w.cell(r)
	case *Thread:
		w.thread(r)
	}
}

func (w *walker) str(s *Str) {
	if s.mark != w.mark && s.mark != fixed {
		s.mark = w.mark
		w.bytes += len(s.S) + 40
	}
}

func (w *walker) table(t *Table) {
	if t != nil && t.mark != w.mark {
		t.mark = w.mark
		w.todo = append(w.todo, t)
	}
}

func (w *walker) cell(c *Cell) {
	if c.mark != w.mark {
		c.mark = w.mark
		w.bytes += valueBytes + 8
		w.value(c.v)
	}
}

func (w *walker) thread(t *Thread) {
	if t.mark != w.mark {
		t.mark = w.mark
		w.todo = append(w.todo, t)
	}
}

func (w *walker) values(vs []Value) {
	for _, v := range vs {
		w.value(v)
	}
}

func (w *walker) contents(o any) {
	switch r := o.(type) {
	case *Table:
		w.bytes += tableBytes + len(r.arr)*valueBytes + len(r.nodes)*nodeBytes
		w.table(r.meta)
		w.values(r.arr)
		for i := range r.nodes {
			if r.nodes[i].val.ref != nil {
				w.value(r.nodes[i].key)
				w.value(r.nodes[i].val)
			}
		}
	case *Closure:
		w.bytes += closureBytes + 8*len(r.up)
		for _, c := range r.up {
			w.cell(c)
		}
	case *Thread:
		w.bytes += threadBytes
		for _, f := range r.frames[:r.depth] {
			if f.cl != nil {
				w.value(Value{ref: f.cl})
			}
			w.values(f.regs)
			w.values(f.varargs)
		}
		w.values(r.values)
		w.values(r.ret)
		w.values(r.transfer)
	}
}

// Live is the number of bytes that live values take.
func (rt *Runtime) Live() int { return rt.live() }
