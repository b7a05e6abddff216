package bits

import (
	"strings"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// operation reads what BITOP is to do with n sources.
func operation(word []byte, n int) (store.BitOp, error) {
	var op store.BitOp
	switch name := strings.ToUpper(string(word)); name {
	case "AND":
		op = store.BitAnd
	case "OR":
		op = store.BitOr
	case "XOR":
		op = store.BitXor
	case "ONE":
		op = store.BitOne
	case "NOT":
		if op = store.BitNot; n != 1 {
			return 0, store.Invalid("BITOP NOT must be called with a single source key.")
		}
	case "DIFF", "DIFF1", "ANDOR":
		op = map[string]store.BitOp{"DIFF": store.BitDiff, "DIFF1": store.BitDiff1, "ANDOR": store.BitAndOr}[name]
		if n < 2 {
			return 0, store.Invalid("BITOP " + name + " must be called with at least two source keys.")
		}
	default:
		return 0, store.Invalid(arg.SyntaxError)
	}
	return op, nil
}

func bitOp(c *cmd.Call) reply.Reply {
	op, err := operation(c.Args[1], len(c.Args)-3)
	if err != nil {
		return reply.Err(err)
	}
	n, err := store.CombineBits(c.Tx, op, c.Key(2), c.KeysFrom(3)...)
	return unless(err, reply.Integer(n))
}
