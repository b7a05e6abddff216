// Package keys holds the commands about keys of any type: removing, expiring, renaming,
// listing them, and emptying databases.
package keys

import (
	"slices"

	"larder/resp/cmd"
)

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	// Databases is how many there are.
	Databases() int
	// Clustered says that the server is a node of a cluster, which has database 0 alone.
	Clustered() bool
	// IdleSeconds is the time since a key was last used.
	IdleSeconds(db int, name []byte) int64
	// Frequency is a key's logarithmic access counter.
	Frequency(db int, name []byte) int
	// TracksFrequency reports whether maxmemory-policy is an LFU one: OBJECT FREQ answers
	// only then, and OBJECT IDLETIME only otherwise.
	TracksFrequency() bool
	// Blesses says that a key may be blessed from now on.
	Blesses()
	// SharesIntegers says that small integers would be one object in Redis: not under a limit whose policy
	// needs the use of every key.
	SharesIntegers() bool
}

// family carries the host to the handlers.
type family struct{ host Host }

const (
	group    = "generic"
	constant = "O(1)"
)

// Table returns the rows of the family.
func Table(host Host) []cmd.Spec {
	f := &family{host}
	return slices.Concat(presenceRows(), expiryRows(), f.moveRows(), f.listingRows(), f.databaseRows())
}

func presenceRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "DEL", Arity: -2, Flags: cmd.Write, Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRM|cmd.KeyDelete)},
			Run: del, Group: group, Since: "1.0.0",
			Usage: "key [key ...]", Summary: "Deletes one or more keys.",
			Complexity: "O(N) where N is the number of keys that will be removed, whatever they hold.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"}},
		{Name: "UNLINK", Arity: -2, Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRM|cmd.KeyDelete)}, Run: del, Group: group, Since: "4.0.0",
			Usage: "key [key ...]", Summary: "Asynchronously deletes one or more keys.",
			Complexity: "O(1) for each key removed regardless of its size.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"}},
		{Name: "EXISTS", Arity: -2, Flags: cmd.View | cmd.Fast, Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRO)},
			Run: exists, Group: group, Since: "1.0.0",
			Usage: "key [key ...]", Summary: "Determines whether one or more keys exist.",
			Complexity: "O(N) where N is the number of keys to check.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"}},
		{Name: "TYPE", Arity: 2, Flags: cmd.View | cmd.Fast, Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)}, Run: typeOf,
			Group: group, Since: "1.0.0",
			Usage: "key", Summary: "Determines the type of value stored at a key.",
			Complexity: constant},
		{Name: "TOUCH", Arity: -2, Flags: cmd.View | cmd.Fast | cmd.Use,
			Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRO)}, Run: exists, Group: group, Since: "3.2.1",
			Usage: "key [key ...]", Summary: "Returns the number of existing keys out of those specified after updating the " +
				"time they were last accessed.",
			Complexity: "O(N) where N is the number of keys that will be touched.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_sum"}},
	}
}

func expiryRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "EXPIRE", Arity: -3, Event: "g:expire", Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)}, Run: expire, Group: group, Since: "1.0.0",
			Usage: "key seconds [NX | XX | GT | LT]", Summary: "Sets the expiration time of a key in seconds.",
			Complexity: constant},
		{Name: "PEXPIRE", Arity: -3, Event: "g:expire", Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)}, Run: pExpire, Group: group, Since: "2.6.0",
			Usage: "key milliseconds [NX | XX | GT | LT]", Summary: "Sets the expiration time of a key in milliseconds.",
			Complexity: constant},
		{Name: "EXPIREAT", Arity: -3, Event: "g:expire", Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)}, Run: expireAt, Group: group, Since: "1.2.0",
			Usage:      "key unix-time-seconds [NX | XX | GT | LT]",
			Summary:    "Sets the expiration time of a key to a Unix timestamp.",
			Complexity: constant},
		{Name: "PEXPIREAT", Arity: -3, Event: "g:expire", Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)}, Run: pExpireAt, Group: group, Since: "2.6.0",
			Usage:      "key unix-time-milliseconds [NX | XX | GT | LT]",
			Summary:    "Sets the expiration time of a key to a Unix milliseconds timestamp.",
			Complexity: constant},
		{Name: "EXPIRETIME", Arity: 2, Flags: cmd.View | cmd.Fast | cmd.Peek,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)}, Run: expireTime, Group: group, Since: "7.0.0",
			Usage: "key", Summary: "Returns the expiration time of a key as a Unix timestamp.",
			Complexity: constant},
		{Name: "PEXPIRETIME", Arity: 2, Flags: cmd.View | cmd.Fast | cmd.Peek,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)}, Run: pExpireTime, Group: group, Since: "7.0.0",
			Usage: "key", Summary: "Returns the expiration time of a key as a Unix milliseconds timestamp.",
			Complexity: constant},
		{Name: "TTL", Arity: 2, Flags: cmd.View | cmd.Fast | cmd.Peek,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)}, Run: ttl, Group: group, Since: "1.0.0",
			Usage: "key", Summary: "Returns the expiration time in seconds of a key.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "PTTL", Arity: 2, Flags: cmd.View | cmd.Fast | cmd.Peek,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)}, Run: pTTL, Group: group, Since: "2.6.0",
			Usage: "key", Summary: "Returns the expiration time in milliseconds of a key.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "PERSIST", Arity: 2, Event: "g:persist", Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)}, Run: persist, Group: group, Since: "2.2.0",
			Usage: "key", Summary: "Removes the expiration time of a key.",
			Complexity: constant},
	}
}

func (f *family) moveRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "RENAME", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.Write,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete), cmd.KeyAt(2, cmd.KeyOW|cmd.KeyUpdate)},
			Run:  rename, Group: group, Since: "1.0.0",
			Usage: "key newkey", Summary: "Renames a key and overwrites the destination.",
			Complexity: constant},
		{Name: "RENAMENX", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete), cmd.KeyAt(2, cmd.KeyOW|cmd.KeyInsert)},
			Run:  renameNX, Group: group, Since: "1.0.0",
			Usage: "key newkey", Summary: "Renames a key only when the target key name doesn't exist.",
			Complexity: constant},
		{Name: "COPY", Arity: -3, Event: "g:copy_to", Flags: cmd.Write | cmd.DenyOOM,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess), cmd.KeyAt(2, cmd.KeyOW|cmd.KeyUpdate)}, Run: f.copy,
			Group: group, Since: "6.2.0",
			Usage: "source destination [DB destination-db] [REPLACE]", Summary: "Copies the value of a key to a new key.",
			Complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values."},
		{Name: "MOVE", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate)}, Run: f.move, Group: group, Since: "1.0.0",
			Usage: "key db", Summary: "Moves a key to another database.",
			Complexity: constant},
	}
}

func (f *family) listingRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "KEYS", Arity: 2, Flags: cmd.View | cmd.Whole, Run: keys, Group: group, Since: "1.0.0",
			Usage: "pattern", Summary: "Returns all key names that match a pattern.",
			Complexity: "O(N) with N being the number of keys in the database, under the assumption that the key names in the " +
				"database and the given pattern have limited length.", Categories: []string{"@dangerous"},
			Tips: []string{"request_policy:all_shards", "nondeterministic_output_order"}},
		{Name: "SCAN", Arity: -2, Flags: cmd.View | cmd.Whole, Nests: true, Run: scan, Group: group, Since: "2.8.0",
			Usage: "cursor [MATCH pattern] [COUNT count] [TYPE type]", Summary: "Iterates over the key names in the database.",
			Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to " +
				"return back to 0. N is the number of elements inside the collection.",
			Tips: []string{"nondeterministic_output", "request_policy:special"}},
		{Name: "RANDOMKEY", Arity: 1, Flags: cmd.View | cmd.Whole, Run: randomKey, Group: group, Since: "1.0.0",
			Summary:    "Returns a random key name from the database.",
			Complexity: constant, Tips: []string{"request_policy:all_shards", "nondeterministic_output"}},
		{Name: "OBJECT", Arity: -2, Group: group, Since: "2.2.3", Summary: "A container for object introspection commands.",
			Complexity: "Depends on subcommand.", Subs: f.objectRows()},
		{Name: "BLESS", Arity: -2, Group: group, Since: "8.12.0", Summary: "A container for key-blessing commands.",
			Complexity: "Depends on subcommand.", Subs: f.blessRows()},
	}
}

func (f *family) databaseRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "DBSIZE", Arity: 1, Flags: cmd.View | cmd.Whole | cmd.Fast, Run: dbSize, Group: "server", Since: "1.0.0",
			Summary:    "Returns the number of keys in the database.",
			Complexity: constant, Categories: []string{"@keyspace"},
			Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"}},
		{Name: "FLUSHDB", Arity: -1, Flags: cmd.Write | cmd.Whole, Run: flushDB, Group: "server", Since: "1.0.0",
			Usage: "[ASYNC | SYNC]", Summary: "Removes all keys from the current database.",
			Complexity: constant, Categories: []string{"@keyspace", "@dangerous"},
			Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
		{Name: "FLUSHALL", Arity: -1, Flags: cmd.Write | cmd.Whole, Run: f.flushAll, Group: "server", Since: "1.0.0",
			Usage: "[ASYNC | SYNC]", Summary: "Removes all keys from all databases.",
			Complexity: constant, Categories: []string{"@keyspace", "@dangerous"},
			Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
		{Name: "SWAPDB", Arity: 3, Flags: cmd.Write | cmd.Whole | cmd.Fast, Run: f.swapDB, Group: "server", Since: "4.0.0",
			Usage: "index1 index2", Summary: "Swaps two Redis databases.",
			Complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
			Categories: []string{"@keyspace", "@dangerous"}},
	}
}

func (f *family) objectRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "ENCODING", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO)},
			Run: objectEncoding, Group: group, Since: "2.2.3",
			Usage: "key", Summary: "Returns the internal encoding of a Redis object.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "FREQ", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO)},
			Run: f.objectFreq, Group: group, Since: "4.0.0",
			Usage: "key", Summary: "Returns the logarithmic access frequency counter of a Redis object.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "IDLETIME", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO)},
			Run: f.objectIdleTime, Group: group, Since: "2.2.3",
			Usage: "key", Summary: "Returns the time since the last access to a Redis object.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "REFCOUNT", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO)},
			Run: f.objectRefCount, Group: group, Since: "2.2.3",
			Usage: "key", Summary: "Returns the reference count of a value of a key.",
			Complexity: constant, Tips: []string{"nondeterministic_output"}},
		{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: objectHelp, Group: group, Since: "6.2.0",
			Summary:    "Returns helpful text about the different subcommands.",
			Complexity: constant},
	}
}
