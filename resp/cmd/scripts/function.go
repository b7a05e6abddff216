package scripts

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/lua"
	"larder/resp/reply"
	"larder/store"
)

func (f *family) functionLoad(c *cmd.Call) reply.Reply {
	replace := false
	last := len(c.Args) - 1
	for _, option := range c.Args[2:last] {
		if !arg.Is(option, "replace") {
			return reply.Failf("ERR Unknown option given: %s", option)
		}
		replace = true
	}
	name, err := f.lua.LoadLibrary(string(c.Args[last]), replace, f.host.LogScript)
	if err != nil {
		return fault(err)
	}
	return reply.Text(name)
}

func (f *family) functionDelete(c *cmd.Call) reply.Reply {
	return done(f.lua.DeleteLibrary(string(c.Args[2])))
}

func done(err error) reply.Reply {
	if err != nil {
		return fault(err)
	}
	return reply.OK()
}

func (f *family) functionFlush(c *cmd.Call) reply.Reply {
	if len(c.Args) > 3 {
		return c.UnknownForm()
	}
	if !flushMode(c.Args[2:]) {
		return reply.Fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
	}
	return done(f.lua.FlushFunctions())
}

func (f *family) functionDump(*cmd.Call) reply.Reply { return reply.Bytes(f.lua.DumpFunctions()) }

func (f *family) functionRestore(c *cmd.Call) reply.Reply {
	policy := lua.Append
	switch {
	case len(c.Args) > 4:
		return c.UnknownForm()
	case len(c.Args) == 3, arg.Is(c.Args[3], "append"):
	case arg.Is(c.Args[3], "replace"):
		policy = lua.Replace
	case arg.Is(c.Args[3], "flush"):
		policy = lua.Flush
	default:
		return reply.Fail("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
	}
	return done(f.lua.RestoreFunctions(c.Args[2], policy))
}

func (f *family) functionKill(*cmd.Call) reply.Reply { return f.kill(true) }

func (f *family) functionList(c *cmd.Call) reply.Reply {
	var pattern []byte
	withCode := false
	for i := 2; i < len(c.Args); i++ {
		switch word := c.Args[i]; {
		case !withCode && arg.Is(word, "withcode"):
			withCode = true
		case pattern == nil && arg.Is(word, "libraryname"):
			i++
			if i == len(c.Args) {
				return reply.Fail("ERR library name argument was not given")
			}
			pattern = append([]byte{}, c.Args[i]...)
		default:
			return reply.Failf("ERR Unknown argument %s", word)
		}
	}
	list := []reply.Reply{}
	for _, l := range f.lua.Libraries() {
		if pattern == nil || store.Match(pattern, []byte(l.Name), true) {
			list = append(list, describe(l, withCode))
		}
	}
	return reply.Of(list...)
}

func describe(l *lua.Library, withCode bool) reply.Reply {
	functions := make([]reply.Reply, 0, len(l.Functions))
	for _, f := range l.Functions {
		description := reply.Nil()
		if f.Described {
			description = reply.Text(f.Description)
		}
		flags := []reply.Reply{}
		for _, name := range f.Flags.Names() {
			flags = append(flags, reply.Word(name))
		}
		functions = append(functions, reply.MapOf(reply.Text("name"), reply.Text(f.Name),
			reply.Text("description"), description, reply.Text("flags"), reply.SetOf(flags...)))
	}
	pairs := []reply.Reply{reply.Text("library_name"), reply.Text(l.Name), reply.Text("engine"), reply.Text("LUA"),
		reply.Text("functions"), reply.Of(functions...)}
	if withCode {
		pairs = append(pairs, reply.Text("library_code"), reply.Text(l.Code))
	}
	return reply.MapOf(pairs...)
}

func (f *family) functionStats(*cmd.Call) reply.Reply {
	if b, busy := f.lua.Busy(); busy && !b.Function {
		return b.Fault().Reply()
	}
	current := reply.Nil()
	if b, running := f.lua.Current(); running {
		command := make([]reply.Reply, len(b.Command))
		for i, word := range b.Command {
			command[i] = reply.Bytes(word)
		}
		current = reply.MapOf(reply.Text("name"), reply.Text(b.Name), reply.Text("command"), reply.Of(command...),
			reply.Text("duration_ms"), reply.Integer(b.Duration.Milliseconds()))
	}
	libraries, functions := f.lua.Functions()
	return reply.MapOf(reply.Text("running_script"), current, reply.Text("engines"),
		reply.MapOf(reply.Text("LUA"), reply.MapOf(reply.Text("libraries_count"), reply.Integer(libraries),
			reply.Text("functions_count"), reply.Integer(functions))))
}
