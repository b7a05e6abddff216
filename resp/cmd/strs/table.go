// Package strs holds the string commands: SET, GET, INCR and their kin.
package strs

import (
	"slices"

	"larder/resp/arg"
	"larder/resp/cmd"
)

const (
	group     = "string"
	constant  = "O(1)"
	appending = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already " +
		"present value is of any size, since the dynamic string library used by Redis will double the free space available " +
		"on every reallocation."
	overwriting = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very " +
		"small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value " +
		"argument."
	substring = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the " +
		"returned length, but because creating a substring from an existing string is very cheap, it can be considered " +
		"O(1) for small strings."
)

// one is the key of commands that name it first and no other.
func one(f cmd.KeyFlags) []cmd.KeySpec { return []cmd.KeySpec{cmd.KeyAt(1, f)} }

// noted is one with the remark that COMMAND INFO shows.
func noted(f cmd.KeyFlags, notes string) []cmd.KeySpec {
	return []cmd.KeySpec{cmd.KeyAt(1, f).Noted(notes)}
}

// pairsCounted is a number of keys with their values behind it.
func pairsCounted() []cmd.KeySpec {
	k := cmd.KeysCounted(1, cmd.KeyOW|cmd.KeyUpdate)
	k.Step = 2
	return []cmd.KeySpec{k}
}

// setUse tells what SET does with its key: it only reads it with GET or a condition on the value.
func setUse(line [][]byte) cmd.KeyFlags {
	for _, word := range line[min(3, len(line)):] {
		for _, reads := range [...]string{"GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE"} {
			if arg.Is(word, reads) {
				return cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate
			}
		}
	}
	return cmd.KeyOW | cmd.KeyUpdate
}

// delExUse tells what DELEX does with its key: it reads it where there is a condition.
func delExUse(line [][]byte) cmd.KeyFlags {
	if len(line) > 2 {
		return cmd.KeyRW | cmd.KeyAccess | cmd.KeyDelete
	}
	return cmd.KeyRM | cmd.KeyDelete
}

// Table returns the rows of the family.
func Table() []cmd.Spec { return slices.Concat(readRows(), writeRows(), countRows()) }

func readRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "DIGEST", Arity: 2, Flags: cmd.View | cmd.Fast, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: digest,
			Group: group, Since: "8.4.0",
			Usage: "key", Summary: "Returns the hash digest of a string value as a hexadecimal string.",
			Complexity: "O(N) where N is the length of the string value."},
		{Name: "GET", Arity: 2, Flags: cmd.View | cmd.Fast, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: get, Group: group,
			Since: "1.0.0",
			Usage: "key", Summary: "Returns the string value of a key.",
			Complexity: constant},
		{Name: "GETDEL", Arity: 2, Flags: cmd.Write | cmd.Looks | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyDelete), Run: getDel, Group: group, Since: "6.2.0",
			Usage: "key", Summary: "Returns the string value of a key after deleting the key.",
			Complexity: constant},
		{Name: "GETEX", Arity: -2, Event: "g:expire", Flags: cmd.Write | cmd.Looks | cmd.Fast,
			Keys: noted(cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate, "RW and UPDATE because it changes the TTL"), Run: getEx,
			Group: group, Since: "6.2.0",
			Usage:      "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]",
			Summary:    "Returns the string value of a key after setting its expiration time.",
			Complexity: constant},
		{Name: "GETRANGE", Arity: 4, Flags: cmd.View, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: getRange, Group: group,
			Since: "2.4.0",
			Usage: "key start end", Summary: "Returns a substring of the string stored at a key.",
			Complexity: substring},
		{Name: "LCS", Arity: -3, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeysFrom(1, 1, 1, cmd.KeyRO|cmd.KeyAccess)},
			Nests: true, Run: lcs, Group: group, Since: "7.0.0",
			Usage:      "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
			Summary:    "Finds the longest common substring.",
			Complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively"},
		{Name: "MGET", Arity: -2, Flags: cmd.View | cmd.Fast,
			Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRO|cmd.KeyAccess)}, Run: mget, Group: group, Since: "1.0.0",
			Usage: "key [key ...]", Summary: "Atomically returns the string values of one or more keys.",
			Complexity: "O(N) where N is the number of keys to retrieve.", Tips: []string{"request_policy:multi_shard"}},
		{Name: "STRLEN", Arity: 2, Flags: cmd.View | cmd.Fast, Keys: one(cmd.KeyRO), Run: strLen, Group: group,
			Since: "2.2.0",
			Usage: "key", Summary: "Returns the length of a string value.",
			Complexity: constant},
		{Name: "SUBSTR", Arity: 4, Flags: cmd.View, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: getRange, Group: group,
			Since: "1.0.0", DeprecatedSince: "2.0.0", ReplacedBy: "`GETRANGE`",
			Usage: "key start end", Summary: "Returns a substring from a string value.",
			Complexity: substring},
	}
}

func writeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "APPEND", Arity: 3, Event: "$:append", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyInsert), Run: appendTo, Group: group, Since: "2.0.0",
			Usage: "key value", Summary: "Appends a string to the value of a key. Creates the key if it doesn't exist.",
			Complexity: appending},
		{Name: "DELEX", Arity: -2, Event: "g:del", Flags: cmd.Write | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyDelete | cmd.KeyVariable), KeyUse: delExUse, Run: delEx, Group: group, Since: "8.4.0",
			Usage:      "key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]",
			Summary:    "Conditionally removes the specified key based on value or hash digest comparison.",
			Complexity: "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value."},
		{Name: "DELIFEQ", Arity: 3, Event: "g:del", Flags: cmd.Write | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyDelete), Run: delIfEq, Group: group, Since: "Valkey 9.0.0",
			Usage: "key value", Summary: "Delete key if value matches string.",
			Complexity: constant},
		{Name: "GETSET", Arity: 3, Event: "$:set", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: getSet, Group: group,
			Since: "1.0.0", DeprecatedSince: "6.2.0", ReplacedBy: "`SET` with the `!GET` argument",
			Usage: "key value", Summary: "Returns the previous string value of a key after setting it to a new value.",
			Complexity: constant},
		{Name: "MSET", Arity: -3, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM,
			Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 2, cmd.KeyOW|cmd.KeyUpdate)}, Run: mset, Group: group, Since: "1.0.1",
			Usage: "key value [key value ...]", Summary: "Atomically creates or modifies the string values of one or more keys.",
			Complexity: "O(N) where N is the number of keys to set.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:all_succeeded"}},
		{Name: "MSETEX", Arity: -4, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM | cmd.MovableKeys, Keys: pairsCounted(),
			Run: msetEX, Group: group, Since: "8.4.0",
			Usage: "numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT " +
				"unix-time-milliseconds | KEEPTTL]", Summary: "Atomically sets multiple string keys with a shared expiration in " +
				"a single operation. Supports flexible argument parsing where condition and expiration flags can appear in any " +
				"order.",
			Complexity: "O(N) where N is the number of keys to set.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:all_succeeded"}},
		{Name: "MSETNX", Arity: -3, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM,
			Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 2, cmd.KeyOW|cmd.KeyInsert)}, Run: msetNX, Group: group, Since: "1.0.1",
			Usage: "key value [key value ...]", Summary: "Atomically modifies the string values of one or more keys only when " +
				"all keys don't exist.",
			Complexity: "O(N) where N is the number of keys to set.",
			Tips:       []string{"request_policy:multi_shard", "response_policy:agg_min"}},
		{Name: "PSETEX", Arity: 4, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM, Keys: one(cmd.KeyOW | cmd.KeyUpdate),
			Run: pSetEX, Group: group, Since: "2.6.0", DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `PX` argument",
			Usage: "key milliseconds value", Summary: "Sets both string value and expiration time in milliseconds of a key. " +
				"The key is created if it doesn't exist.",
			Complexity: constant},
		{Name: "SET", Arity: -3, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM,
			Keys: noted(cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate|cmd.KeyVariable,
				"RW and ACCESS due to the optional `GET` argument"), KeyUse: setUse, Run: set, Group: group, Since: "1.0.0",
			Usage: "key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest] [GET] " +
				"[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
			Summary:    "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.",
			Complexity: constant},
		{Name: "SETEX", Arity: 4, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM, Keys: one(cmd.KeyOW | cmd.KeyUpdate),
			Run: setEX, Group: group, Since: "2.0.0", DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `EX` argument",
			Usage: "key seconds value", Summary: "Sets the string value and expiration time of a key. Creates the key if it " +
				"doesn't exist.",
			Complexity: constant},
		{Name: "SETNX", Arity: 3, Event: "$:set", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyOW | cmd.KeyInsert), Run: setNX, Group: group,
			Since: "1.0.0", DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `NX` argument",
			Usage: "key value", Summary: "Set the string value of a key only when the key doesn't exist.",
			Complexity: constant},
		{Name: "SETRANGE", Arity: 4, Event: "$:setrange", Flags: cmd.Write | cmd.DenyOOM,
			Keys: one(cmd.KeyRW | cmd.KeyUpdate), Run: setRange, Group: group, Since: "2.2.0",
			Usage: "key offset value", Summary: "Overwrites a part of a string value with another by an offset. Creates the " +
				"key if it doesn't exist.",
			Complexity: overwriting},
	}
}

func countRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "DECR", Arity: 2, Event: "$:incrby", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: decr, Group: group, Since: "1.0.0",
			Usage: "key", Summary: "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't " +
				"exist.",
			Complexity: constant},
		{Name: "DECRBY", Arity: 3, Event: "$:incrby", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: decrBy, Group: group, Since: "1.0.0",
			Usage: "key decrement", Summary: "Decrements a number from the integer value of a key. Uses 0 as initial value if " +
				"the key doesn't exist.",
			Complexity: constant},
		{Name: "INCR", Arity: 2, Event: "$:incrby", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: incr, Group: group, Since: "1.0.0",
			Usage: "key", Summary: "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't " +
				"exist.",
			Complexity: constant},
		{Name: "INCRBY", Arity: 3, Event: "$:incrby", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: incrBy, Group: group, Since: "1.0.0",
			Usage: "key increment", Summary: "Increments the integer value of a key by a number. Uses 0 as initial value if " +
				"the key doesn't exist.",
			Complexity: constant},
		{Name: "INCREX", Arity: -2, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: incrEx, Group: group, Since: "8.8.0",
			Usage: "key [BYFLOAT increment | BYINT increment] [LBOUND lowerbound] [UBOUND upperbound] [SATURATE] [EX seconds " +
				"| PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] [ENX]",
			Summary: "Increments the numeric value of a key by a number and sets its expiration time. Uses 0 as initial " +
				"value if the key doesn't exist.",
			Complexity: constant},
		{Name: "INCRBYFLOAT", Arity: 3, Event: "$:incrbyfloat", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: incrByFloat, Group: group, Since: "2.6.0",
			Types: map[string]string{"increment": "double"},
			Usage: "key increment", Summary: "Increment the floating point value of a key by a number. Uses 0 as initial " +
				"value if the key doesn't exist.",
			Complexity: constant},
	}
}
