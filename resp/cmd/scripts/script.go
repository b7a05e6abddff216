package scripts

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func (f *family) scriptLoad(c *cmd.Call) reply.Reply {
	s, err := f.lua.Load(string(c.Args[2]))
	if err != nil {
		return fault(err)
	}
	return reply.Text(s.SHA)
}

func (f *family) scriptExists(c *cmd.Call) reply.Reply {
	found := make([]reply.Reply, 0, len(c.Args)-2)
	for _, sha := range c.Args[2:] {
		found = append(found, reply.Truth(f.lua.Script(string(sha)) != nil))
	}
	return reply.Of(found...)
}

func (f *family) scriptFlush(c *cmd.Call) reply.Reply {
	if !flushMode(c.Args[2:]) {
		return reply.Fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
	}
	f.lua.FlushScripts()
	return reply.OK()
}

// flushMode accepts ASYNC, SYNC or nothing: dropping what is in memory takes no time.
func flushMode(args [][]byte) bool {
	return len(args) == 0 || len(args) == 1 && (arg.Is(args[0], "sync") || arg.Is(args[0], "async"))
}

func (f *family) scriptKill(*cmd.Call) reply.Reply { return f.kill(false) }

func (f *family) kill(function bool) reply.Reply {
	if err := f.lua.Kill(function); err != nil {
		return fault(err)
	}
	return reply.OK()
}

// scriptDebug can only turn off: there is no debugger, which redis-cli --ldb would need.
func (f *family) scriptDebug(c *cmd.Call) reply.Reply {
	switch mode := c.Args[2]; {
	case arg.Is(mode, "no"):
		return reply.OK()
	case arg.Is(mode, "yes"), arg.Is(mode, "sync"):
		return reply.Fail("ERR the Lua debugger is not available on this server")
	}
	return reply.Fail("ERR Use SCRIPT DEBUG YES/SYNC/NO")
}
