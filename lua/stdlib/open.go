// Package stdlib is Lua 5.1's library as far as a sandbox may have it, with the error
// messages of the reference implementation. Nothing here reaches files, the environment
// or the clock's setting.
package stdlib

import "larder/lua/vm"

// Function is a library function.
type Function = func(t *vm.Thread, args []vm.Value) []vm.Value

// Entry names a function; libraries are lists, not maps, because the order in which a table
// was filled shows in the order of pairs.
type Entry struct {
	Name string
	Run  Function
}

// Open fills the globals of a runtime.
func Open(rt *vm.Runtime) {
	openBase(rt)
	Library(rt, "table", tableFunctions)
	rt.StringMeta = rt.NewTable(0, 1)
	functions := Library(rt, "string", stringFunctions)
	functions.SetField("gfind", functions.GetField("gmatch")) // one function with two names
	rt.StringMeta.SetField("__index", vm.FromTable(functions))
	openMath(rt)
	Library(rt, "os", osFunctions)
}

// Library makes a table of functions and a global of it.
func Library(rt *vm.Runtime, name string, entries []Entry) *vm.Table {
	tb := rt.NewTable(0, len(entries))
	Fill(rt, tb, entries)
	rt.Globals.SetField(name, vm.FromTable(tb))
	return tb
}

// Fill adds functions to a table.
func Fill(rt *vm.Runtime, tb *vm.Table, entries []Entry) {
	for _, e := range entries {
		tb.SetField(e.Name, rt.Func(e.Name, e.Run))
	}
}
