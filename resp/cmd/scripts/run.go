package scripts

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/lua"
	"larder/resp/reply"
)

const noScript = "NOSCRIPT No matching script. Please use EVAL."

func (f *family) eval(c *cmd.Call) reply.Reply        { return f.evalBody(c, false) }
func (f *family) evalReading(c *cmd.Call) reply.Reply { return f.evalBody(c, true) }

func (f *family) evalBody(c *cmd.Call, readOnly bool) reply.Reply {
	j := &lua.Job{ReadOnly: readOnly, Command: c.Args}
	if problem := numbered(c, j, arg.NotInteger); problem != "" {
		return reply.Fail("ERR " + problem)
	}
	script, err := f.lua.Eval(string(c.Args[1]))
	if err != nil {
		return fault(err)
	}
	j.Script = script
	return f.run(c, j)
}

func (f *family) evalSHA(c *cmd.Call) reply.Reply        { return f.evalDigest(c, false) }
func (f *family) evalSHAReading(c *cmd.Call) reply.Reply { return f.evalDigest(c, true) }

func (f *family) evalDigest(c *cmd.Call, readOnly bool) reply.Reply {
	if len(c.Args[1]) != 40 {
		return reply.Fail(noScript)
	}
	j := &lua.Job{ReadOnly: readOnly, Command: c.Args}
	if problem := numbered(c, j, arg.NotInteger); problem != "" {
		return reply.Fail("ERR " + problem)
	}
	if j.Script = f.lua.Script(string(c.Args[1])); j.Script == nil {
		return reply.Fail(noScript)
	}
	return f.run(c, j)
}

func (f *family) fcall(c *cmd.Call) reply.Reply        { return f.fcallName(c, false) }
func (f *family) fcallReading(c *cmd.Call) reply.Reply { return f.fcallName(c, true) }

func (f *family) fcallName(c *cmd.Call, readOnly bool) reply.Reply {
	j := &lua.Job{Function: f.lua.Function(string(c.Args[1])), ReadOnly: readOnly, Command: c.Args}
	if j.Function == nil {
		return reply.Fail("ERR Function not found")
	}
	if problem := numbered(c, j, "Bad number of keys provided"); problem != "" {
		return reply.Fail("ERR " + problem)
	}
	return f.run(c, j)
}

// numbered reads the number of keys, then keys and arguments. A problem goes behind "ERR ".
func numbered(c *cmd.Call, j *lua.Job, notNumber string) (problem string) {
	n, ok := arg.ParseInt(c.Args[2])
	rest := c.Args[3:]
	switch {
	case !ok:
		return notNumber
	case n > int64(len(rest)):
		return "Number of keys can't be greater than number of args"
	case n < 0:
		return "Number of keys can't be negative"
	}
	j.Keys, j.Args = rest[:n:n], rest[n:]
	return ""
}

// evalWrites, evalSHAWrites and fcallWrites tell whether a script may write: one without
// flags may. One that is not known will not run.
func (f *family) evalWrites(args [][]byte) bool {
	script, err := f.lua.Eval(string(args[1]))
	return err == nil && (&lua.Job{Script: script}).Writes()
}

func (f *family) evalSHAWrites(args [][]byte) bool {
	script := f.lua.Script(string(args[1]))
	return script != nil && (&lua.Job{Script: script}).Writes()
}

func (f *family) fcallWrites(args [][]byte) bool {
	function := f.lua.Function(string(args[1]))
	return function != nil && (&lua.Job{Function: function}).Writes()
}

// evalGrows, evalSHAGrows and fcallGrows tell whether a script is refused as a whole when there
// is no room: one that says what it does, and neither that it needs no room nor that it writes nothing.
func (f *family) evalGrows(args [][]byte) bool {
	return bytes.HasPrefix(args[1], []byte("#!")) && lua.Declared(string(args[1])).Grows()
}

func (f *family) evalSHAGrows(args [][]byte) bool {
	script := f.lua.Script(string(args[1]))
	return script != nil && script.Flags.Grows()
}

func (f *family) fcallGrows(args [][]byte) bool {
	function := f.lua.Function(string(args[1]))
	return function != nil && function.Flags.Grows()
}

// run keeps what a script wrote before it failed.
func (f *family) run(c *cmd.Call, j *lua.Job) reply.Reply {
	if err := j.Refusal(f.host.Clustered(), f.host.OverMemory(c)); err != nil {
		return fault(err)
	}
	c.Keep = true
	answer := f.host.Script(c, &Plan{
		Write:   j.Writes(),
		OneSlot: !j.CrossesSlots(),
		Run:     func(h lua.Host) reply.Reply { return f.lua.Run(j, h) },
	})
	c.Counted = j.Counted
	return answer
}

// fault is the reply to an error of package lua.
func fault(err error) reply.Reply {
	if f, ok := err.(lua.Fault); ok {
		return f.Reply()
	}
	return reply.Err(err)
}
