// Package clusters holds the commands of Redis Cluster. With `cluster-enabled yes` they are those of a cluster of one
// node, which owns every slot; without, all of them end in the same error.
package clusters

import (
	"slices"

	"larder/resp/cmd"
	"larder/resp/node"
	"larder/resp/param"
	"larder/resp/reply"
)

// family carries what the handlers need; node is nil in a server without cluster.
type family struct {
	node   *node.Node
	params *param.Set
}

const (
	quiet = cmd.Loading | cmd.Stale
	group = "cluster"
)

// Table returns the rows of the family. The node is nil if `cluster-enabled` is no.
func Table(n *node.Node, params *param.Set) []cmd.Spec {
	f := &family{n, params}
	rows := []cmd.Spec{
		{Name: "READONLY", Arity: 1, Flags: quiet | cmd.Fast, Run: readOnly, Group: group,
			Since: "3.0.0", Categories: []string{"@connection"},
			Summary: "Enables read-only queries for a connection to a Redis Cluster replica node.", Complexity: "O(1)"},
		{Name: "READWRITE", Arity: 1, Flags: quiet | cmd.Fast, Run: readWrite, Group: group,
			Since: "3.0.0", Categories: []string{"@connection"},
			Summary: "Enables read-write queries for a connection to a Redis Cluster replica node.", Complexity: "O(1)"},
		{Name: "ASKING", Arity: 1, Flags: cmd.Fast, Run: asking, Group: group,
			Since: "3.0.0", Categories: []string{"@connection"},
			Summary: "Signals that a cluster client is following an -ASK redirect.", Complexity: "O(1)"},
		{Name: "CLUSTER", Arity: -2, Group: group, Since: "3.0.0", Summary: "A container for Redis Cluster commands.",
			Complexity: "Depends on subcommand.", Subs: f.rows()},
	}
	if n == nil {
		disable(rows)
	}
	return rows
}

// disable makes all rows and their subcommands end in the error of a server without cluster.
func disable(rows []cmd.Spec) {
	for i := range rows {
		if disable(rows[i].Subs); len(rows[i].Subs) == 0 {
			rows[i].Run = func(*cmd.Call) reply.Reply { return reply.Fail("ERR This instance has cluster support disabled") }
		}
	}
}

// changes are the flags of what changes the cluster.
const changes = cmd.Admin | cmd.Stale | cmd.NoAsyncLoading

// random is the tip of what answers differently each time.
const random = "nondeterministic_output"

func row(name string, arity int, flags cmd.Flags, run cmd.Handler, since, usage, summary, complexity string,
	tips ...string) cmd.Spec {
	return cmd.Spec{Name: name, Arity: arity, Flags: flags, Run: run, Group: group, Since: since,
		Usage: usage, Summary: summary, Complexity: complexity, Tips: tips}
}

// rows are in the order of the alphabet.
func (f *family) rows() []cmd.Spec {
	rows := slices.Concat(f.rowsToInfo(), f.rowsFromKeySlot())
	for i := range rows {
		switch rows[i].Name {
		case "SHARDS", "SLOT-STATS":
			rows[i].Nests = true
		case "SLAVES":
			rows[i].DeprecatedSince, rows[i].ReplacedBy = "5.0.0", "`CLUSTER REPLICAS`"
		case "SLOTS":
			rows[i].Nests, rows[i].DeprecatedSince, rows[i].ReplacedBy = true, "7.0.0", "`CLUSTER SHARDS`"
		}
	}
	return rows
}

func (f *family) rowsToInfo() []cmd.Spec {
	return []cmd.Spec{
		row("ADDSLOTS", -3, changes, addSlots, "3.0.0", "slot [slot ...]", "Assigns new hash slots to a node.",
			"O(N) where N is the total number of hash slot arguments"),
		row("ADDSLOTSRANGE", -4, changes, addRanges, "7.0.0", "start-slot end-slot [start-slot end-slot ...]",
			"Assigns new hash slot ranges to a node.",
			"O(N) where N is the total number of the slots between the start slot and end slot arguments."),
		row("BUMPEPOCH", 2, changes, f.bump, "3.0.0", "", "Advances the cluster config epoch.", "O(1)", random),
		row("COUNT-FAILURE-REPORTS", 3, cmd.Admin|cmd.Stale, f.ofMaster(reply.Integer(0)), "3.0.0", "node-id",
			"Returns the number of active failure reports active for a node.", "O(N) where N is the number of failure reports",
			random),
		row("COUNTKEYSINSLOT", 3, cmd.Stale|cmd.Whole, countKeys, "3.0.0", "slot",
			"Returns the number of keys in a hash slot.", "O(1)"),
		row("DELSLOTS", -3, changes, delSlots, "3.0.0", "slot [slot ...]", "Sets hash slots as unbound for a node.",
			"O(N) where N is the total number of hash slot arguments"),
		row("DELSLOTSRANGE", -4, changes, delRanges, "7.0.0", "start-slot end-slot [start-slot end-slot ...]",
			"Sets hash slot ranges as unbound for a node.",
			"O(N) where N is the total number of the slots between the start slot and end slot arguments."),
		row("FAILOVER", -2, changes, failover, "3.0.0", "[FORCE | TAKEOVER]",
			"Forces a replica to perform a manual failover of its master.", "O(1)"),
		row("FLUSHSLOTS", 2, changes|cmd.Whole, flushSlots, "3.0.0", "", "Deletes all slots information from a node.",
			"O(1)"),
		row("FORGET", 3, changes, f.ofMaster(reply.Fail("ERR I tried hard but I can't forget myself...")), "3.0.0", "node-id",
			"Removes a node from the nodes table.", "O(1)"),
		row("GETKEYSINSLOT", 4, cmd.Stale|cmd.Whole, keysIn, "3.0.0", "slot count", "Returns the key names in a hash slot.",
			"O(log(N)) where N is the number of requested keys", random),
		row("HELP", 2, quiet, help, "5.0.0", "", "Returns helpful text about the different subcommands.", "O(1)"),
		row("INFO", 2, cmd.Stale, f.info, "3.0.0", "", "Returns information about the state of a node.", "O(1)", random),
	}
}

func (f *family) rowsFromKeySlot() []cmd.Spec {
	return []cmd.Spec{
		row("KEYSLOT", 3, cmd.Stale, keySlot, "3.0.0", "key", "Returns the hash slot for a key.",
			"O(N) where N is the number of bytes in the key"),
		row("LINKS", 2, cmd.Stale, links, "7.0.0", "", "Returns a list of all TCP links to and from peer nodes.",
			"O(N) where N is the total number of Cluster nodes", random),
		row("MEET", -4, changes, meet, "3.0.0", "ip port [cluster-bus-port]", "Forces a node to handshake with another node.",
			"O(1)"),
		row("MYID", 2, cmd.Stale, f.myID, "3.0.0", "", "Returns the ID of a node.", "O(1)"),
		row("MYSHARDID", 2, cmd.Stale, f.myShardID, "7.2.0", "", "Returns the shard ID of a node.", "O(1)", random),
		row("NODES", 2, cmd.Stale, f.nodes, "3.0.0", "", "Returns the cluster configuration for a node.",
			"O(N) where N is the total number of Cluster nodes", random),
		row("REPLICAS", 3, cmd.Admin|cmd.Stale, f.ofMaster(reply.Of()), "5.0.0", "node-id",
			"Lists the replica nodes of a master node.", "O(1)", random),
		row("REPLICATE", 3, changes, f.ofMaster(reply.Fail("ERR Can't replicate myself")), "3.0.0", "node-id",
			"Configure a node as replica of a master node.", "O(1)"),
		row("RESET", -2, cmd.Admin|cmd.NoScript|cmd.Stale|cmd.Whole, reset, "3.0.0", "[HARD | SOFT]", "Resets a node.",
			"O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect."),
		row("SAVECONFIG", 2, changes, f.saveConfig, "3.0.0", "", "Forces a node to save the cluster configuration to disk.",
			"O(1)"),
		row("SET-CONFIG-EPOCH", 3, changes, f.setEpoch, "3.0.0", "config-epoch",
			"Sets the configuration epoch for a new node.", "O(1)"),
		row("SETSLOT", -4, changes, f.setSlot, "3.0.0",
			"slot <IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE>", "Binds a hash slot to a node.", "O(1)"),
		row("SHARDS", 2, cmd.Stale, f.shards, "7.0.0", "", "Returns the mapping of cluster slots to shards.",
			"O(N) where N is the total number of cluster nodes", random),
		row("SLAVES", 3, cmd.Admin|cmd.Stale, f.ofMaster(reply.Of()), "3.0.0", "node-id",
			"Lists the replica nodes of a master node.", "O(1)", random),
		row("SLOT-STATS", -4, quiet|cmd.Whole, slotStats, "8.2.0",
			"<SLOTSRANGE start-slot end-slot | ORDERBY metric [LIMIT limit] [ASC | DESC]>",
			"Return an array of slot usage statistics for slots assigned to the current node.",
			"O(N) where N is the total number of slots based on arguments. O(N*log(N)) with ORDERBY subcommand.",
			"nondeterministic_output", "request_policy:all_shards"),
		row("SLOTS", 2, cmd.Stale, f.slots, "3.0.0", "", "Returns the mapping of cluster slots to nodes.",
			"O(N) where N is the total number of Cluster nodes", random),
	}
}
