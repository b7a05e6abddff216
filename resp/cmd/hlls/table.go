// Package hlls holds the HyperLogLog commands. Their keys are strings.
package hlls

import "larder/resp/cmd"

const group = "hyperloglog"

// Table returns the rows of the family.
func Table() []cmd.Spec {
	const countNotes = "RW because it may change the internal representation of the key, and propagate to replicas"
	return []cmd.Spec{
		{Name: "PFADD", Arity: -2, Event: "$:pfadd", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)}, Run: add, Group: group, Since: "2.8.9",
			Usage: "key [element [element ...]]", Summary: "Adds elements to a HyperLogLog key. Creates the key if it doesn't " +
				"exist.",
			Complexity: "O(1) to add every element."},
		{Name: "PFCOUNT", Arity: -2, Flags: cmd.View | cmd.MayReplicate, Mends: keepsCount,
			Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRW|cmd.KeyAccess).Noted(countNotes)}, Run: count, Group: group,
			Since: "2.8.9",
			Usage: "key [key ...]", Summary: "Returns the approximated cardinality of the set(s) observed by the HyperLogLog " +
				"key(s).",
			Complexity: "O(1) with a very small average constant time when called with a single key. O(N) with N being the " +
				"number of keys, and much bigger constant times, when called with multiple keys."},
		{Name: "PFDEBUG", Arity: 3, Flags: cmd.Write | cmd.DenyOOM | cmd.Admin,
			Keys: []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRW|cmd.KeyAccess)}, Run: debug, Group: group, Since: "2.8.9",
			Usage: "subcommand key", Summary: "Internal commands for debugging HyperLogLog values.", Complexity: "N/A"},
		{Name: "PFMERGE", Arity: -2, Event: "$:pfadd", Flags: cmd.Write | cmd.DenyOOM,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyInsert),
				cmd.KeysFrom(2, -1, 1, cmd.KeyRO|cmd.KeyAccess)}, Run: merge, Group: group, Since: "2.8.9",
			Usage: "destkey [sourcekey [sourcekey ...]]", Summary: "Merges one or more HyperLogLog values into a single key.",
			Complexity: "O(N) to merge N HyperLogLogs, but with high constant times."},
		{Name: "PFSELFTEST", Arity: 1, Flags: cmd.Admin, Run: selfTest, Group: group, Since: "2.8.9",
			Summary: "An internal command for testing HyperLogLog values.", Complexity: "N/A"},
	}
}

// keepsCount says that the count of one key is kept in it.
func keepsCount(args [][]byte) bool { return len(args) == 2 }
