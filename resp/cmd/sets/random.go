package sets

import (
	"bytes"
	"math"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
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
	if len(c.Args) == 2 {
		return randomOne(c)
	}
	s := c.Scan(2)
	n := int64(0)
	if s.Left() == 1 {
		if n = s.Int(); n == math.MinInt64 {
			s.Fail("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		}
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	visit := func(it store.Item) { list.Bytes(it.Field) }
	if n < 0 {
		return list.End(set.Draw(-n, visit))
	}
	return list.End(set.Sample(n, visit))
}

func randomOne(c *cmd.Call) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	drawn := reply.Nil()
	err = set.Draw(1, func(it store.Item) { drawn = reply.Bytes(bytes.Clone(it.Field)) })
	if err != nil {
		return reply.Err(err)
	}
	return drawn
}
