package lua

import (
	"larder/lua/stdlib"
	"larder/lua/vm"
	"larder/resp/lua/modules"
	"larder/resp/reply"
)

// machine is a runtime with the sandbox around it. One goroutine uses it at a time: EVAL's
// machines are pooled, a library has one of its own, because its functions share state.
type machine struct {
	rt      *vm.Runtime
	json    *modules.Settings
	run     *Run     // under way; nil while a library is loaded
	loading *loading // FUNCTION LOAD under way
	globals *vm.Table
	meta    *vm.Table // of the globals that libraries see: its __index is what they may use
	api     *vm.Table // the globals of FUNCTION LOAD
	keys    vm.Value
	argv    vm.Value
}

func newMachine(e *Engine) *machine {
	m := &machine{rt: vm.New(e.limits.Memory), keys: vm.Constant("KEYS"), argv: vm.Constant("ARGV")}
	stdlib.Open(m.rt)
	m.json = modules.Open(m.rt)
	m.globals = m.rt.Globals
	m.rt.Hook = m.hook
	m.openRedis()
	return m
}

func newEvalMachine(e *Engine) *machine {
	m := newMachine(e)
	redis := m.globals.GetField("redis").Table()
	m.fill(redis, "breakpoint", func(t *vm.Thread, _ []vm.Value) []vm.Value { return t.Return(vm.Bool(false)) })
	m.fill(redis, "debug", func(t *vm.Thread, _ []vm.Value) []vm.Value { return t.Return() })
	m.fill(redis, "replicate_commands", func(t *vm.Thread, _ []vm.Value) []vm.Value { return t.Return(vm.Bool(true)) })
	// In Redis a global; nothing but its being there can be seen.
	m.fill(m.globals, "__redis__err__handler", func(t *vm.Thread, args []vm.Value) []vm.Value { return t.Return(args...) })
	m.globals.SetMeta(m.nonexistent())
	protect(m.globals)
	protect(m.rt.StringMeta)
	return m
}

// newLibraryMachine makes the machine of a library. Its code sees an empty table that passes
// on to what it may use: the loading API first, everything later.
func newLibraryMachine(e *Engine) *machine {
	m := newMachine(e)
	m.openLoading()
	m.globals.SetMeta(m.nonexistent())
	protect(m.globals)
	protect(m.rt.StringMeta)
	outer := m.rt.NewTable(0, 0)
	m.meta = m.rt.NewTable(0, 1)
	m.expose(m.api)
	outer.SetMeta(m.meta)
	m.meta.SetReadonly(true)
	outer.SetReadonly(true)
	m.rt.Globals = outer
	return m
}

// expose makes tb what the library's code finds behind its globals.
func (m *machine) expose(tb *vm.Table) { m.meta.SetField("__index", vm.FromTable(tb)) }

func (m *machine) fill(tb *vm.Table, name string, fn func(*vm.Thread, []vm.Value) []vm.Value) {
	tb.SetField(name, m.rt.Func(name, fn))
}

// nonexistent is a metatable that makes reading what is not there an error.
func (m *machine) nonexistent() *vm.Table {
	meta := m.rt.NewTable(0, 1)
	m.fill(meta, "__index", func(t *vm.Thread, args []vm.Value) []vm.Value {
		if len(args) != 2 {
			t.Errorf("Wrong number of arguments to luaProtectedTableError")
		}
		name, ok := args[1].ToString()
		if !ok {
			t.Errorf("Second argument to luaProtectedTableError must be a string or number")
		}
		t.Errorf("Script attempted to access nonexistent global variable '%s'", reply.Quote(name))
		return nil
	})
	return meta
}

// protect makes a table and all that can be reached from it readonly.
func protect(tb *vm.Table) {
	if tb == nil || tb.Readonly() {
		return
	}
	tb.SetReadonly(true)
	for k, v, _ := tb.Next(vm.Nil()); !k.IsNil(); k, v, _ = tb.Next(k) {
		protect(v.Table())
	}
	protect(tb.Meta())
}

// strings makes the table of KEYS or ARGV.
func (m *machine) strings(list [][]byte) vm.Value {
	tb := m.rt.NewTable(len(list), 0)
	for i, s := range list {
		tb.SetInt(i+1, m.rt.Bytes(s))
	}
	return vm.FromTable(tb)
}
