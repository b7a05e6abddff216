// Package scripts holds EVAL, SCRIPT, FUNCTION, FCALL and their kin; resp/lua does the work.
package scripts

import (
	"larder/resp/cmd"
	"larder/resp/lua"
	"larder/resp/reply"
)

// Host is what the family needs of the server. For any goroutine.
type Host interface {
	// Script runs a plan inside a transaction: a new one, or the one around the
	// call if it is nested in EXEC. It calls p.Run once for each attempt that the engine makes, and drops what
	// earlier attempts wrote and logged. The reply of the last attempt is its result; an error reply
	// commits as any other.
	Script(c *cmd.Call, p *Plan) reply.Reply
	// OverMemory reports whether the data was over its limit when the call was about to run, so
	// that commands which need room are refused.
	OverMemory(c *cmd.Call) bool
	// LogScript takes what a library's code logs while it is loaded, at a level of package lua.
	LogScript(level int, message string)
	// Clustered says that the server is a node of a cluster.
	Clustered() bool
}

// Plan is a script about to be run.
type Plan struct {
	Write bool // otherwise no command of it may write
	// OneSlot says that in a cluster its commands must keep to one slot. One without flags need not.
	OneSlot bool
	Run     func(lua.Host) reply.Reply
}

// family carries what the handlers need. For any goroutine.
type family struct {
	host Host
	lua  *lua.Engine
}

const (
	group   = "scripting"
	running = cmd.Scripted | cmd.NoScript | cmd.Stale | cmd.NoMonitor | cmd.MayReplicate | cmd.NoMandatoryKeys |
		cmd.MovableKeys
	reading = cmd.Scripted | cmd.View | cmd.Unbound | cmd.NoScript | cmd.Stale | cmd.NoMonitor | cmd.NoMandatoryKeys |
		cmd.MovableKeys
	editing = cmd.Write | cmd.Unbound | cmd.NoScript
	helping = cmd.Loading | cmd.Stale

	dependsScript   = "Depends on the script that is executed."
	dependsFunction = "Depends on the function that is executed."
	dependsSub      = "Depends on subcommand."

	rwNote = "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
	roNote = "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"
)

func counted(f cmd.KeyFlags, notes string) []cmd.KeySpec {
	k := cmd.KeysCounted(2, f)
	k.Notes = notes
	return []cmd.KeySpec{k}
}

// Table returns the rows of the family.
func Table(h Host, e *lua.Engine) []cmd.Spec {
	f := &family{h, e}
	const rw, ro = cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate, cmd.KeyRO | cmd.KeyAccess
	const numbered = " numkeys [key [key ...]] [arg [arg ...]]"
	return []cmd.Spec{
		{Name: "EVAL", Arity: -3, Flags: running, Keys: counted(rw, rwNote), MayWrite: f.evalWrites, Grows: f.evalGrows,
			Nests: true, Run: f.eval, Group: group, Since: "2.6.0",
			Usage: "script" + numbered, Summary: "Executes a server-side Lua script.", Complexity: dependsScript},
		{Name: "EVAL_RO", Arity: -3, Flags: reading, Keys: counted(ro, roNote), Grows: f.evalGrows, Nests: true,
			Run: f.evalReading, Group: group, Since: "7.0.0",
			Usage: "script" + numbered, Summary: "Executes a read-only server-side Lua script.", Complexity: dependsScript},
		{Name: "EVALSHA", Arity: -3, Flags: running, Keys: counted(rw, ""), MayWrite: f.evalSHAWrites, Grows: f.evalSHAGrows,
			Nests: true, Run: f.evalSHA, Group: group, Since: "2.6.0",
			Usage: "sha1" + numbered, Summary: "Executes a server-side Lua script by SHA1 digest.", Complexity: dependsScript},
		{Name: "EVALSHA_RO", Arity: -3, Flags: reading, Keys: counted(ro, ""), Grows: f.evalSHAGrows, Nests: true,
			Run: f.evalSHAReading, Group: group, Since: "7.0.0",
			Usage: "sha1" + numbered, Summary: "Executes a read-only server-side Lua script by SHA1 digest.",
			Complexity: dependsScript},
		{Name: "FCALL", Arity: -3, Flags: running, Keys: counted(rw, rwNote), MayWrite: f.fcallWrites, Grows: f.fcallGrows,
			Nests: true, Run: f.fcall, Group: group, Since: "7.0.0",
			Usage: "function" + numbered, Summary: "Invokes a function.", Complexity: dependsFunction},
		{Name: "FCALL_RO", Arity: -3, Flags: reading, Keys: counted(ro, roNote), Grows: f.fcallGrows, Nests: true,
			Run: f.fcallReading, Group: group, Since: "7.0.0",
			Usage: "function" + numbered, Summary: "Invokes a read-only function.", Complexity: dependsFunction},
		{Name: "SCRIPT", Arity: -2, Group: group, Since: "2.6.0", Summary: "A container for Lua scripts management commands.",
			Complexity: dependsSub, Subs: f.scriptRows()},
		{Name: "FUNCTION", Arity: -2, Group: group, Since: "7.0.0", Summary: "A container for function commands.",
			Complexity: dependsSub, Subs: f.functionRows()},
	}
}

func (f *family) scriptRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "DEBUG", Arity: 3, Flags: cmd.NoScript, Run: f.scriptDebug, Group: group,
			Since: "3.2.0", Usage: "<YES | SYNC | NO>",
			Summary: "Sets the debug mode of server-side Lua scripts.", Complexity: "O(1)"},
		{Name: "EXISTS", Arity: -3, Flags: cmd.NoScript, Run: f.scriptExists, Group: group,
			Since: "2.6.0", Usage: "sha1 [sha1 ...]",
			Summary:    "Determines whether server-side Lua scripts exist in the script cache.",
			Complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
			Tips:       []string{"request_policy:all_shards", "response_policy:agg_logical_and"}},
		{Name: "FLUSH", Arity: -2, Flags: cmd.NoScript, Run: f.scriptFlush, Group: group,
			Since: "2.6.0", Usage: "[ASYNC | SYNC]",
			Summary:    "Removes all server-side Lua scripts from the script cache.",
			Complexity: "O(N) with N being the number of scripts in cache",
			Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		{Name: "HELP", Arity: 2, Flags: helping, Run: scriptHelp, Group: group, Since: "5.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
		{Name: "KILL", Arity: 2, Flags: cmd.NoScript | cmd.AllowBusy, Run: f.scriptKill, Group: group, Since: "2.6.0",
			Summary: "Terminates a server-side Lua script during execution.", Complexity: "O(1)",
			Tips: []string{"request_policy:all_shards", "response_policy:one_succeeded"}},
		{Name: "LOAD", Arity: 3, Flags: cmd.NoScript | cmd.Stale, Run: f.scriptLoad, Group: group,
			Since: "2.6.0", Usage: "script",
			Summary:    "Loads a server-side Lua script to the script cache.",
			Complexity: "O(N) with N being the length in bytes of the script body.",
			Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
	}
}

func (f *family) functionRows() []cmd.Spec {
	everywhere := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	return []cmd.Spec{
		{Name: "DELETE", Arity: 3, Flags: editing, Run: f.functionDelete, Group: group, Since: "7.0.0", Usage: "library-name",
			Summary: "Deletes a library and its functions.", Complexity: "O(1)", Tips: everywhere},
		{Name: "DUMP", Arity: 2, Flags: cmd.NoScript, Run: f.functionDump, Group: group, Since: "7.0.0",
			Summary:    "Dumps all libraries into a serialized binary payload.",
			Complexity: "O(N) where N is the number of functions"},
		{Name: "FLUSH", Arity: -2, Flags: editing, Run: f.functionFlush, Group: group,
			Since: "7.0.0", Usage: "[ASYNC | SYNC]",
			Summary: "Deletes all libraries and functions.", Complexity: "O(N) where N is the number of functions deleted",
			Tips: everywhere},
		{Name: "HELP", Arity: 2, Flags: helping, Run: functionHelp, Group: group, Since: "7.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
		{Name: "KILL", Arity: 2, Flags: cmd.NoScript | cmd.AllowBusy, Run: f.functionKill, Group: group, Since: "7.0.0",
			Summary: "Terminates a function during execution.", Complexity: "O(1)",
			Tips: []string{"request_policy:all_shards", "response_policy:one_succeeded"}},
		{Name: "LIST", Arity: -2, Flags: cmd.NoScript, Nests: true, Run: f.functionList, Group: group, Since: "7.0.0",
			Usage: "[LIBRARYNAME library-name-pattern] [WITHCODE]", Summary: "Returns information about all libraries.",
			Complexity: "O(N) where N is the number of functions", Tips: []string{"nondeterministic_output_order"}},
		{Name: "LOAD", Arity: -3, Flags: editing | cmd.DenyOOM, Run: f.functionLoad, Group: group,
			Since: "7.0.0", Usage: "[REPLACE] function-code",
			Summary: "Creates a library.", Complexity: "O(1) (considering compilation time is redundant)", Tips: everywhere},
		{Name: "RESTORE", Arity: -3, Flags: editing | cmd.DenyOOM, Run: f.functionRestore, Group: group, Since: "7.0.0",
			Usage: "serialized-value [FLUSH | APPEND | REPLACE]", Summary: "Restores all libraries from a payload.",
			Complexity: "O(N) where N is the number of functions on the payload", Tips: everywhere},
		{Name: "STATS", Arity: 2, Flags: cmd.NoScript | cmd.AllowBusy, Nests: true, Run: f.functionStats, Group: group,
			Since:   "7.0.0",
			Summary: "Returns information about a function during execution.", Complexity: "O(1)",
			Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}},
	}
}
