package keys

import (
	"math"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const switching = "Please note that when switching between policies at runtime LRU and LFU data will take some time " +
	"to adjust."

func objectEncoding(c *cmd.Call) reply.Reply {
	h, err := head(c, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Nil()
	}
	return reply.Text(store.EncodingName(h))
}

// sharedIntegers is how many integers from 0 on Redis keeps once for all keys; their
// count of references never moves.
const sharedIntegers = 10_000

func (f *family) objectRefCount(c *cmd.Call) reply.Reply {
	h, err := head(c, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Nil()
	}
	if h.Type == store.String && store.Encoding(h.Encoding) == store.EncodingInt && f.host.SharesIntegers() {
		if n, ok := store.ParseInteger(h.Value); ok && n >= 0 && n < sharedIntegers {
			return reply.Integer(math.MaxInt32)
		}
	}
	return reply.Integer(1)
}

// objectIdleTime asks before it looks for the key, because looking is a use.
func (f *family) objectIdleTime(c *cmd.Call) reply.Reply {
	idle := f.host.IdleSeconds(c.DB, c.Args[2])
	h, err := head(c, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Nil()
	case f.host.TracksFrequency():
		return reply.Fail("ERR An LFU maxmemory policy is selected, idle time not tracked. " + switching)
	}
	return reply.Integer(idle)
}

func (f *family) objectFreq(c *cmd.Call) reply.Reply {
	frequency := f.host.Frequency(c.DB, c.Args[2])
	h, err := head(c, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Nil()
	case !f.host.TracksFrequency():
		return reply.Fail("ERR An LFU maxmemory policy is not selected, access frequency not tracked. " + switching)
	}
	return reply.Integer(frequency)
}

func objectHelp(*cmd.Call) reply.Reply {
	return reply.Words(
		"OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
		"ENCODING <key>",
		"    Return the kind of internal representation used in order to store the value",
		"    associated with a <key>.",
		"FREQ <key>",
		"    Return the access frequency index of the <key>. The returned integer is",
		"    proportional to the logarithm of the recent access frequency of the key.",
		"IDLETIME <key>",
		"    Return the idle time of the <key>, that is the approximated number of",
		"    seconds elapsed since the last access to the key.",
		"REFCOUNT <key>",
		"    Return the number of references of the value associated with the specified",
		"    <key>.",
		"HELP",
		"    Prints this help.",
	)
}
