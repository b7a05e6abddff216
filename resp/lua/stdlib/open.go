// Package stdlib is Lua 5.1's library as far as a sandbox may have it, with the error
// messages of the reference implementation, and the libraries Redis adds: bit, cjson,
// cmsgpack, struct. Nothing here reaches files, the environment or the clock's setting.
package stdlib

import "larder/resp/lua/vm"

// function is a library function.
type function = func(t *vm.Thread, args []vm.Value) []vm.Value

// entry names a function; libraries are lists, not maps, because the order in which a table
// was filled shows in the order of pairs.
type entry struct {
	name string
	fn   function
}

// Open fills the globals of a runtime. The returned Settings are those of cjson.
func Open(rt *vm.Runtime) *Settings {
	openBase(rt)
	library(rt, "table", tableFunctions)
	rt.StringMeta = rt.NewTable(0, 1)
	rt.StringMeta.SetField("__index", vm.FromTable(library(rt, "string", stringFunctions)))
	openMath(rt)
	library(rt, "os", osFunctions)
	settings := openJSON(rt)
	library(rt, "struct", structFunctions)
	openMsgpack(rt)
	library(rt, "bit", bitFunctions)
	return settings
}

func library(rt *vm.Runtime, name string, entries []entry) *vm.Table {
	tb := rt.NewTable(0, len(entries))
	fill(rt, tb, entries)
	rt.Globals.SetField(name, vm.FromTable(tb))
	return tb
}

func fill(rt *vm.Runtime, tb *vm.Table, entries []entry) {
	for _, e := range entries {
		tb.SetField(e.name, rt.Func(e.name, e.fn))
	}
}
