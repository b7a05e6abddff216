package caches

import (
	"context"
	"math"
	"slices"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/store"
)

func (f *family) cull(*cmd.Call) reply.Reply { return counted(f.host.Cull(context.Background())) }

func (f *family) expire(*cmd.Call) reply.Reply { return counted(f.host.Expire(context.Background())) }

func counted(n int64, err error) reply.Reply {
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// volume answers a map, with BYSHARD one for each shard. The journal is one for all shards.
func (f *family) volume(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	byShard := s.Word("BYSHARD")
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	var total store.Size
	var rows []reply.Reply
	for _, size := range f.host.Sizes() {
		rows = append(rows, reply.MapOf(volumeOf(size)...))
		total.Data, total.File, total.WAL, total.Free = total.Data+size.Data, total.File+size.File, total.WAL+size.WAL,
			total.Free+size.Free
		total.Pending, total.Overlay, total.Keys = total.Pending+size.Pending, total.Overlay+size.Overlay,
			total.Keys+size.Keys
		total.Journal += size.Journal
	}
	if byShard {
		return reply.Of(rows...)
	}
	return reply.MapOf(append([]reply.Reply{reply.Text("used_disk"), reply.Integer(f.host.DiskBytes(total)),
		reply.Text("disk"), reply.Integer(total.File + total.WAL + total.Journal),
		reply.Text("journal"), reply.Integer(total.Journal)}, volumeOf(total)...)...)
}

func volumeOf(s store.Size) []reply.Reply {
	return []reply.Reply{
		reply.Text("keys"), reply.Integer(s.Keys), reply.Text("data"), reply.Integer(s.Data), reply.Text("pending"),
		reply.Integer(s.Pending),
		reply.Text("file"), reply.Integer(s.File), reply.Text("free"), reply.Integer(s.Free), reply.Text("wal"),
		reply.Integer(s.WAL),
		reply.Text("overlay"), reply.Integer(s.Overlay),
	}
}

// stats answers a map: since when, the totals, and the same by database and by policy.
func (f *family) stats(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	reset := s.Word("RESET")
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	if reset {
		f.host.CacheStats().Reset()
		return reply.OK()
	}
	report := f.host.CacheStats().Report()
	var databases, policies []reply.Reply
	for _, db := range slices.Sorted(keysOf(report.Databases)) {
		databases = append(databases, reply.Integer(db), reply.MapOf(tally(report.Databases[db])...))
	}
	for _, name := range slices.Sorted(keysOf(report.Policies)) {
		policies = append(policies, reply.Text(name), reply.MapOf(tally(report.Policies[name])...))
	}
	fields := append([]reply.Reply{reply.Text("since"), reply.Integer(report.Since)}, tally(report.Total())...)
	return reply.MapOf(append(fields, reply.Text("databases"), reply.MapOf(databases...),
		reply.Text("policies"), reply.MapOf(policies...))...)
}

func keysOf[K comparable](m map[K]stat.Tally) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func tally(t stat.Tally) []reply.Reply {
	return []reply.Reply{
		reply.Text("hits"), reply.Integer(t.Hits), reply.Text("misses"), reply.Integer(t.Misses), reply.Text("evicted"),
		reply.Integer(t.Evicted),
		reply.Text("expired"), reply.Integer(t.Expired), reply.Text("timeouts"), reply.Integer(t.Timeouts),
	}
}

func deadline(c *cmd.Call) reply.Reply {
	n, ok := arg.ParseInt(c.Args[2])
	if !ok || n < 0 || n > math.MaxInt32 {
		return reply.Fail("ERR deadline should be a number of milliseconds, 0 for none")
	}
	c.Client.Deadline.Store(n)
	return reply.OK()
}

func help(*cmd.Call) reply.Reply {
	return reply.Words(
		"CACHE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
		"CHECK [FIX]",
		"    Look for damage and inconsistencies in the data, and mend them.",
		"CULL",
		"    Evict keys until the data fits maxmemory. Return how many.",
		"DEADLINE <milliseconds>",
		"    Refuse commands of this connection that have not begun in time. 0 is off.",
		"EVICT <tag> [<tag> ...]",
		"    Remove all keys that have one of the tags. Return how many.",
		"EXPIRE",
		"    Remove all keys whose time has passed. Return how many.",
		"GETLEASE <key> [BETA <beta>] [STALE <seconds>]",
		"    Return a value, and a token if the caller is to compute it anew.",
		"RANGE <start> <end> [REV] [COUNT <count>]",
		"    Return the keys between two names, in order.",
		"SCAN <prefix> <cursor> [COUNT <count>]",
		"    Return the keys that begin with a prefix, page by page, in order.",
		"SET <key> <value> [<options>] [TAG <numtags> <tag> [<tag> ...]]",
		"    SET with tags.",
		"SETLEASE <key> <token> <value> EX <seconds>",
		"    Store a value that was computed under a lease.",
		"STATS [RESET]",
		"    Return or reset the counts of hits, misses and removals.",
		"TAG <key> <tag> [<tag> ...]",
		"    Add tags to a key. Return how many it has got.",
		"TAGKEYS <tag> [<cursor>] [COUNT <count>]",
		"    Return the keys that have a tag, page by page.",
		"TAGS <key>",
		"    Return the tags of a key.",
		"THROTTLE <key> <max-burst> <count> <period> [<quantity>]",
		"    Limit an action to <count> in <period> seconds, with bursts.",
		"UNTAG <key> <tag> [<tag> ...]",
		"    Take tags from a key. Return how many it has lost.",
		"VOLUME [BYSHARD]",
		"    Return what the data takes, in bytes.",
		"HELP",
		"    Print this help.",
	)
}
