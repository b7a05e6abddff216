// Package caches holds CACHE, the container of what a cache needs beyond Redis's commands:
// tags, ordered and prefix scans, leases, rate limits, and a look at the whole.
package caches

import (
	"context"
	"hash/maphash"
	"slices"

	"larder/resp/cmd"
	"larder/resp/lease"
	"larder/resp/stat"
	"larder/store"
)

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	Checker
	Culler
	// Leases are the tokens that are out.
	Leases() *lease.Table
	// CacheStats are the counts behind CACHE STATS.
	CacheStats() *stat.Cache
	// Sizes has a row for each shard.
	Sizes() []store.Size
	// DiskBytes is what all files of the data take, those of total and whatever lies beside them.
	DiskBytes(total store.Size) int64
	// View runs fn on a snapshot.
	View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error
	// Step runs fn in a transaction of its own on behalf of a command that takes several; what
	// it leads to is announced when it has committed.
	Step(c *cmd.Call, s store.Scope, fn func(*cmd.Call) error) error
}

// Culler does at once what the background does by and by, and tells how many keys it removed.
// For any goroutine.
type Culler interface {
	// Cull evicts until the data fits its limit.
	Cull(ctx context.Context) (int64, error)
	// Expire removes all keys whose time has passed.
	Expire(ctx context.Context) (int64, error)
}

// family carries the host to the handlers.
type family struct {
	host Host
	seed maphash.Seed // of prints
}

const (
	group    = "cache"
	since    = "7.2.0"
	constant = "O(1)"
	perTag   = "O(N) where N is the number of tags given and of those the key has."
	aside    = cmd.NoScript | cmd.NoMulti
)

// key is the key of subcommands that name it first.
func key(f cmd.KeyFlags) []cmd.KeySpec { return []cmd.KeySpec{cmd.KeyAt(2, f)} }

// Table returns the rows of the family.
func Table(host Host) []cmd.Spec {
	f := &family{host: host, seed: maphash.MakeSeed()}
	subs := slices.Concat(tagRows(), f.setRows(), findRows(), f.overviewRows(), []cmd.Spec{checkRow(host)})
	slices.SortFunc(subs, func(a, b cmd.Spec) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return []cmd.Spec{{Name: "CACHE", Arity: -2, Group: group, Since: since, Summary: "A container for cache commands.",
		Complexity: "Depends on subcommand.", Subs: subs}}
}

func tagRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "TAG", Arity: -4, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Keys: key(cmd.KeyRW | cmd.KeyInsert), Run: tag,
			Group: group, Since: since,
			Usage: "key tag [tag ...]", Summary: "Adds tags to a key.", Complexity: perTag},
		{Name: "UNTAG", Arity: -4, Flags: cmd.Write | cmd.Fast, Keys: key(cmd.KeyRW | cmd.KeyDelete), Run: untag,
			Group: group, Since: since,
			Usage: "key tag [tag ...]", Summary: "Takes tags from a key.", Complexity: perTag},
		{Name: "TAGS", Arity: 3, Flags: cmd.View | cmd.Fast | cmd.Peek, Keys: key(cmd.KeyRO | cmd.KeyAccess), Run: tags,
			Group: group, Since: since,
			Usage: "key", Summary: "Returns the tags of a key.", Complexity: "O(N) where N is the number of tags."},
	}
}

func (f *family) setRows() []cmd.Spec {
	const setting = cmd.Write | cmd.DenyOOM
	return []cmd.Spec{
		{Name: "SET", Arity: -4, Event: "$:set", Flags: setting, Keys: key(cmd.KeyOW | cmd.KeyUpdate), Run: set, Group: group,
			Since: since,
			Usage: "key value [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT " +
				"unix-time-milliseconds | KEEPTTL] [TAG numtags tag [tag ...]]",
			Summary: "Sets the string value of a key together with its tags.", Complexity: constant},
		{Name: "GETLEASE", Arity: -3, Flags: cmd.View, Keys: key(cmd.KeyRO | cmd.KeyAccess), Run: f.getLease, Group: group,
			Since: since,
			Usage: "key [BETA beta] [STALE seconds]", Summary: "Returns a value and whether the caller is to compute it anew.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "SETLEASE", Arity: 7, Event: "$:set", Flags: setting, Keys: key(cmd.KeyRW | cmd.KeyUpdate), Run: f.setLease,
			Group: group, Since: since,
			Usage: "key token value <EX seconds | PX milliseconds>", Summary: "Stores a value that was computed under a lease.",
			Complexity: constant},
		{Name: "THROTTLE", Arity: -6, Event: "$:set", Flags: setting | cmd.Fast,
			Keys: key(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: throttle, Group: group, Since: since,
			Usage: "key max-burst count period [quantity]", Summary: "Limits the rate of an action.", Complexity: constant,
			Tips: []string{"nondeterministic_output"}},
	}
}

func findRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "TAGKEYS", Arity: -3, Flags: cmd.View | cmd.Whole, Nests: true, Run: tagKeys, Group: group, Since: since,
			Usage: "tag [cursor] [COUNT count]", Summary: "Iterates over the keys that have a tag.",
			Complexity: "O(N) where N is the number of keys returned.",
			Tips:       []string{"nondeterministic_output", "request_policy:special", "response_policy:special"}},
		{Name: "SCAN", Arity: -4, Flags: cmd.View | cmd.Whole, Nests: true, Run: scanPrefix, Group: group, Since: since,
			Usage: "prefix cursor [COUNT count]", Summary: "Iterates over the keys whose name begins with a prefix, in the " +
				"order of names.",
			Complexity: "O(N) where N is the number of keys returned.",
			Tips:       []string{"nondeterministic_output", "request_policy:special", "response_policy:special"}},
		{Name: "RANGE", Arity: -4, Flags: cmd.View | cmd.Whole, Run: rangeOf, Group: group, Since: since,
			Usage: "start end [REV] [COUNT count]", Summary: "Returns the keys between two names, in the order of names.",
			Complexity: "O(N) where N is the number of keys returned.", Tips: []string{"request_policy:all_shards"}},
	}
}

func (f *family) overviewRows() []cmd.Spec {
	wide := []string{"@dangerous"} // they remove keys that they do not name, so that no user's patterns are asked
	return []cmd.Spec{
		{Name: "EVICT", Arity: -3, Flags: cmd.Write | cmd.Unbound | aside, Run: f.evict, Group: group, Since: since,
			Usage: "tag [tag ...]", Categories: wide, Summary: "Removes all keys that have one of the tags.",
			Complexity: "O(N) where N is the number of keys removed, whatever they hold."},
		{Name: "CULL", Arity: 2, Flags: cmd.Write | cmd.Unbound | aside, Run: f.cull, Group: group, Since: since,
			Categories: wide,
			Summary:    "Evicts keys until the data fits its limit.", Complexity: "O(N) where N is the number of keys removed."},
		{Name: "EXPIRE", Arity: 2, Flags: cmd.Write | cmd.Unbound | aside, Run: f.expire, Group: group, Since: since,
			Summary: "Removes all keys whose time has passed.", Complexity: "O(N) where N is the number of keys removed."},
		{Name: "VOLUME", Arity: -2, Flags: cmd.Loading | cmd.Stale, Nests: true, Run: f.volume, Group: group, Since: since,
			Usage: "[BYSHARD]", Summary: "Returns what the data takes, in bytes.",
			Complexity: "O(N) where N is the number of shards."},
		{Name: "STATS", Arity: -2, Flags: cmd.Loading | cmd.Stale, Nests: true, Run: f.stats, Group: group, Since: since,
			Usage: "[RESET]", Summary: "Returns or resets the counts of hits, misses and removals.",
			Complexity: "O(N) where N is the number of databases in use."},
		{Name: "DEADLINE", Arity: 3, Flags: cmd.NoScript | cmd.Loading | cmd.Stale | cmd.Fast, Run: deadline, Group: group,
			Since: since,
			Usage: "milliseconds", Summary: "Sets how long a command of the connection may wait before it begins.",
			Complexity: constant},
		{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: help, Group: group, Since: since,
			Summary: "Returns helpful text about the different subcommands.", Complexity: constant},
	}
}
