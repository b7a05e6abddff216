package servers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const debugDenied = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can " +
	"run it from a local connection, otherwise you need to set this option in the configuration file, and then restart " +
	"the server."

// debugRow is one subcommand of DEBUG. Redis does not list these as subcommands of its own.
type debugRow struct {
	name  string
	words int // with DEBUG and the name
	run   func(*family, *cmd.Call) reply.Reply
	help  []string
}

func debugRows() []debugRow {
	return []debugRow{
		{"CHANGE-REPL-ID", 2, debugNothing, []string{"CHANGE-REPL-ID", "    Does nothing: there is no replication."}},
		{"DIGEST", 2, (*family).debugDigest, []string{"DIGEST",
			"    Output a hex signature representing the current DB content."}},
		{"DIGEST-VALUE", -2, (*family).debugDigestValue,
			[]string{"DIGEST-VALUE <key> [<key> ...]", "    Output a hex signature of the values of all the specified keys."}},
		{"CONFIG-REWRITE-FORCE-ALL", 2, (*family).debugRewrite,
			[]string{"CONFIG-REWRITE-FORCE-ALL", "    Like CONFIG REWRITE but writes all configuration options, including",
				"    keywords not listed in original configuration file or default values."}},
		{"ERROR", 3, debugError, []string{"ERROR <string>",
			"    Return a Redis protocol error with <string> as message. Useful for clients",
			"    unit tests to simulate Redis errors."}},
		{"LOADAOF", 2, (*family).debugReload, []string{"LOADAOF",
			"    Make all writes durable and fold the write-ahead logs into the data files."}},
		{"LOG", 3, (*family).debugLog, []string{"LOG <message>", "    Write <message> to the server log."}},
		{"OBJECT", 3, (*family).debugObject, []string{"OBJECT <key>",
			"    Show low level info about `key` and associated value."}},
		{"POPULATE", -3, (*family).debugPopulate, []string{"POPULATE <count> [<prefix>] [<size>]",
			"    Create <count> string keys named key:<num>. If <prefix> is specified then",
			"    it is used instead of the 'key' prefix. These are not propagated to",
			"    replicas. Cluster slots are not respected so keys not belonging to the",
			"    current node can be created in cluster mode."}},
		{"PROTOCOL", 3, debugProtocol, []string{"PROTOCOL <type>",
			"    Reply with a test value of the specified type. <type> can be: string,",
			"    integer, double, bignum, null, array, set, map, attrib, push, verbatim,", "    true, false."}},
		{"QUICKLIST-PACKED-THRESHOLD", 3, debugNothing,
			[]string{"QUICKLIST-PACKED-THRESHOLD <size>", "    Does nothing: lists have no nodes."}},
		{"RELOAD", -2, (*family).debugReload, []string{"RELOAD [option ...]",
			"    Make all writes durable and fold the write-ahead logs into the data files."}},
		{"SET-ACTIVE-EXPIRE", 3, (*family).debugActiveExpire,
			[]string{"SET-ACTIVE-EXPIRE <0|1>", "    Setting it to 0 disables expiring keys (and hash-fields) in background ",
				"    when they are not accessed (otherwise the Redis behavior). Setting it",
				"    to 1 reenables back the default."}},
		{"SLEEP", 3, debugSleep, []string{"SLEEP <seconds>", "    Stop this connection for <seconds>. Decimals allowed."}},
	}
}

// debugBarred is why a client may not call DEBUG.
func (f *family) debugBarred(c *cmd.Client) string {
	if f.host.DebugAllowed(c) {
		return ""
	}
	return debugDenied
}

func (f *family) debug(c *cmd.Call) reply.Reply {
	if arg.Is(c.Args[1], "HELP") && len(c.Args) == 2 {
		return debugHelp()
	}
	for _, row := range debugRows() {
		if arg.Is(c.Args[1], row.name) && (len(c.Args) == row.words || row.words < 0 && len(c.Args) >= -row.words) {
			return row.run(f, c)
		}
	}
	return debugUnknown(c)
}

func debugUnknown(c *cmd.Call) reply.Reply {
	word := c.Args[1][:min(len(c.Args[1]), 128)]
	return reply.Failf("ERR unknown subcommand or wrong number of arguments for '%s'. Try DEBUG HELP.", word)
}

func debugHelp() reply.Reply {
	lines := []string{"DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for _, row := range debugRows() {
		lines = append(lines, row.help...)
	}
	return reply.Words(append(lines, "HELP", "    Prints this help.")...)
}

func debugSleep(_ *family, c *cmd.Call) reply.Reply {
	seconds, ok := arg.ParseFloat(c.Args[2])
	if !ok {
		seconds = 0
	}
	sleep(time.Duration(min(max(seconds, 0), 1e6) * float64(time.Second)))
	return reply.OK()
}

func debugError(_ *family, c *cmd.Call) reply.Reply {
	// Unlike every other error of Redis, this one keeps a space for each line end behind its text.
	return reply.Fail(strings.NewReplacer("\r", " ", "\n", " ").Replace(string(c.Args[2])))
}

func (f *family) debugLog(c *cmd.Call) reply.Reply {
	f.host.Log("DEBUG LOG: " + string(c.Args[2]))
	return reply.OK()
}

func (f *family) debugRewrite(*cmd.Call) reply.Reply {
	if err := f.host.RewriteAll(); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func (f *family) debugReload(c *cmd.Call) reply.Reply { return f.fold(c, reply.OK()) }

func (f *family) debugActiveExpire(c *cmd.Call) reply.Reply {
	f.host.SetActiveExpire(string(c.Args[2]) != "0")
	return reply.OK()
}

func (f *family) debugObject(c *cmd.Call) reply.Reply {
	key := c.Key(2)
	var line string
	err := f.host.View(context.Background(), store.One(key), func(tx store.Tx) error {
		line = ""
		heads, err := tx.Heads(nil, key)
		if err == nil && heads[0].Exists() {
			h := heads[0]
			line = fmt.Sprintf("Value at:0x%x refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
				uint64(h.ID), store.EncodingName(h), h.Bytes, time.Now().Unix()&(1<<24-1), f.host.IdleSeconds(key.DB, key.Name))
		}
		return err
	})
	switch {
	case err != nil:
		return reply.Err(err)
	case line == "":
		return reply.Fail("ERR no such key")
	}
	return reply.Word(line)
}

// debugProtocol gives client authors one reply of each type.
func debugProtocol(_ *family, c *cmd.Call) reply.Reply {
	three := []reply.Reply{reply.Integer(0), reply.Integer(1), reply.Integer(2)}
	switch name := strings.ToLower(string(c.Args[2])); name {
	case "string":
		return reply.Text("Hello World")
	case "integer":
		return reply.Integer(12345)
	case "double":
		return reply.Float(3.141)
	case "null":
		return reply.Nil()
	case "array":
		return reply.Of(three...)
	case "set":
		return reply.SetOf(three...)
	case "map":
		return reply.MapOf(reply.Integer(0), reply.Boolean(false), reply.Integer(1), reply.Boolean(true), reply.Integer(2),
			reply.Boolean(false))
	case "attrib":
		return reply.Sequence(reply.AttributeOf(reply.Text("key-popularity"),
			reply.Of(reply.Text("key:123"), reply.Integer(90))),
			reply.Text("Some real reply following the attribute"))
	case "push":
		if c.Proto == 2 {
			return reply.Fail("ERR RESP2 is not supported by this command")
		}
		return reply.PushOf(reply.Text("server-cpu-usage"), reply.Integer(42))
	case "verbatim":
		return reply.VerbatimText("txt", "This is a verbatim\nstring")
	case "bignum":
		return reply.Big("1234567999999999999999999999999999999")
	case "true", "false":
		return reply.Boolean(name == "true")
	}
	return reply.Fail("ERR Wrong protocol type name. Please use one of the following: " +
		"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
}
