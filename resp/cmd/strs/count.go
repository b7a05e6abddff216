package strs

import (
	"math"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func incr(c *cmd.Call) reply.Reply { return add(c, 1) }
func decr(c *cmd.Call) reply.Reply { return add(c, -1) }

func incrBy(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	n := s.Int()
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	return add(c, n)
}

func decrBy(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	n := s.Int()
	if n == math.MinInt64 {
		s.Fail("decrement would overflow")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	return add(c, -n)
}

func add(c *cmd.Call, n int64) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	sum, err := b.Add(n)
	return unless(err, reply.Integer(sum))
}

func incrByFloat(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	sum, err := b.AddFloat(c.Args[2])
	return unless(err, reply.Text(sum))
}
