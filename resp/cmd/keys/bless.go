package keys

import (
	"strconv"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// noEvict is the one flag that keys can be blessed with.
const noEvict = "NO-EVICT"

// blessRows are the subcommands of BLESS.
func (f *family) blessRows() []cmd.Spec {
	key := func(use cmd.KeyFlags) []cmd.KeySpec { return []cmd.KeySpec{cmd.KeyAt(2, use)} }
	return []cmd.Spec{
		{Name: "SET", Arity: 4, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Keys: key(cmd.KeyRW),
			Run: f.blessSet, Group: group, Since: "8.12.0",
			Usage: "key NO-EVICT", Summary: "Adds protection flags to a key against memory pressure.", Complexity: constant,
			Categories: []string{"@dangerous"}},
		{Name: "CLEAR", Arity: 4, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Keys: key(cmd.KeyRW), Run: blessClear,
			Group: group, Since: "8.12.0",
			Usage: "key NO-EVICT", Summary: "Removes protection flags from a key.", Complexity: constant,
			Categories: []string{"@dangerous"}},
		{Name: "GET", Arity: 3, Flags: cmd.View | cmd.Fast, Keys: key(cmd.KeyRO), Run: blessGet, Group: group,
			Since: "8.12.0",
			Usage: "key", Summary: "Returns the active protection flags of a key.", Complexity: constant},
		{Name: "SCAN", Arity: -4, Flags: cmd.View | cmd.Whole, Nests: true, Run: blessScan, Group: group, Since: "8.12.0",
			Usage: "cursor NO-EVICT [COUNT count]", Summary: "Incrementally iterates the blessed keys of the current database " +
				"that carry the given flag.",
			Complexity: "O(1) for every call. O(N) for a complete iteration, where N is the number of blessed keys.",
			Tips:       []string{"nondeterministic_output", "request_policy:special", "response_policy:special"}},
	}
}

func (f *family) blessSet(c *cmd.Call) reply.Reply {
	f.host.Blesses()
	return bless(c, "g:bless", true)
}

func blessClear(c *cmd.Call) reply.Reply {
	c.Frees = true
	return bless(c, "g:unbless", false)
}

// bless answers whether the key was not yet as it is to be.
func bless(c *cmd.Call, event string, on bool) reply.Reply {
	if !arg.Is(c.Args[3], noEvict) {
		return reply.Fail("ERR " + arg.SyntaxError)
	}
	h, err := head(c, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Fail("ERR no such key")
	case h.Notes.Blessed() == on:
		return reply.Integer(0)
	}
	h.SetNotes(h.Notes.Bless(on))
	if err := c.Tx.PutHead(c.Key(2), h); err != nil {
		return reply.Err(err)
	}
	c.Notify(event, c.Key(2))
	return reply.Integer(1)
}

func blessGet(c *cmd.Call) reply.Reply {
	h, err := head(c, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Fail("ERR no such key")
	case h.Notes.Blessed():
		return reply.Texts(noEvict)
	}
	return reply.Of()
}

// blessPage is how many keys BLESS SCAN answers unless told.
const blessPage = 1024

func blessScan(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	from, n := store.CursorOf(s.Cursor()), int64(blessPage)
	if !s.Word(noEvict) {
		s.Fail(arg.SyntaxError)
	}
	if s.WordWith("COUNT", 1) {
		if n = s.Int(); s.Err() == nil && n < 1 {
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	finder, ok := store.As[store.Finder](c.Tx)
	if !ok {
		return reply.Err(&store.Error{Code: store.CodeInternal, Message: "this engine keeps no blessings"})
	}
	list := c.List(reply.Array)
	names, next, err := store.BlessedKeys(finder, c.DB, from, int(min(n, 1<<20)))
	for _, name := range names {
		list.Bytes(name)
	}
	if err != nil {
		return list.End(err)
	}
	return reply.Of(reply.Text(strconv.FormatUint(next.Number(), 10)), list.Done())
}
