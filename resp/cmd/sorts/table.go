// Package sorts holds SORT and SORT_RO.
package sorts

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
)

const (
	patternNotes = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the " +
		"content of the key we sort"
	storeNotes = "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in " +
		"the argument array"
	complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of " +
		"returned elements. When the elements are not sorted, complexity is O(N)."
	options = "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"
)

// family knows whether keys may lie elsewhere: then patterns may not lead to them.
type family struct{ clustered bool }

// Table returns the rows of the family; clustered says that the server is a node of a cluster.
func Table(clustered bool) []cmd.Spec {
	f := family{clustered}
	source := cmd.KeyAt(1, cmd.KeyRO|cmd.KeyAccess)
	patterns := cmd.KeySpec{Flags: cmd.KeyRO | cmd.KeyAccess, Unknown: true, Notes: patternNotes}
	destination := cmd.KeySpec{Flags: cmd.KeyOW | cmd.KeyUpdate, Unknown: true, Notes: storeNotes}
	categories := []string{"@set", "@sortedset", "@list", "@dangerous"}
	return []cmd.Spec{
		{Name: "SORT", Arity: -2, Event: "l:sortstore", Flags: cmd.Write | cmd.DenyOOM | cmd.MovableKeys | cmd.Looks,
			Keys: []cmd.KeySpec{source, patterns, destination}, MoreKeys: storeKey, Roams: roams, Run: f.sort,
			Categories: categories,
			Group:      "generic", Since: "1.0.0", Usage: options + " [STORE destination]",
			Summary:    "Sorts the elements in a list, a set, or a sorted set, optionally storing the result.",
			Complexity: complexity},
		{Name: "SORT_RO", Arity: -2, Flags: cmd.View | cmd.MovableKeys,
			Keys: []cmd.KeySpec{source, patterns}, Roams: roams, Run: f.sortRO, Categories: categories,
			Group: "generic", Since: "7.0.0", Usage: options,
			Summary: "Returns the sorted elements of a list, a set, or a sorted set.", Complexity: complexity},
	}
}

// storeKey names the key behind STORE, the last of several, as Redis's sortGetKeys does: the
// words behind LIMIT, BY and GET are passed over, whatever they are.
func storeKey(args [][]byte, fn func(i int, f cmd.KeyFlags)) {
	at := 0
	for i := 2; i < len(args); i++ {
		switch {
		case arg.Is(args[i], "LIMIT"):
			i += 2
		case arg.Is(args[i], "BY"), arg.Is(args[i], "GET"):
			i++
		case arg.Is(args[i], "STORE") && i+1 < len(args):
			i++
			at = i
		}
	}
	if at > 0 {
		fn(at, cmd.KeyOW|cmd.KeyUpdate)
	}
}

// roams reports whether a pattern names other keys: only one with a star does.
func roams(args [][]byte) bool {
	for i := 2; i+1 < len(args); i++ {
		if (arg.Is(args[i], "BY") || arg.Is(args[i], "GET")) && bytes.IndexByte(args[i+1], '*') >= 0 {
			return true
		}
	}
	return false
}
