// Package modules is what Redis adds to Lua's library besides its own API: bit, cjson, cmsgpack and struct, and its
// pcall.
package modules

import (
	"larder/lua/stdlib"
	"larder/lua/vm"
)

// Open adds the modules to the globals of a runtime, in the order in which pairs shows them. The returned Settings are
// those of cjson.
func Open(rt *vm.Runtime) *Settings {
	rt.Globals.SetField("pcall", rt.Func("pcall", pcall))
	settings := openJSON(rt)
	stdlib.Library(rt, "struct", structFunctions)
	openMsgpack(rt)
	stdlib.Library(rt, "bit", bitFunctions)
	return settings
}

// pcall returns of an error that is a table with a field err that field alone.
func pcall(t *vm.Thread, args []vm.Value) []vm.Value {
	if len(args) == 0 { // what Redis's then calls is a value it has put there itself
		return t.Return(vm.Bool(false), vm.Constant("attempt to call a boolean value"))
	}
	rs := stdlib.PCall(t, args)
	if rs[0].Truth() || rs[1].Table() == nil {
		return rs
	}
	v := rs[1] // rs is in a buffer that a metamethod uses, too
	if field := t.Index(v, vm.Constant("err")); field.Kind() == vm.KindString || field.IsNumber() {
		v = field
	}
	return t.Return(vm.Bool(false), v)
}
