package streams

import (
	"fmt"
	"strings"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// groupRows are the commands of consumer groups.
func groupRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "XACK", Arity: -4, Flags: cmd.Write | cmd.Fast, Run: xack, Still: true, Group: "stream", Since: "5.0.0",
			Keys:  []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage: "key group id [id ...]",
			Summary: "Returns the number of messages that were successfully acknowledged by the consumer group member of a " +
				"stream.",
			Complexity: "O(1) for each message ID processed."},
		{Name: "XACKDEL", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Run: xackdel, Still: true,
			Group: "stream", Since: "8.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate|cmd.KeyDelete)},
			Usage:      "key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]",
			Summary:    "Acknowledges and conditionally deletes one or multiple entries for a stream consumer group.",
			Complexity: "O(1) for each entry ID processed."},
		{Name: "XAUTOCLAIM", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Nests: true, Run: xautoclaim,
			Still: true, Group: "stream", Since: "6.2.0",
			Keys:  []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Tips:  []string{"nondeterministic_output"},
			Usage: "key group consumer min-idle-time start [COUNT count] [JUSTID]",
			Summary: "Changes, or acquires, ownership of messages in a consumer group, as if the messages were delivered " +
				"to as consumer group member.",
			Complexity: "O(1) if COUNT is small."},
		{Name: "XCLAIM", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Nests: true, Run: xclaim, Still: true,
			Group: "stream", Since: "5.0.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Tips: []string{"nondeterministic_output"},
			Usage: "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT " +
				"count] [FORCE] [JUSTID] [LASTID lastid]",
			Summary: "Changes, or acquires, ownership of a message in a consumer group, as if the message was delivered a " +
				"consumer group member.",
			Complexity: "O(log N) with N being the number of messages in the PEL of the consumer group."},
		{Name: "XNACK", Arity: -7, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Run: xnack,
			Group: "stream", Since: "8.8.0",
			Keys:  []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage: "key group <SILENT | FAIL | FATAL> IDS numids id [id ...] [RETRYCOUNT count] [FORCE]",
			Summary: "Releases pending messages back to the group's PEL without acknowledging them, making them available " +
				"for re-delivery.",
			Complexity: "O(1) for each message ID processed."},
		{Name: "XPENDING", Arity: -3, Flags: cmd.View, Nests: true, Run: xpending, Group: "stream", Since: "5.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Tips:    []string{"nondeterministic_output"},
			Usage:   "key group [[IDLE min-idle-time] start end count [consumer]]",
			Summary: "Returns the information and entries from a stream consumer group's pending entries list.",
			Complexity: "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per " +
				"call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the " +
				"command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an " +
				"additional O(N) time for iterating every consumer."},
		{Name: "XREADGROUP", Arity: -7, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Blocking | cmd.MovableKeys, Nests: true,
			Run: xreadgroup, Still: true, Group: "stream", Since: "5.0.0",
			Keys: []cmd.KeySpec{{Flags: cmd.KeyRO | cmd.KeyAccess, Keyword: "STREAMS", StartFrom: 4, Last: -1, Step: 1,
				Limit: 2}},
			Usage: "GROUP group consumer [COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] [CLAIM " +
				"min-idle-time] [NOACK] STREAMS key [key ...] id [id ...]",
			Summary: "Returns new or historical messages from a stream for a consumer in a group. Blocks until a message " +
				"is available otherwise.",
			Complexity: "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. " +
				"always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when " +
				"XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting " +
				"new data."},
		{Name: "XGROUP", Arity: -2, Group: "stream", Since: "5.0.0", Summary: "A container for consumer groups commands.",
			Complexity: "Depends on subcommand.", Subs: groupSubs()},
	}
}

func groupSubs() []cmd.Spec {
	const flags = cmd.Write
	// DESTROY ends the wait of clients that read with the group.
	sub := func(name, since, event string, arity int, f cmd.Flags, use cmd.KeyFlags, run cmd.Handler, usage, summary,
		complexity string) cmd.Spec {
		return cmd.Spec{Name: name, Arity: arity, Event: event, Flags: flags | f, Run: run,
			Still: name != "DESTROY", Group: "stream", Since: since,
			Keys:  []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRW|use)},
			Usage: usage, Summary: summary, Complexity: complexity}
	}
	return []cmd.Spec{
		sub("CREATE", "5.0.0", "t:xgroup-create", -5, cmd.DenyOOM, cmd.KeyInsert, xgroupCreate,
			"key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]", "Creates a consumer group.", "O(1)"),
		sub("CREATECONSUMER", "6.2.0", "t:xgroup-createconsumer", 5, cmd.DenyOOM, cmd.KeyInsert, xgroupCreateConsumer,
			"key group consumer", "Creates a consumer in a consumer group.", "O(1)"),
		sub("DELCONSUMER", "5.0.0", "t:xgroup-delconsumer", 5, 0, cmd.KeyDelete, xgroupDelConsumer,
			"key group consumer", "Deletes a consumer from a consumer group.", "O(1)"),
		sub("DESTROY", "5.0.0", "t:xgroup-destroy", 4, 0, cmd.KeyDelete, xgroupDestroy,
			"key group", "Destroys a consumer group.",
			"O(N) where N is the number of entries in the group's pending entries list (PEL)."),
		{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: xgroupHelp, Group: "stream", Since: "5.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
		sub("SETID", "5.0.0", "t:xgroup-setid", -5, 0, cmd.KeyUpdate, xgroupSetID,
			"key group <id | $> [ENTRIESREAD entries-read]", "Sets the last-delivered ID of a consumer group.", "O(1)"),
	}
}

const needsKey = "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the " +
	"MKSTREAM option to create an empty stream automatically."

// creation are the arguments of XGROUP CREATE and SETID.
type creation struct {
	make bool
	read int64
}

// creationOf reads the options behind the id; problem is an error's text.
func creationOf(c *cmd.Call, makes bool) (o creation, problem string) {
	o.read = store.UnknownRead
	s := c.Scan(5)
	for s.More() {
		switch {
		case makes && s.Word("MKSTREAM"):
			o.make = true
		case s.WordWith("ENTRIESREAD", 1):
			if o.read = s.Int(); s.Err() == nil && o.read < store.UnknownRead {
				return o, "ERR value for ENTRIESREAD must be positive or -1"
			}
		default:
			return o, fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%s'. Try XGROUP HELP.", c.Args[1])
		}
	}
	if err := s.Err(); err != nil {
		return o, "ERR " + arg.NotInteger
	}
	return o, ""
}

// startOf is the id a group starts behind. XGROUP SETID, alone, takes the ends of all ids, too.
func startOf(s *store.StreamKey, text []byte, ends bool) (store.StreamID, error) {
	switch string(text) {
	case "$":
		return s.State().Last, nil
	case "-", "+":
		if ends {
			id, _, err := end(text, 0)
			return id, err
		}
	}
	id, ok := store.ParseStreamID(string(text), 0)
	if !ok {
		return id, store.Invalid(badID)
	}
	return id, nil
}

func xgroupCreate(c *cmd.Call) reply.Reply {
	o, problem := creationOf(c, true)
	if problem != "" {
		return reply.Fail(problem)
	}
	s, err := store.OpenStream(c.Tx, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !s.Exists() && !o.make:
		return reply.Err(store.Invalid(needsKey))
	}
	id, err := startOf(s, c.Args[4], false)
	if err != nil {
		return reply.Err(err)
	}
	if err := s.Create(); err != nil {
		return reply.Err(err)
	}
	made, err := s.CreateGroup(c.Args[3], id, o.read)
	switch {
	case err != nil:
		return reply.Err(err)
	case !made:
		return reply.Fail("BUSYGROUP Consumer Group name already exists")
	}
	return reply.OK()
}

// openGroup opens the group that XGROUP's arguments name; without it there is a reply.
func openGroup(c *cmd.Call) (*store.StreamKey, *store.StreamGroup, reply.Reply) {
	s, err := store.OpenStream(c.Tx, c.Key(2))
	switch {
	case err != nil:
		return nil, nil, reply.Err(err)
	case !s.Exists():
		return nil, nil, reply.Err(store.Invalid(needsKey))
	}
	g, err := s.Group(c.Args[3])
	switch {
	case err != nil:
		return nil, nil, reply.Err(err)
	case g == nil:
		return nil, nil, reply.Failf("NOGROUP No such consumer group '%s' for key name '%s'", c.Args[3], c.Args[2])
	}
	return s, g, reply.Nothing()
}

func xgroupSetID(c *cmd.Call) reply.Reply {
	o, problem := creationOf(c, false)
	if problem != "" {
		return reply.Fail(problem)
	}
	s, g, refusal := openGroup(c)
	if g == nil {
		return refusal
	}
	id, err := startOf(s, c.Args[4], true)
	if err != nil {
		return reply.Err(err)
	}
	g.Last, g.Read = id, o.read
	if err := g.Save(); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func xgroupDestroy(c *cmd.Call) reply.Reply {
	s, err := store.OpenStream(c.Tx, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !s.Exists():
		return reply.Err(store.Invalid(needsKey))
	}
	gone, err := s.DestroyGroup(c.Args[3])
	if err != nil {
		return reply.Err(err)
	}
	return reply.Truth(gone)
}

func xgroupCreateConsumer(c *cmd.Call) reply.Reply {
	_, g, refusal := openGroup(c)
	if g == nil {
		return refusal
	}
	known, err := g.Consumer(c.Args[4])
	if err != nil {
		return reply.Err(err)
	}
	if known != nil {
		return reply.Integer(0)
	}
	if _, _, err := g.Join(c.Args[4], nowMillis(c)); err != nil {
		return reply.Err(err)
	}
	if err := g.Save(); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

func xgroupDelConsumer(c *cmd.Call) reply.Reply {
	_, g, refusal := openGroup(c)
	if g == nil {
		return refusal
	}
	n, err := g.Leave(c.Args[4])
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// nowMillis is the time of the transaction, as for the ids of entries.
func nowMillis(c *cmd.Call) int64 { return c.Tx.Now().UnixMilli() }

func xgroupHelp(*cmd.Call) reply.Reply {
	return reply.Words(strings.Split(strings.TrimSpace(`
XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CREATE <key> <groupname> <id|$> [option]
    Create a new consumer group. Options are:
    * MKSTREAM
      Create the empty stream if it does not exist.
    * ENTRIESREAD entries_read
      Set the group's entries_read counter (internal use).
CREATECONSUMER <key> <groupname> <consumer>
    Create a new consumer in the specified group.
DELCONSUMER <key> <groupname> <consumer>
    Remove the specified consumer.
DESTROY <key> <groupname>
    Remove the specified group.
SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
    Set the current group ID and entries_read counter.
HELP
    Prints this help.`), "\n")...)
}
