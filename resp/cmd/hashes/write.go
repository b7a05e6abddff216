package hashes

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func hset(c *cmd.Call) reply.Reply {
	return setPairs(c, func(added int64) reply.Reply { return reply.Integer(added) })
}

func hmset(c *cmd.Call) reply.Reply {
	return setPairs(c, func(int64) reply.Reply { return reply.OK() })
}

func setPairs(c *cmd.Call, answer func(added int64) reply.Reply) reply.Reply {
	words := c.Args[2:]
	if len(words)%2 != 0 {
		return c.WrongArity()
	}
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	pairs := make([]store.Item, len(words)/2)
	for i := range pairs {
		pairs[i] = store.Item{Field: words[2*i], Value: words[2*i+1]}
	}
	added, err := h.Set(pairs...)
	if err != nil {
		return reply.Err(err)
	}
	return answer(added)
}

func hsetnx(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	written, err := h.SetNew(c.Args[2], c.Args[3])
	if err != nil {
		return reply.Err(err)
	}
	return reply.Truth(written)
}

func hdel(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	n, err := h.Remove(c.Args[2:]...)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func hincrby(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	n := s.Int()
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	sum, err := h.Add(c.Args[2], n)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(sum)
}

func hincrbyfloat(c *cmd.Call) reply.Reply {
	by, ok := store.ParseLongDouble(c.Args[3])
	switch {
	case !ok:
		return reply.Fail("ERR value is not a valid float")
	case !by.Finite():
		return reply.Fail("ERR value is NaN or Infinity")
	}
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	sum, err := h.AddFloat(c.Args[2], by)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Text(sum)
}
