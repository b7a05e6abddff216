package vm

import "math"

// Runtime is one world of Lua values: its globals, its budget, its coroutines. One goroutine
// uses it at a time.
type Runtime struct {
	Globals    *Table
	StringMeta *Table
	Registry   *Table // what is to be kept beside the globals; nil for nothing
	main       *Thread
	cur        *Thread
	ids        uint32
	coroutines map[*Thread]struct{} // started and not finished

	// Hook is called every TickInterval steps (calls and turns of loops). If it raises, it
	// will be called at each step from then on, so that no pcall outlives it.
	Hook  func(*Thread)
	fuel  int
	limit int // bytes
	left  int // bytes that may be allocated before the live ones are counted again
	marks uint32
}

// TickInterval is the number of steps between two calls of Hook: well below a millisecond.
const TickInterval = 10_000

// New makes a runtime whose live values may take limit bytes; 0 is no limit.
func New(limit int) *Runtime {
	if limit <= 0 {
		limit = math.MaxInt / 2
	}
	rt := &Runtime{limit: limit, left: limit, fuel: TickInterval, coroutines: map[*Thread]struct{}{}}
	rt.main = newThread(rt)
	rt.cur = rt.main
	rt.Globals = rt.NewTable(0, 0)
	return rt
}

// Main is the thread that is no coroutine.
func (rt *Runtime) Main() *Thread { return rt.main }

// Reset ends what a run has left: suspended coroutines, frames, temporaries.
func (rt *Runtime) Reset() {
	for co := range rt.coroutines {
		co.end()
	}
	clear(rt.coroutines)
	rt.cur = rt.main
	rt.main.unwind(mark{})
	rt.main.trim()
	rt.fuel = TickInterval
}

// String makes a string value.
func (rt *Runtime) String(s string) Value {
	rt.charge(len(s) + 40)
	return Value{ref: &Str{S: s}}
}

// Bytes makes a string value of a copy of b.
func (rt *Runtime) Bytes(b []byte) Value {
	rt.charge(len(b) + 40)
	return Value{ref: &Str{S: string(b)}}
}

// Func makes a function value.
func (rt *Runtime) Func(name string, fn func(*Thread, []Value) []Value) Value {
	return Value{ref: &GoFunc{Name: name, Fn: fn, id: rt.nextID()}}
}

func (rt *Runtime) nextID() uint32 { rt.ids++; return rt.ids }

func (rt *Runtime) tick() {
	rt.fuel--
	if rt.fuel <= 0 {
		rt.refuel()
	}
}

// Step counts work of Go functions against the hook's interval.
func (t *Thread) Step() { t.rt.tick() }

// Hurry has the hook called at the next step.
func (rt *Runtime) Hurry() { rt.fuel = min(rt.fuel, 1) }

func (rt *Runtime) refuel() {
	rt.fuel = 0
	if rt.Hook != nil {
		rt.Hook(rt.cur)
	}
	rt.fuel = TickInterval
}
