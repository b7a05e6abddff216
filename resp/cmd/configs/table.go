// Package configs holds CONFIG: reading, changing and saving the server's parameters.
package configs

import (
	"larder/resp/cmd"
	"larder/resp/param"
	"larder/resp/reply"
)

// family carries what the handlers need. For any goroutine.
type family struct {
	set       *param.Set
	resetStat func()
}

const (
	open  = cmd.Loading | cmd.Stale
	admin = open | cmd.Admin | cmd.NoScript
)

// Table returns the rows of the family. resetStat sets the server's statistics to zero.
func Table(set *param.Set, resetStat func()) []cmd.Spec {
	f := &family{set, resetStat}
	return []cmd.Spec{
		{Name: "CONFIG", Arity: -2, Group: "server", Since: "2.0.0",
			Summary:    "A container for server configuration commands.",
			Complexity: "Depends on subcommand.", Subs: f.rows()},
	}
}

func (f *family) rows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "GET", Arity: -3, Flags: admin, Run: f.get,
			Group: "server", Since: "2.0.0", Usage: "parameter [parameter ...]",
			Summary:    "Returns the effective values of configuration parameters.",
			Complexity: "O(N) when N is the number of configuration parameters provided"},
		{Name: "SET", Arity: -4, Flags: admin, Run: f.change, Secrets: f.secrets,
			Group: "server", Since: "2.0.0", Usage: "parameter value [parameter value ...]",
			Summary:    "Sets configuration parameters in-flight.",
			Complexity: "O(N) when N is the number of configuration parameters provided",
			Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		{Name: "RESETSTAT", Arity: 2, Flags: admin, Run: f.reset, Group: "server", Since: "2.0.0",
			Summary:    "Resets the server's statistics.",
			Complexity: "O(1)", Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		{Name: "REWRITE", Arity: 2, Flags: admin, Run: f.rewrite, Group: "server", Since: "2.8.0",
			Summary:    "Persists the effective configuration to file.",
			Complexity: "O(1)", Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}},
		{Name: "HELP", Arity: 2, Flags: open, Run: help, Group: "server", Since: "5.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}

func (f *family) get(c *cmd.Call) reply.Reply {
	var pairs []reply.Reply
	for _, p := range f.set.Get(c.Args[2:]) {
		pairs = append(pairs, reply.Text(p.Name), reply.Text(p.Value))
	}
	return reply.MapOf(pairs...)
}

func (f *family) change(c *cmd.Call) reply.Reply {
	if !c.Nested {
		return done(f.set.Change(c.Args[2:], c.Client.Near()))
	}
	follow, err := f.set.ChangeInside(c.Args[2:], c.Client.Near())
	if err == nil {
		c.Later(follow)
	}
	return done(err)
}

// secrets are the values of parameters such as requirepass.
func (f *family) secrets(args [][]byte) (hidden []int) {
	for i := 3; i < len(args); i += 2 {
		if f.set.Sensitive(string(args[i-1])) {
			hidden = append(hidden, i)
		}
	}
	return hidden
}

func (f *family) reset(*cmd.Call) reply.Reply {
	f.resetStat()
	return reply.OK()
}

func (f *family) rewrite(*cmd.Call) reply.Reply { return done(f.set.Rewrite()) }

func done(err error) reply.Reply {
	if err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func help(*cmd.Call) reply.Reply {
	return reply.Words(
		"CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
		"GET <pattern>",
		"    Return parameters matching the glob-like <pattern> and their values.",
		"SET <directive> <value>",
		"    Set the configuration <directive> to <value>.",
		"RESETSTAT",
		"    Reset statistics reported by the INFO command.",
		"REWRITE",
		"    Rewrite the configuration file.",
		"HELP",
		"    Prints this help.",
	)
}
