package lua51

import (
	"math/rand"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

const (
	memory = 1 << 28 // bytes that the values of one file may take
	turns  = 500     // calls of the hook, each after vm.TickInterval steps: what does not end fails
)

// run compiles a chunk and runs it as a script of its own: with the library that scripts have, but with globals that
// can be written, as the tests of the language write them. It returns the error that the chunk raised. A chunk that
// yields runs as a coroutine.
func run(text, name string, yields bool) error {
	proto, err := vm.Compile(text, "@"+name)
	if err != nil {
		return err
	}
	rt := vm.New(memory)
	stdlib.Open(rt)
	lend(rt)
	left := turns
	rt.Hook = func(t *vm.Thread) {
		if left--; left < 0 {
			t.Raise("does not end")
		}
	}
	t := rt.Main()
	raised := t.Protect(func() {
		chunk := t.Load(proto)
		if !yields {
			t.Call(chunk)
			return
		}
		for co := t.NewCoroutine(chunk); t.Status(co) != "dead"; {
			if _, err := t.Resume(co, nil); err != nil {
				panic(err)
			}
		}
	})
	if raised != nil {
		return raised
	}
	return nil
}

// lend adds what the tests use to say how far they are, and to make data to sort. Redis has no print, and numbers of its
// own from math.random, which the server adds to the library.
func lend(rt *vm.Runtime) {
	rt.Globals.SetField("print", rt.Func("print", func(t *vm.Thread, _ []vm.Value) []vm.Value { return t.Return() }))
	dice := rand.New(rand.NewSource(1))
	random := func(t *vm.Thread, args []vm.Value) []vm.Value {
		if len(args) == 0 {
			return t.Return(vm.Number(dice.Float64()))
		}
		low, high := int64(1), t.Int(args, len(args)-1)
		if len(args) > 1 {
			low = t.Int(args, 0)
		}
		return t.Return(vm.Number(float64(low + dice.Int63n(high-low+1))))
	}
	functions := rt.Globals.GetField("math").Table()
	functions.SetField("random", rt.Func("random", random))
	functions.SetField("randomseed", rt.Func("randomseed", func(t *vm.Thread, _ []vm.Value) []vm.Value { return t.Return() }))
}
