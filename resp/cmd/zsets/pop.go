package zsets

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func zpopmin(c *cmd.Call) reply.Reply { return pop(c, false) }
func zpopmax(c *cmd.Call) reply.Reply { return pop(c, true) }

// pop answers flat, but with a count in RESP3 in pairs.
func pop(c *cmd.Call, highest bool) reply.Reply {
	s := c.Scan(2)
	counted, n := s.More(), int64(1)
	if s.Left() > 1 {
		s.Fail(arg.SyntaxError)
	}
	if counted {
		n = s.IntIn(0, math.MaxInt64, "value is out of range, must be positive")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	visit := func(member []byte, score float64) {
		list.Bytes(member)
		list.Float(score)
	}
	if counted {
		visit = list.Pair
	}
	if err := z.Pop(highest, n, visit); err != nil {
		return reply.Err(err)
	}
	return list.Done()
}
