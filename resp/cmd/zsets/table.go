// Package zsets holds the sorted set commands that do not block.
package zsets

import (
	"slices"

	"larder/resp/cmd"
)

// Table returns the rows of the sorted set commands.
func Table() []cmd.Spec {
	return slices.Concat(algebraRows(), rangeRows(), readRows(), writeRows(), blockRows())
}

// algebraRows combine several sets.
func algebraRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "ZDIFF", Arity: -3, Flags: cmd.View | cmd.MovableKeys, Nests: true, Run: zdiff,
			Group: "sorted-set", Since: "6.2.0",
			Keys:    []cmd.KeySpec{cmd.KeysCounted(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "numkeys key [key ...] [WITHSCORES]",
			Summary: "Subtract multiple sorted sets",
			Complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size " +
				"of the first set, and K is the size of the result set."},
		{Name: "ZDIFFSTORE", Arity: -4, Event: "z:zdiffstore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM | cmd.MovableKeys,
			Run: zdiffstore, Group: "sorted-set", Since: "6.2.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW|cmd.KeyUpdate), cmd.KeysCounted(2, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "destination numkeys key [key ...]",
			Summary: "Subtract multiple sorted sets and store the resulting sorted set in a new key",
			Complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size " +
				"of the first set, and K is the size of the result set."},
		{Name: "ZINTER", Arity: -3, Flags: cmd.View | cmd.MovableKeys, Nests: true, Run: zinter,
			Group: "sorted-set", Since: "6.2.0",
			Keys:    []cmd.KeySpec{cmd.KeysCounted(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]",
			Summary: "Intersect multiple sorted sets",
			Complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of " +
				"input sorted sets and M being the number of elements in the resulting sorted set."},
		{Name: "ZINTERCARD", Arity: -3, Flags: cmd.View | cmd.MovableKeys, Run: zintercard,
			Group: "sorted-set", Since: "7.0.0",
			Keys:    []cmd.KeySpec{cmd.KeysCounted(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "numkeys key [key ...] [LIMIT limit]",
			Summary: "Intersect multiple sorted sets and return the cardinality of the result",
			Complexity: "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted " +
				"sets."},
		{Name: "ZINTERSTORE", Arity: -4, Event: "z:zinterstore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM | cmd.MovableKeys,
			Run: zinterstore, Group: "sorted-set", Since: "2.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW|cmd.KeyUpdate), cmd.KeysCounted(2, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>]",
			Summary: "Intersect multiple sorted sets and store the resulting sorted set in a new key",
			Complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of " +
				"input sorted sets and M being the number of elements in the resulting sorted set."},
		{Name: "ZUNION", Arity: -3, Flags: cmd.View | cmd.MovableKeys, Nests: true, Run: zunion,
			Group: "sorted-set", Since: "6.2.0",
			Keys:    []cmd.KeySpec{cmd.KeysCounted(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]",
			Summary: "Add multiple sorted sets",
			Complexity: "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number " +
				"of elements in the resulting sorted set."},
		{Name: "ZUNIONSTORE", Arity: -4, Event: "z:zunionstore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM | cmd.MovableKeys,
			Run: zunionstore, Group: "sorted-set", Since: "2.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW|cmd.KeyUpdate), cmd.KeysCounted(2, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>]",
			Summary: "Add multiple sorted sets and store the resulting sorted set in a new key",
			Complexity: "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number " +
				"of elements in the resulting sorted set."},
	}
}

// rangeRows answer or store ranges.
func rangeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "ZRANGE", Arity: -4, Flags: cmd.View, Nests: true, Run: zrange, Group: "sorted-set", Since: "1.2.0",
			Types:   map[string]string{"start": "string", "stop": "string"},
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
			Summary: "Return a range of members in a sorted set",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
				"returned."},
		{Name: "ZRANGEBYLEX", Arity: -4, Flags: cmd.View, Run: zrangebylex,
			Group: "sorted-set", Since: "2.8.9", DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `BYLEX` argument",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key min max [LIMIT offset count]",
			Summary: "Return a range of members in a sorted set, by lexicographical range",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being " +
				"returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it " +
				"O(log(N))."},
		{Name: "ZRANGEBYSCORE", Arity: -4, Flags: cmd.View, Nests: true, Run: zrangebyscore,
			Group: "sorted-set", Since: "1.0.5", DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `BYSCORE` argument",
			Types:   map[string]string{"min": "double", "max": "double"},
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key min max [WITHSCORES] [LIMIT offset count]",
			Summary: "Return a range of members in a sorted set, by score",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being " +
				"returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it " +
				"O(log(N))."},
		{Name: "ZRANGESTORE", Arity: -5, Event: "z:zrangestore", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM, Run: zrangestore,
			Group: "sorted-set", Since: "6.2.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyOW|cmd.KeyUpdate), cmd.KeyAt(2, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
			Summary: "Store a range of members from sorted set into another key",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
				"stored into the destination key."},
		{Name: "ZREVRANGE", Arity: -4, Flags: cmd.View, Nests: true, Run: zrevrange,
			Group: "sorted-set", Since: "1.2.0", DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` argument",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key start stop [WITHSCORES]",
			Summary: "Return a range of members in a sorted set, by index, with scores ordered from high to low",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
				"returned."},
		{Name: "ZREVRANGEBYLEX", Arity: -4, Flags: cmd.View, Run: zrevrangebylex,
			Group: "sorted-set", Since: "2.8.9", DeprecatedSince: "6.2.0",
			ReplacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key max min [LIMIT offset count]",
			Summary: "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower " +
				"strings.",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being " +
				"returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it " +
				"O(log(N))."},
		{Name: "ZREVRANGEBYSCORE", Arity: -4, Flags: cmd.View, Nests: true, Run: zrevrangebyscore,
			Group: "sorted-set", Since: "2.2.0", DeprecatedSince: "6.2.0",
			ReplacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments",
			Types:      map[string]string{"min": "double", "max": "double"},
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key max min [WITHSCORES] [LIMIT offset count]",
			Summary:    "Return a range of members in a sorted set, by score, with scores ordered from high to low",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being " +
				"returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it " +
				"O(log(N))."},
	}
}

// readRows look at single members, ranks and counts.
func readRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "ZCARD", Arity: 2, Flags: cmd.View | cmd.Fast, Run: zcard, Group: "sorted-set", Since: "1.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)},
			Usage:      "key",
			Summary:    "Get the number of members in a sorted set",
			Complexity: "O(1)"},
		{Name: "ZCOUNT", Arity: 4, Flags: cmd.View | cmd.Fast, Run: zcount, Group: "sorted-set", Since: "2.0.0",
			Types:      map[string]string{"min": "double", "max": "double"},
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key min max",
			Summary:    "Count the members in a sorted set with scores within the given values",
			Complexity: "O(log(N)) with N being the number of elements in the sorted set."},
		{Name: "ZLEXCOUNT", Arity: 4, Flags: cmd.View | cmd.Fast, Run: zlexcount, Group: "sorted-set", Since: "2.8.9",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key min max",
			Summary:    "Count the number of members in a sorted set between a given lexicographical range",
			Complexity: "O(log(N)) with N being the number of elements in the sorted set."},
		{Name: "ZMSCORE", Arity: -3, Flags: cmd.View | cmd.Fast, Run: zmscore, Group: "sorted-set", Since: "6.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key member [member ...]",
			Summary:    "Get the score associated with the given members in a sorted set",
			Complexity: "O(N) where N is the number of members being requested."},
		{Name: "ZRANDMEMBER", Arity: -2, Flags: cmd.View, Nests: true, Run: zrandmember, Group: "sorted-set", Since: "6.2.0",
			Block:      "options",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key [count [WITHSCORES]]",
			Summary:    "Get one or multiple random elements from a sorted set",
			Complexity: "O(N) where N is the number of elements returned", Tips: []string{"nondeterministic_output"}},
		{Name: "ZRANK", Arity: -3, Flags: cmd.View | cmd.Fast, Run: zrank, Group: "sorted-set", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key member [WITHSCORE]",
			Summary:    "Determine the index of a member in a sorted set",
			Complexity: "O(log(N))"},
		{Name: "ZREVRANK", Arity: -3, Flags: cmd.View | cmd.Fast, Run: zrevrank, Group: "sorted-set", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key member [WITHSCORE]",
			Summary:    "Determine the index of a member in a sorted set, with scores ordered from high to low",
			Complexity: "O(log(N))"},
		{Name: "ZSCAN", Arity: -3, Flags: cmd.View, Nests: true, Run: zscan, Group: "sorted-set", Since: "2.8.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key cursor [MATCH pattern] [COUNT count]",
			Summary: "Incrementally iterate sorted sets elements and associated scores",
			Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to " +
				"return back to 0. N is the number of elements inside the collection..", Tips: []string{"nondeterministic_output"}},
		{Name: "ZSCORE", Arity: 3, Flags: cmd.View | cmd.Fast, Run: zscore, Group: "sorted-set", Since: "1.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "key member",
			Summary:    "Get the score associated with the given member in a sorted set",
			Complexity: "O(1)"},
	}
}

// writeRows change one set.
func writeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "ZADD", Arity: -4, Event: "z:zadd", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: zadd,
			Group: "sorted-set", Since: "1.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:      "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
			Summary:    "Add one or more members to a sorted set, or update its score if it already exists",
			Complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set."},
		{Name: "ZINCRBY", Arity: 4, Event: "z:zincr", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: zincrby,
			Group: "sorted-set", Since: "1.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate)},
			Usage:      "key increment member",
			Summary:    "Increment the score of a member in a sorted set",
			Complexity: "O(log(N)) where N is the number of elements in the sorted set."},
		{Name: "ZMPOP", Arity: -4, Event: "z:zpopmin", Flags: cmd.Write | cmd.MovableKeys, Nests: true, Run: zmpop,
			Group: "sorted-set", Since: "7.0.0",
			Keys:    []cmd.KeySpec{cmd.KeysCounted(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:   "numkeys key [key ...] <MIN | MAX> [COUNT count]",
			Summary: "Remove and return members with scores in a sorted set",
			Complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the " +
				"sorted set, and M being the number of elements popped."},
		{Name: "ZPOPMAX", Arity: -2, Event: "z:zpopmax", Flags: cmd.Write | cmd.Fast, Nests: true, Run: zpopmax,
			Group: "sorted-set", Since: "5.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:   "key [count]",
			Summary: "Remove and return members with the highest scores in a sorted set",
			Complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of " +
				"elements popped."},
		{Name: "ZPOPMIN", Arity: -2, Event: "z:zpopmin", Flags: cmd.Write | cmd.Fast, Nests: true, Run: zpopmin,
			Group: "sorted-set", Since: "5.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:   "key [count]",
			Summary: "Remove and return members with the lowest scores in a sorted set",
			Complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of " +
				"elements popped."},
		{Name: "ZREM", Arity: -3, Event: "z:zrem", Flags: cmd.Write | cmd.Fast, Run: zrem,
			Group: "sorted-set", Since: "1.2.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:   "key member [member ...]",
			Summary: "Remove one or more members from a sorted set",
			Complexity: "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be " +
				"removed."},
		{Name: "ZREMRANGEBYLEX", Arity: 4, Event: "z:zremrangebylex", Flags: cmd.Write, Run: zremrangebylex,
			Group: "sorted-set", Since: "2.8.9",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:   "key min max",
			Summary: "Remove all members in a sorted set between the given lexicographical range",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
				"removed by the operation."},
		{Name: "ZREMRANGEBYRANK", Arity: 4, Event: "z:zremrangebyrank", Flags: cmd.Write, Run: zremrangebyrank,
			Group: "sorted-set", Since: "2.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:   "key start stop",
			Summary: "Remove all members in a sorted set within the given indexes",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
				"removed by the operation."},
		{Name: "ZREMRANGEBYSCORE", Arity: 4, Event: "z:zremrangebyscore", Flags: cmd.Write, Run: zremrangebyscore,
			Group: "sorted-set", Since: "1.2.0",
			Types:   map[string]string{"min": "double", "max": "double"},
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:   "key min max",
			Summary: "Remove all members in a sorted set within the given scores",
			Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
				"removed by the operation."},
	}
}

// blockRows are the commands that wait for a member.
func blockRows() []cmd.Spec {
	const flags = cmd.Write | cmd.Blocking
	taken := cmd.KeyRW | cmd.KeyAccess | cmd.KeyDelete
	return []cmd.Spec{
		{Name: "BZMPOP", Arity: -5, Event: "z:zpopmin", Flags: flags | cmd.MovableKeys, Nests: true, Run: bzmpop,
			Group: "sorted-set", Since: "7.0.0",
			Keys:    []cmd.KeySpec{cmd.KeysCounted(2, taken)},
			Usage:   "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
			Summary: "Remove and return members with scores in a sorted set or block until one is available",
			Complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the " +
				"sorted set, and M being the number of elements popped."},
		{Name: "BZPOPMAX", Arity: -3, Event: "z:zpopmax", Flags: flags | cmd.Fast, Run: bzpopmax,
			Group: "sorted-set", Since: "5.0.0",
			Keys:  []cmd.KeySpec{cmd.KeysFrom(1, -2, 1, taken)},
			Usage: "key [key ...] timeout",
			Summary: "Remove and return the member with the highest score from one or more sorted sets, or block until one " +
				"is available",
			Complexity: "O(log(N)) with N being the number of elements in the sorted set."},
		{Name: "BZPOPMIN", Arity: -3, Event: "z:zpopmin", Flags: flags | cmd.Fast, Run: bzpopmin,
			Group: "sorted-set", Since: "5.0.0",
			Keys:  []cmd.KeySpec{cmd.KeysFrom(1, -2, 1, taken)},
			Usage: "key [key ...] timeout",
			Summary: "Remove and return the member with the lowest score from one or more sorted sets, or block until one " +
				"is available",
			Complexity: "O(log(N)) with N being the number of elements in the sorted set."},
	}
}
