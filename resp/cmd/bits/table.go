// Package bits holds the commands that take strings for bitmaps: SETBIT, BITCOUNT, BITOP, BITFIELD and their kin.
package bits

import (
	"larder/resp/arg"
	"larder/resp/cmd"
)

const (
	group  = "bitmap"
	linear = "O(N)"
	fields = "O(1) for each subcommand specified"
)

func one(f cmd.KeyFlags) []cmd.KeySpec { return []cmd.KeySpec{cmd.KeyAt(1, f)} }

// fieldUse tells what BITFIELD does with its key: it only reads it where nothing but GET is asked for.
func fieldUse(line [][]byte) cmd.KeyFlags {
	for i := 2; i < len(line); i++ {
		switch left := len(line) - i - 1; {
		case left >= 2 && arg.Is(line[i], "GET"):
			i += 2
		case left >= 1 && arg.Is(line[i], "OVERFLOW"):
			i++
		default:
			return cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate
		}
	}
	return cmd.KeyRO | cmd.KeyAccess
}

// Table returns the rows of the family.
func Table() []cmd.Spec {
	return []cmd.Spec{
		{Name: "BITCOUNT", Arity: -2, Flags: cmd.View, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: bitCount, Group: group,
			Since: "2.6.0",
			Usage: "key [start end [BYTE | BIT]]", Summary: "Counts the number of set bits (population counting) in a string.",
			Complexity: linear},
		{Name: "BITFIELD", Arity: -2, Event: "$:setbit", Flags: cmd.Write | cmd.DenyOOM, KeyUse: fieldUse, Run: bitField,
			Group: group, Since: "3.2.0",
			Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW|cmd.KeyAccess|cmd.KeyUpdate|cmd.KeyVariable).
				Noted("This command allows both access and modification of the key")},
			Usage: "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding " +
				"offset increment> " +
				"[GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset " +
				"increment> ...]]",
			Summary:    "Performs arbitrary bitfield integer operations on strings.",
			Complexity: fields},
		{Name: "BITFIELD_RO", Arity: -2, Flags: cmd.View | cmd.Fast, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: bitFieldRO,
			Group: group, Since: "6.0.0",
			Usage:      "key [GET encoding offset [GET encoding offset ...]]",
			Summary:    "Performs arbitrary read-only bitfield integer operations on strings.",
			Complexity: fields},
		{Name: "BITOP", Arity: -4, Event: "$:set", Flags: cmd.Write | cmd.Looks | cmd.DenyOOM, Run: bitOp, Group: group,
			Since:      "2.6.0",
			Keys:       []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyOW|cmd.KeyUpdate), cmd.KeysFrom(3, -1, 1, cmd.KeyRO|cmd.KeyAccess)},
			Usage:      "<AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]",
			Summary:    "Performs bitwise operations on multiple strings, and stores the result.",
			Complexity: linear},
		{Name: "BITPOS", Arity: -3, Flags: cmd.View, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: bitPos, Group: group,
			Since: "2.8.7",
			Usage: "key bit [start [end [BYTE | BIT]]]", Summary: "Finds the first set (1) or clear (0) bit in a string.",
			Complexity: linear},
		{Name: "GETBIT", Arity: 3, Flags: cmd.View | cmd.Fast, Keys: one(cmd.KeyRO | cmd.KeyAccess), Run: getBit,
			Group: group, Since: "2.2.0",
			Usage: "key offset", Summary: "Returns a bit value by offset.",
			Complexity: "O(1)"},
		{Name: "SETBIT", Arity: 4, Event: "$:setbit", Flags: cmd.Write | cmd.DenyOOM,
			Keys: one(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Run: setBit, Group: group, Since: "2.2.0",
			Usage: "key offset value", Summary: "Sets or clears the bit at offset of the string value. Creates the key if it " +
				"doesn't exist.",
			Complexity: "O(1)"},
	}
}
