// Package streams holds the stream commands.
package streams

import (
	"slices"

	"larder/resp/arg"
	"larder/resp/cmd"
)

// Table returns the rows of the stream commands.
func Table() []cmd.Spec {
	return slices.Concat(writeRows(), readRows(), groupRows(), infoRows())
}

// writeRows are the commands that change a stream.
func writeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "XADD", Arity: -5, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: xadd,
			Group: "stream", Since: "5.0.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|
				cmd.KeyUpdate).Noted("UPDATE instead of INSERT because of the optional trimming feature")},
			Tips: []string{"nondeterministic_output"},
			Usage: "key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [IDMPAUTO producer-id | IDMP producer-id idempotent-id] " +
				"[<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]",
			Summary:    "Appends a new message to a stream. Creates the key if it doesn't exist.",
			Complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted."},
		{Name: "XCFGSET", Arity: -2, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Run: xcfgset, Still: true,
			Group: "stream", Since: "8.6.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key [IDMP-DURATION duration] [IDMP-MAXSIZE maxsize]",
			Summary:    "Sets the IDMP configuration parameters for a stream.",
			Complexity: "O(1)"},
		{Name: "XDEL", Arity: -3, Event: "t:xdel", Flags: cmd.Write | cmd.Fast, Run: xdel, Still: true,
			Group: "stream", Since: "5.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:      "key id [id ...]",
			Summary:    "Returns the number of messages after removing them from a stream.",
			Complexity: "O(1) for each single item to delete in the stream, regardless of the stream size."},
		{Name: "XDELEX", Arity: -5, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Run: xdelex, Still: true,
			Group: "stream", Since: "8.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:      "key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]",
			Summary:    "Deletes one or multiple entries from the stream.",
			Complexity: "O(1) for each single item to delete in the stream, regardless of the stream size."},
		{Name: "XSETID", Arity: -3, Event: "t:xsetid", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: xsetid, Still: true,
			Group: "stream", Since: "5.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
			Summary:    "An internal command for replicating stream values.",
			Complexity: "O(1)"},
		{Name: "XTRIM", Arity: -4, Event: "t:xtrim", Flags: cmd.Write, Run: xtrim, Still: true,
			Group: "stream", Since: "5.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Tips:    []string{"nondeterministic_output"},
			Usage:   "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED]",
			Summary: "Deletes messages from the beginning of a stream.",
			Complexity: "O(N), with N being the number of evicted entries. Constant times are very small however, since " +
				"entries are organized in macro nodes containing multiple entries that can be released with a single " +
				"deallocation."},
	}
}

// readRows are the commands that only look.
func readRows() []cmd.Spec {
	key := []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)}
	return []cmd.Spec{
		{Name: "XLEN", Arity: 2, Flags: cmd.View | cmd.Fast, Run: xlen, Group: "stream", Since: "5.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)},
			Usage:      "key",
			Summary:    "Return the number of messages in a stream.",
			Complexity: "O(1)"},
		{Name: "XRANGE", Arity: -4, Flags: cmd.View, Nests: true, Run: xrange, Group: "stream", Since: "5.0.0",
			Keys:    key,
			Usage:   "key start end [COUNT count]",
			Summary: "Returns the messages from a stream within a range of IDs.",
			Complexity: "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for " +
				"the first 10 elements with COUNT), you can consider it O(1)."},
		{Name: "XREAD", Arity: -4, Flags: cmd.View | cmd.Blocking | cmd.MovableKeys, Nests: true, Run: xread, Waits: waits,
			Group: "stream", Since: "5.0.0",
			Keys: []cmd.KeySpec{{Flags: cmd.KeyRO | cmd.KeyAccess, Keyword: "STREAMS", StartFrom: 1, Last: -1, Step: 1,
				Limit: 2}},
			Usage: "[COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] STREAMS key [key ...] id " +
				"[id ...]",
			Summary: "Returns messages from multiple streams with IDs greater than the ones requested. Blocks until a " +
				"message is available otherwise.",
			Complexity: "For each stream mentioned: O(N) with N being the number of elements being returned, it means that " +
				"XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order " +
				"to serve the M clients blocked on the stream getting new data."},
		{Name: "XREVRANGE", Arity: -4, Flags: cmd.View, Nests: true, Run: xrevrange, Group: "stream", Since: "5.0.0",
			Keys:    key,
			Usage:   "key end start [COUNT count]",
			Summary: "Returns the messages from a stream within a range of IDs in reverse order.",
			Complexity: "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the " +
				"first 10 elements with COUNT), you can consider it O(1)."},
	}
}

func infoRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "XINFO", Arity: -2, Group: "stream", Since: "5.0.0", Summary: "A container for stream introspection commands.",
			Complexity: "Depends on subcommand.",
			Subs: []cmd.Spec{
				{Name: "CONSUMERS", Arity: 4, Flags: cmd.View, Nests: true, Run: xinfoConsumers, Group: "stream", Since: "5.0.0",
					Keys:       []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO|cmd.KeyAccess)},
					Tips:       []string{"nondeterministic_output"},
					Usage:      "key group",
					Summary:    "Returns a list of the consumers in a consumer group.",
					Complexity: "O(1)"},
				{Name: "GROUPS", Arity: 3, Flags: cmd.View, Nests: true, Run: xinfoGroups, Group: "stream", Since: "5.0.0",
					Keys:       []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO|cmd.KeyAccess)},
					Usage:      "key",
					Summary:    "Returns a list of the consumer groups of a stream.",
					Complexity: "O(1)"},
				{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: xinfoHelp, Group: "stream", Since: "5.0.0",
					Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
				{Name: "STREAM", Arity: -3, Flags: cmd.View, Nests: true, Run: xinfoStream, Group: "stream", Since: "5.0.0",
					Keys:       []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO|cmd.KeyAccess)},
					Usage:      "key [FULL [COUNT count]]",
					Summary:    "Returns information about a stream.",
					Complexity: "O(1)"},
			}},
	}
}

// waits reports whether XREAD may wait: then it must not miss what comes between looking and waiting.
func waits(args [][]byte) bool {
	for _, a := range args[1:] {
		switch {
		case arg.Is(a, "STREAMS"):
			return false
		case arg.Is(a, "BLOCK"):
			return true
		}
	}
	return false
}
