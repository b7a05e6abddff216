package lua

import (
	"math"
	"sync"

	"larder/lua/vm"
)

// generator is the 48-bit linear congruence of drand48, as Redis ships it: every platform
// gives the same numbers for the same seed.
type generator uint64

const freshGenerator generator = 0x1234ABCD330E

func (g *generator) next() int32 {
	*g = (*g*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return int32(*g >> 17)
}

func (g *generator) seed(n int32) { *g = generator(uint32(n))<<16 | 0x330E }

// dice is the generator all runs share. A run that seeds it goes on with one of its own, so
// that its sequence is its own, and leaves that behind for the next. For any goroutine.
type dice struct {
	mu  sync.Mutex
	gen generator
}

func (d *dice) next() int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gen.next()
}

func (d *dice) leave(g generator) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gen = g
}

func (r *Run) random() float64 {
	n := int32(0)
	if r.seeded {
		n = r.own.next()
	} else {
		n = r.engine.dice.next()
	}
	return float64(n%math.MaxInt32) / math.MaxInt32
}

func (m *machine) random(t *vm.Thread, args []vm.Value) []vm.Value {
	r := m.run
	if r == nil {
		t.Errorf("math.random can only be called inside a script invocation")
	}
	x := r.random()
	low, high := 1.0, 0.0
	switch len(args) {
	case 0:
		return t.Return(vm.Number(x))
	case 1:
		high = float64(int32(t.Int(args, 0)))
	case 2:
		low, high = float64(int32(t.Int(args, 0))), float64(int32(t.Int(args, 1)))
	default:
		t.Errorf("wrong number of arguments")
	}
	if low > high {
		t.ArgError(len(args)-1, "interval is empty")
	}
	return t.Return(vm.Number(math.Floor(x*(high-low+1)) + low))
}

func (m *machine) randomSeed(t *vm.Thread, args []vm.Value) []vm.Value {
	r := m.run
	if r == nil {
		t.Errorf("math.randomseed can only be called inside a script invocation")
	}
	r.seeded = true
	r.own.seed(int32(t.Int(args, 0)))
	return t.Return()
}
