// Package lists holds the list commands.
package lists

import (
	"slices"

	"larder/resp/cmd"
)

// Table returns the rows of the list commands.
func Table() []cmd.Spec {
	return slices.Concat(readRows(), writeRows(), endRows(), moveRows(), blockRows())
}

// readRows are the commands that only look.
func readRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "LINDEX", Arity: 3, Flags: cmd.View, Run: lindex, Group: "list", Since: "1.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key index",
			Summary: "Get an element from a list by its index",
			Complexity: "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking " +
				"for the first or the last element of the list O(1)."},
		{Name: "LLEN", Arity: 2, Flags: cmd.View | cmd.Fast, Run: llen, Group: "list", Since: "1.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO)},
			Usage:      "key",
			Summary:    "Get the length of a list",
			Complexity: "O(1)"},
		{Name: "LPOS", Arity: -3, Flags: cmd.View, Run: lpos, Group: "list", Since: "6.0.6",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
			Summary: "Return the index of matching elements on a list",
			Complexity: "O(N) where N is the number of elements in the list, for the average case. When searching for " +
				"elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in " +
				"constant time."},
		{Name: "LRANGE", Arity: 4, Flags: cmd.View, Run: lrange, Group: "list", Since: "1.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:   "key start stop",
			Summary: "Get a range of elements from a list",
			Complexity: "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or " +
				"TAIL) for large lists; and N is the number of elements in the specified range."},
	}
}

// writeRows are the commands that change a list.
func writeRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "LINSERT", Arity: 5, Event: "l:linsert", Flags: cmd.Write | cmd.DenyOOM, Run: linsert,
			Group: "list", Since: "2.2.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)},
			Usage:   "key <BEFORE | AFTER> pivot element",
			Summary: "Insert an element before or after another element in a list",
			Complexity: "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that " +
				"inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the " +
				"right end (tail) is O(N)."},
		{Name: "LREM", Arity: 4, Event: "l:lrem", Flags: cmd.Write, Run: lrem, Group: "list", Since: "1.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:      "key count element",
			Summary:    "Remove elements from a list",
			Complexity: "O(N+M) where N is the length of the list and M is the number of elements removed."},
		{Name: "LSET", Arity: 4, Event: "l:lset", Flags: cmd.Write | cmd.DenyOOM, Run: lset, Group: "list", Since: "1.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyUpdate)},
			Usage:   "key index element",
			Summary: "Set the value of an element in a list by its index",
			Complexity: "O(N) where N is the length of the list. Setting either the first or the last element of the list is " +
				"O(1)."},
		{Name: "LTRIM", Arity: 4, Event: "l:ltrim", Flags: cmd.Write, Run: ltrim, Group: "list", Since: "1.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyDelete)},
			Usage:      "key start stop",
			Summary:    "Trim a list to the specified range",
			Complexity: "O(N) where N is the number of elements to be removed by the operation."},
	}
}

// endRows push and pop at the ends.
func endRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "LMPOP", Arity: -4, Event: "l:lpop", Flags: cmd.Write | cmd.MovableKeys, Nests: true, Run: lmpop,
			Group: "list", Since: "7.0.0",
			Keys:       []cmd.KeySpec{cmd.KeysCounted(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:      "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
			Summary:    "Pop elements from a list",
			Complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned."},
		{Name: "LPOP", Arity: -2, Event: "l:lpop", Flags: cmd.Write | cmd.Fast, Run: lpop, Group: "list", Since: "1.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:      "key [count]",
			Summary:    "Remove and get the first elements in a list",
			Complexity: "O(N) where N is the number of elements returned"},
		{Name: "LPUSH", Arity: -3, Event: "l:lpush", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: lpush,
			Group: "list", Since: "1.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)},
			Usage:   "key element [element ...]",
			Summary: "Prepend one or multiple elements to a list",
			Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
				"arguments."},
		{Name: "LPUSHX", Arity: -3, Event: "l:lpush", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: lpushx,
			Group: "list", Since: "2.2.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)},
			Usage:   "key element [element ...]",
			Summary: "Prepend an element to a list, only if the list exists",
			Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
				"arguments."},
		{Name: "RPOP", Arity: -2, Event: "l:rpop", Flags: cmd.Write | cmd.Fast, Run: rpop, Group: "list", Since: "1.0.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete)},
			Usage:      "key [count]",
			Summary:    "Remove and get the last elements in a list",
			Complexity: "O(N) where N is the number of elements returned"},
		{Name: "RPUSH", Arity: -3, Event: "l:rpush", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: rpush,
			Group: "list", Since: "1.0.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)},
			Usage:   "key element [element ...]",
			Summary: "Append one or multiple elements to a list",
			Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
				"arguments."},
		{Name: "RPUSHX", Arity: -3, Event: "l:rpush", Flags: cmd.Write | cmd.DenyOOM | cmd.Fast, Run: rpushx,
			Group: "list", Since: "2.2.0",
			Keys:    []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyInsert)},
			Usage:   "key element [element ...]",
			Summary: "Append an element to a list, only if the list exists",
			Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
				"arguments."},
	}
}

// moveRows are the commands that take elements from one list to another.
func moveRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "LMOVE", Arity: 5, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM, Run: lmove,
			Group: "list", Since: "6.2.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete),
				cmd.KeyAt(2, cmd.KeyRW|cmd.KeyInsert)},
			Usage:      "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
			Summary:    "Pop an element from a list, push it to another list and return it",
			Complexity: "O(1)"},
		{Name: "LMOVEM", Arity: -5, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM, Run: lmovem,
			Group: "list", Since: "8.10.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete),
				cmd.KeyAt(2, cmd.KeyRW|cmd.KeyInsert)},
			Usage: "source destination <LEFT | RIGHT> <LEFT | RIGHT> [<COUNT count | EXACTLY exactly> <OBO | BULK>]",
			Summary: "Moves up to (or exactly) a number of elements from one list to another and returns them. Deletes the " +
				"source list if it becomes empty.",
			Complexity: "O(N) where N is the number of elements moved."},
		{Name: "RPOPLPUSH", Arity: 3, Event: cmd.OwnEvents, Flags: cmd.Write | cmd.DenyOOM, Run: rpoplpush,
			Group: "list", Since: "1.2.0", DeprecatedSince: "6.2.0", ReplacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete),
				cmd.KeyAt(2, cmd.KeyRW|cmd.KeyInsert)},
			Usage:      "source destination",
			Summary:    "Remove the last element in a list, prepend it to another list and return it",
			Complexity: "O(1)"},
	}
}

// blockRows are the commands that wait for an element.
func blockRows() []cmd.Spec {
	const flags = cmd.Write | cmd.Blocking
	taken, filled := cmd.KeyRW|cmd.KeyAccess|cmd.KeyDelete, cmd.KeyRW|cmd.KeyInsert
	return []cmd.Spec{
		{Name: "BLMOVE", Arity: 6, Event: cmd.OwnEvents, Flags: flags | cmd.DenyOOM, Run: blmove,
			Group: "list", Since: "6.2.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, taken), cmd.KeyAt(2, filled)},
			Usage:      "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
			Summary:    "Pop an element from a list, push it to another list and return it; or block until one is available",
			Complexity: "O(1)"},
		{Name: "BLMOVEM", Arity: -6, Event: cmd.OwnEvents, Flags: flags | cmd.DenyOOM, Run: blmovem,
			Group: "list", Since: "8.10.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, taken), cmd.KeyAt(2, filled)},
			Usage: "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout [<COUNT count | EXACTLY exactly> <OBO | " +
				"BULK>]",
			Summary: "Moves up to (or exactly) a number of elements from one list to another and returns them. Blocks " +
				"until the elements are available otherwise. Deletes the source list if it becomes empty.",
			Complexity: "O(N) where N is the number of elements moved."},
		{Name: "BLMPOP", Arity: -5, Event: "l:lpop", Flags: flags | cmd.MovableKeys, Nests: true, Run: blmpop,
			Group: "list", Since: "7.0.0",
			Keys:       []cmd.KeySpec{cmd.KeysCounted(2, taken)},
			Usage:      "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
			Summary:    "Pop elements from a list, or block until one is available",
			Complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned."},
		{Name: "BLPOP", Arity: -3, Event: "l:lpop", Flags: flags, Run: blpop, Group: "list", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeysFrom(1, -2, 1, taken)},
			Usage:      "key [key ...] timeout",
			Summary:    "Remove and get the first element in a list, or block until one is available",
			Complexity: "O(N) where N is the number of provided keys."},
		{Name: "BRPOP", Arity: -3, Event: "l:rpop", Flags: flags, Run: brpop, Group: "list", Since: "2.0.0",
			Keys:       []cmd.KeySpec{cmd.KeysFrom(1, -2, 1, taken)},
			Usage:      "key [key ...] timeout",
			Summary:    "Remove and get the last element in a list, or block until one is available",
			Complexity: "O(N) where N is the number of provided keys."},
		{Name: "BRPOPLPUSH", Arity: 4, Event: cmd.OwnEvents, Flags: flags | cmd.DenyOOM, Run: brpoplpush,
			Group: "list", Since: "2.2.0", DeprecatedSince: "6.2.0",
			ReplacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
			Keys:       []cmd.KeySpec{cmd.KeyAt(1, taken), cmd.KeyAt(2, filled)},
			Usage:      "source destination timeout",
			Summary:    "Pop an element from a list, push it to another list and return it; or block until one is available",
			Complexity: "O(1)"},
	}
}
