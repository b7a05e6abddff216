// Package hashes holds the hash commands.
package hashes

import (
	"slices"

	"larder/resp/cmd"
)

// Table returns the rows of the hash commands.
func Table() []cmd.Spec { return slices.Concat(readRows(), writeRows(), expiryRows(), timeRows()) }

func readRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "HEXISTS", Arity: 3, Flags: cmd.View | cmd.Fast, Run: hexists, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)},
			Usage:      "key field",
			Summary:    "Determines whether a field exists in a hash.",
			Complexity: "O(1)"},
		{Name: "HGET", Arity: 3, Flags: cmd.View | cmd.Fast, Run: hget, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key field",
			Summary:    "Returns the value of a field in a hash.",
			Complexity: "O(1)"},
		{Name: "HGETALL", Arity: 2, Flags: cmd.View, Run: hgetall, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key",
			Summary:    "Returns all fields and values in a hash.",
			Complexity: "O(N) where N is the size of the hash.",
			Tips:       []string{"nondeterministic_output_order"}},
		{Name: "HKEYS", Arity: 2, Flags: cmd.View, Run: hkeys, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key",
			Summary:    "Returns all fields in a hash.",
			Complexity: "O(N) where N is the size of the hash.",
			Tips:       []string{"nondeterministic_output_order"}},
		{Name: "HLEN", Arity: 2, Flags: cmd.View | cmd.Fast, Run: hlen, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)},
			Usage:      "key",
			Summary:    "Returns the number of fields in a hash.",
			Complexity: "O(1)"},
		{Name: "HMGET", Arity: -3, Flags: cmd.View | cmd.Fast, Run: hmget, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key field [field ...]",
			Summary:    "Returns the values of all fields in a hash.",
			Complexity: "O(N) where N is the number of fields being requested."},
		{Name: "HRANDFIELD", Arity: -2, Flags: cmd.View, Nests: true, Run: hrandfield, Group: "hash", Since: "6.2.0",
			Block:      "options",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key [count [WITHVALUES]]",
			Summary:    "Returns one or more random fields from a hash.",
			Complexity: "O(N) where N is the number of fields returned",
			Tips:       []string{"nondeterministic_output"}},
		{Name: "HSCAN", Arity: -3, Flags: cmd.View, Nests: true, Run: hscan, Group: "hash", Since: "2.8.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
			Summary: "Iterates over fields and values of a hash.",
			Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to " +
				"return back to 0. N is the number of elements inside the collection.",
			Tips: []string{"nondeterministic_output"}},
		{Name: "HSTRLEN", Arity: 3, Flags: cmd.View | cmd.Fast, Run: hstrlen, Group: "hash", Since: "3.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)},
			Usage:      "key field",
			Summary:    "Returns the length of the value of a field.",
			Complexity: "O(1)"},
		{Name: "HVALS", Arity: 2, Flags: cmd.View, Run: hvals, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key",
			Summary:    "Returns all values in a hash.",
			Complexity: "O(N) where N is the size of the hash.",
			Tips:       []string{"nondeterministic_output_order"}},
	}
}

func writeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "HDEL", Arity: -3, Event: "h:hdel", Flags: cmd.Write | cmd.Fast, Run: hdel, Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:      "key field [field ...]",
			Summary:    "Deletes one or more fields and their values from a hash. Deletes the hash if no fields remain.",
			Complexity: "O(N) where N is the number of fields to be removed."},
		{Name: "HINCRBY", Arity: 4, Event: "h:hincrby", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hincrby,
			Group: "hash", Since: "2.0.0",
			Keys:  []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate)},
			Usage: "key field increment",
			Summary: "Increments the integer value of a field in a hash by a number. Uses 0 as initial value if the field " +
				"doesn't exist.",
			Complexity: "O(1)"},
		{Name: "HINCRBYFLOAT", Arity: 4, Event: "h:hincrbyfloat", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Run: hincrbyfloat, Group: "hash", Since: "2.6.0",
			Types: map[string]string{"increment": "double"},
			Keys:  []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate)},
			Usage: "key field increment",
			Summary: "Increments the floating point value of a field by a number. Uses 0 as initial value if the field " +
				"doesn't exist.",
			Complexity: "O(1)"},
		{Name: "HMSET", Arity: -4, Event: "h:hset", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hmset,
			Group: "hash", Since: "2.0.0", DeprecatedSince: "4.0.0", ReplacedBy: "`HSET` with multiple field-value pairs",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key field value [field value ...]",
			Summary:    "Sets the values of multiple fields.",
			Complexity: "O(N) where N is the number of fields being set."},
		{Name: "HSET", Arity: -4, Event: "h:hset", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hset,
			Group: "hash", Since: "2.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:   "key field value [field value ...]",
			Summary: "Creates or modifies the value of a field in a hash.",
			Complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called " +
				"with multiple field/value pairs."},
		{Name: "HSETNX", Arity: 4, Event: "h:hset", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hsetnx,
			Group: "hash", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)},
			Usage:      "key field value",
			Summary:    "Sets the value of a field in a hash only when the field doesn't exist.",
			Complexity: "O(1)"},
	}
}

const eachField = "O(N) where N is the number of specified fields"

// expiryRows are the commands that change when fields expire.
func expiryRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "HEXPIRE", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hexpire,
			Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
			Summary:    "Sets expiry for hash field using relative time to expire (seconds).",
			Complexity: eachField},
		{Name: "HEXPIREAT", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hexpireAt,
			Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
			Summary:    "Sets expiry for hash field using an absolute Unix timestamp (seconds).",
			Complexity: eachField},
		{Name: "HPEXPIRE", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hpexpire,
			Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
			Summary:    "Sets expiry for hash field using relative time to expire (milliseconds).",
			Complexity: eachField},
		{Name: "HPEXPIREAT", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hpexpireAt,
			Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
			Summary:    "Sets expiry for hash field using an absolute Unix timestamp (milliseconds).",
			Complexity: eachField},
		{Name: "HPERSIST", Arity: -5, Event: "h:hpersist", Flags: cmd.Write | cmd.Fast, Run: hpersist,
			Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key FIELDS numfields field [field ...]",
			Summary:    "Removes the expiration time for each specified field.",
			Complexity: eachField},
		{Name: "HGETDEL", Arity: -5, Event: "h:hdel", Flags: cmd.Write | cmd.Fast, Run: hgetdel,
			Group: "hash", Since: "8.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:      "key FIELDS numfields field [field ...]",
			Summary:    "Returns the value of a field and deletes it from the hash.",
			Complexity: eachField},
		{Name: "HGETEX", Arity: -5, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.Fast, Run: hgetex,
			Group: "hash", Since: "8.0.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate)},
			Usage: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] " +
				"FIELDS numfields field [field ...]",
			Summary:    "Gets the value of one or more fields of a given hash key, and optionally sets their expiration.",
			Complexity: eachField},
		{Name: "HSETEX", Arity: -6, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: hsetex,
			Group: "hash", Since: "8.0.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage: "key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds " +
				"| KEEPTTL] FIELDS numfields field value [field value ...]",
			Summary:    "Sets the value of one or more fields of a given hash key, and optionally sets their expiration.",
			Complexity: eachField},
	}
}

// timeRows are the commands that tell when fields expire.
func timeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "HEXPIRETIME", Arity: -5, Flags: cmd.View | cmd.Fast, Run: hexpireTime, Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key FIELDS numfields field [field ...]",
			Summary:    "Returns the expiration time of a hash field as a Unix timestamp, in seconds.",
			Complexity: eachField},
		{Name: "HPEXPIRETIME", Arity: -5, Flags: cmd.View | cmd.Fast, Run: hpexpireTime, Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key FIELDS numfields field [field ...]",
			Summary:    "Returns the expiration time of a hash field as a Unix timestamp, in msec.",
			Complexity: eachField},
		{Name: "HPTTL", Arity: -5, Flags: cmd.View | cmd.Fast, Run: hpttl, Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key FIELDS numfields field [field ...]",
			Summary:    "Returns the TTL in milliseconds of a hash field.",
			Complexity: eachField,
			Tips:       []string{"nondeterministic_output"}},
		{Name: "HTTL", Arity: -5, Flags: cmd.View | cmd.Fast, Run: httl, Group: "hash", Since: "7.4.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key FIELDS numfields field [field ...]",
			Summary:    "Returns the TTL in seconds of a hash field.",
			Complexity: eachField,
			Tips:       []string{"nondeterministic_output"}},
	}
}
