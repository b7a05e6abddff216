package streams

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// nodeEntries is what Redis keeps in a node of a stream's radix tree: the numbers of XINFO follow from it.
const nodeEntries = 100

// fullCount is how many entries XINFO STREAM FULL shows unless told.
const fullCount = 10

// xinfoStream looks at the key before it looks at its options, as Redis does.
func xinfoStream(c *cmd.Call) reply.Reply {
	stream, refusal := openInfo(c)
	if stream == nil {
		return refusal
	}
	s := c.Scan(3)
	full, count := s.Word("FULL"), int64(fullCount)
	if full && s.WordWith("COUNT", 1) {
		if count = s.Int(); count < 0 {
			count = fullCount
		}
	}
	if s.Err() == nil && s.More() {
		return reply.Fail("ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	out := c.List(reply.Map)
	if err := common(out, stream); err != nil {
		return out.End(err)
	}
	if full {
		return out.End(wholeOf(c, out, stream, count))
	}
	return out.End(summary(c, out, stream))
}

func field(out *reply.List, name string, value reply.Reply) {
	out.Reply(reply.Text(name))
	out.Reply(value)
}

// common is what both forms tell.
func common(out *reply.List, s *store.StreamKey) error {
	nodes := (s.Len() + nodeEntries - 1) / nodeEntries
	state := s.State()
	field(out, "length", reply.Integer(s.Len()))
	field(out, "radix-tree-keys", reply.Integer(nodes))
	field(out, "radix-tree-nodes", reply.Integer(nodes+1))
	field(out, "last-generated-id", reply.Text(state.Last.String()))
	field(out, "max-deleted-entry-id", reply.Text(state.MaxDeleted.String()))
	field(out, "entries-added", reply.Integer(int64(state.Added)))
	first, _, err := s.Edge(false)
	field(out, "recorded-first-entry-id", reply.Text(first.ID.String()))
	if err != nil {
		return err
	}
	return onceInfo(out, s)
}

func summary(c *cmd.Call, out *reply.List, s *store.StreamKey) error {
	groups, err := s.Groups()
	if err != nil {
		return err
	}
	field(out, "groups", reply.Integer(groups))
	for _, last := range []bool{false, true} {
		e, there, err := s.Edge(last)
		if err != nil {
			return err
		}
		shown := reply.Nil()
		if there {
			shown = entry(e)
		}
		field(out, [...]string{"first-entry", "last-entry"}[ones(last)], shown)
	}
	return nil
}

func ones(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// wholeOf adds entries, the oldest first, and the groups.
func wholeOf(c *cmd.Call, out *reply.List, s *store.StreamKey, count int64) error {
	shown := c.List(reply.Array)
	if err := fill(shown, s, store.StreamRange{To: store.LastStreamID(), Limit: count}); err != nil {
		return err
	}
	field(out, "entries", shown.Done())
	groups, err := fullGroups(c, s, count)
	field(out, "groups", groups)
	return err
}

func xinfoHelp(*cmd.Call) reply.Reply {
	return reply.Words(
		"XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.",
		"HELP",
		"    Prints this help.",
	)
}
