// Package dumps holds DUMP and RESTORE: values in Redis's own serialisation, as package rdb reads and writes it.
package dumps

import "larder/resp/cmd"

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	// SetUse makes a key last used so many seconds ago, and sets its counter of uses; what is negative is left.
	SetUse(db int, name []byte, idleSeconds, frequency int64)
}

// family carries the host to the handlers.
type family struct{ host Host }

// Table returns the rows of the family.
func Table(host Host) []cmd.Spec {
	f := &family{host}
	return []cmd.Spec{
		{Name: "DUMP", Arity: 2, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)}, Run: dump,
			Group: "generic", Since: "2.6.0",
			Usage: "key", Summary: "Returns a serialized representation of the value stored at a key.",
			Complexity: "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects " +
				"composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) " +
				"where M is small, so simply O(1).",
			Tips: []string{"nondeterministic_output"}},
		f.restoreRow(), f.restoreAskingRow(),
	}
}

func (f *family) restoreRow() cmd.Spec {
	return cmd.Spec{Name: "RESTORE", Arity: -4, Event: "g:restore", Flags: cmd.Write | cmd.DenyOOM,
		Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW|cmd.KeyUpdate)}, Run: f.restore,
		Categories: []string{"@dangerous"}, Group: "generic", Since: "2.6.0",
		Usage:   "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
		Summary: "Creates a key from the serialized representation of a value.",
		Complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the " +
			"number of Redis objects composing the value and M their average size. For small string values the time " +
			"complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity " +
			"is O(N*M*log(N)) because inserting values into sorted sets is O(log(N))."}
}

// restoreAskingRow is what a cluster's node sends to one that takes a key over.
func (f *family) restoreAskingRow() cmd.Spec {
	row := f.restoreRow()
	row.Categories = []string{"@dangerous", "@keyspace"}
	row.Name, row.Group, row.Since, row.Flags = "RESTORE-ASKING", "server", "3.0.0", row.Flags|cmd.Asking|cmd.Undocumented
	row.Summary = "An internal command for migrating keys in a cluster."
	return row
}
