package sets

import (
	"bytes"
	"math"

	"larder/resp/cmd"
	"larder/resp/reply"
)

func spop(c *cmd.Call) reply.Reply {
	if len(c.Args) == 2 {
		return popOne(c)
	}
	s := c.Scan(2)
	n := int64(0)
	if s.Left() == 1 {
		n = s.IntIn(0, math.MaxInt64, "value is out of range, must be positive")
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Set)
	return list.End(set.Pop(n, list.Bytes))
}

func popOne(c *cmd.Call) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	popped := reply.Nil()
	err = set.Pop(1, func(member []byte) { popped = reply.Bytes(bytes.Clone(member)) })
	if err != nil {
		return reply.Err(err)
	}
	return popped
}

func srandmember(c *cmd.Call) reply.Reply {
	return c.Random(func() (cmd.Drawer, error) { return open(c) }, "", nil)
}
