package stdlib

import "larder/lua/vm"

var coroutineFunctions = []Entry{
	{"create", create},
	{"resume", resume},
	{"running", running},
	{"status", status},
	{"wrap", wrap},
	{"yield", func(t *vm.Thread, args []vm.Value) []vm.Value { return t.Yield(args) }},
}

func create(t *vm.Thread, args []vm.Value) []vm.Value {
	return t.Return(vm.FromThread(newCoroutine(t, args)))
}

func newCoroutine(t *vm.Thread, args []vm.Value) *vm.Thread {
	fn := vm.Arg(args, 0)
	if !fn.IsLua() {
		t.ArgError(0, "Lua function expected")
	}
	return t.NewCoroutine(fn)
}

func coroutineArg(t *vm.Thread, args []vm.Value) *vm.Thread {
	co := vm.Arg(args, 0).Thread()
	if co == nil {
		t.ArgError(0, "coroutine expected")
	}
	return co
}

func resume(t *vm.Thread, args []vm.Value) []vm.Value {
	rs, err := t.Resume(coroutineArg(t, args), args[1:])
	if err != nil {
		return t.Return(vm.Bool(false), err.Value)
	}
	return succeeded(t, rs)
}

func running(t *vm.Thread, _ []vm.Value) []vm.Value {
	if t.IsMain() {
		return t.Return(vm.Nil())
	}
	return t.Return(vm.FromThread(t))
}

func status(t *vm.Thread, args []vm.Value) []vm.Value {
	return t.Return(vm.Constant(t.Status(coroutineArg(t, args))))
}

func wrap(t *vm.Thread, args []vm.Value) []vm.Value {
	co := newCoroutine(t, args)
	fn := t.Runtime().Func("wrap", func(t *vm.Thread, args []vm.Value) []vm.Value {
		rs, err := t.Resume(co, args)
		if err == nil {
			return rs
		}
		if s, ok := err.Value.ToString(); ok {
			t.RaiseValue(t.Runtime().String(t.Where(1) + s))
		}
		t.RaiseValue(err.Value)
		return nil
	})
	return t.Return(fn)
}
