package lua

import (
	"strings"
	"time"

	"larder/lua/vm"
)

// loading is a FUNCTION LOAD under way: the functions that the library's code registers.
type loading struct {
	library  *Library
	deadline time.Time
	logged   func(level int, message string)
}

// openLoading makes the globals that code sees while its library is loaded: the table redis
// with register_function and the log, and nothing else.
func (m *machine) openLoading() {
	redis := m.rt.NewTable(0, 0)
	m.fill(redis, "register_function", m.registerFunction)
	m.openLog(redis)
	redis.SetMeta(m.nonexistent())
	m.api = m.rt.NewTable(0, 1)
	m.api.SetField("redis", vm.FromTable(redis))
	m.api.SetMeta(m.nonexistent())
	protect(m.api)
}

func (m *machine) registerFunction(t *vm.Thread, args []vm.Value) []vm.Value {
	if m.loading == nil {
		m.raise(t, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	f := &Function{}
	problem := ""
	switch len(args) {
	case 1:
		problem = f.readNamed(t, args[0])
	case 2:
		problem = f.readPositional(args)
	default:
		problem = "wrong number of arguments to redis.register_function"
	}
	if problem == "" {
		problem = m.loading.library.register(f)
	}
	if problem != "" {
		m.raise(t, problem)
	}
	return t.Return()
}

func (f *Function) readPositional(args []vm.Value) string {
	name, ok := args[0].ToString()
	if !ok {
		return "first argument to redis.register_function must be a string"
	}
	if !args[1].Callable() {
		return "second argument to redis.register_function must be a function"
	}
	f.Name, f.callback = name, args[1]
	return ""
}

func (f *Function) readNamed(t *vm.Thread, arg vm.Value) string {
	tb := arg.Table()
	if tb == nil {
		return "calling redis.register_function with a single argument is only applicable to Lua table (representing named " +
			"arguments)."
	}
	named := false
	for k, v, _ := tb.Next(vm.Nil()); !k.IsNil(); k, v, _ = tb.Next(k) {
		key, ok := k.ToString()
		if !ok {
			return "named argument key given to redis.register_function is not a string"
		}
		problem := ""
		switch strings.ToLower(key) {
		case "function_name":
			named = true
			f.Name, problem = textArgument(v, "function_name")
		case "description":
			f.Described = true
			f.Description, problem = textArgument(v, "description")
		case "callback":
			if f.callback = v; !v.Callable() {
				problem = "callback argument given to redis.register_function must be a function"
			}
		case "flags":
			f.Flags, problem = flagsArgument(t, v)
		default:
			problem = "unknown argument given to redis.register_function"
		}
		if problem != "" {
			return problem
		}
	}
	switch {
	case !named:
		return "redis.register_function must get a function name argument"
	case f.callback.IsNil():
		return "redis.register_function must get a callback argument"
	}
	return ""
}

func textArgument(v vm.Value, name string) (text, problem string) {
	text, ok := v.ToString()
	if !ok {
		return "", name + " argument given to redis.register_function must be a string"
	}
	return text, ""
}

func flagsArgument(t *vm.Thread, v vm.Value) (Flags, string) {
	if v.Table() == nil {
		return 0, "flags argument to redis.register_function must be a table representing function flags"
	}
	var flags Flags
	for i := 1; ; i++ {
		item := t.Index(v, vm.Number(float64(i)))
		if item.IsNil() {
			return flags, ""
		}
		name, _ := item.ToString()
		f, ok := flagNamed(strings.ToLower(name))
		if !ok {
			return 0, "unknown flag given"
		}
		flags |= f
	}
}
