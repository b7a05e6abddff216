package servers

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// The commands of this file belong to parts of Redis that Larder does not have. They
// answer what a Redis without those parts in use would, so that clients which probe go on.

func absentRows() []cmd.Spec {
	rows := []cmd.Spec{
		{Name: "MODULE", Arity: -2, Group: group, Since: "4.0.0", Summary: "A container for module commands.",
			Complexity: "Depends on subcommand.",
			Subs: []cmd.Spec{
				{Name: "LIST", Arity: 2, Flags: cmd.Admin | cmd.NoScript, Run: noModules, Group: group,
					Since: "4.0.0", Tips: []string{"nondeterministic_output_order"},
					Summary: "Returns all loaded modules.", Complexity: "O(N) where N is the number of loaded modules."},
				{Name: "HELP", Arity: 2, Flags: quiet, Run: moduleHelp, Group: group,
					Since: "5.0.0", Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
			}},
	}
	return append(rows, replicaRow("REPLICAOF", "5.0.0"), slaveOf())
}

func slaveOf() cmd.Spec {
	row := replicaRow("SLAVEOF", "1.0.0")
	row.DeprecatedSince, row.ReplacedBy = "5.0.0", "`REPLICAOF`"
	return row
}

func replicaRow(name, since string) cmd.Spec {
	return cmd.Spec{Name: name, Arity: 3, Flags: cmd.Admin | cmd.NoScript | cmd.Stale | cmd.NoAsyncLoading, Run: replicaOf,
		Group: group, Since: since,
		Usage: "<host port | NO ONE>", Summary: "Configures a server as replica of another, or promotes it to a master.",
		Complexity: "O(1)"}
}

func replicaOf(c *cmd.Call) reply.Reply {
	if arg.Is(c.Args[1], "NO") && arg.Is(c.Args[2], "ONE") {
		return reply.OK()
	}
	s := c.Scan(2)
	if s.IntIn(0, 65535, "Invalid master port"); s.Err() != nil {
		return reply.Err(s.Err())
	}
	return reply.Fail("ERR Larder does not replicate yet: only REPLICAOF NO ONE is accepted")
}

func noModules(*cmd.Call) reply.Reply { return reply.Of() }
