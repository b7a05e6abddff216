package lists

import (
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func blpop(c *cmd.Call) reply.Reply { return bpop(c, store.Front) }
func brpop(c *cmd.Call) reply.Reply { return bpop(c, store.Back) }

func bpop(c *cmd.Call, end store.ListEnd) reply.Reply {
	p := cmd.Pops{Type: store.List, Pop: func(names [][]byte, _ int64) (reply.Reply, bool) {
		return popFirst(c, names, func(l *store.ListKey) reply.Reply { return popOne(l, end) })
	}}
	return p.WaitOne(c)
}

// popFirst pops from the first of the keys that is there. Keys behind it may hold anything.
func popFirst(c *cmd.Call, names [][]byte, pop func(*store.ListKey) reply.Reply) (answer reply.Reply, found bool) {
	l, at, err := store.FirstList(c.Tx, c.KeysOf(names)...)
	switch {
	case l == nil && err != nil:
		return reply.Err(err), true
	case l == nil:
		return reply.NilArray(), false
	}
	popped := pop(l)
	if popped.IsError() {
		return popped, true
	}
	return reply.Of(reply.Bytes(names[at]), popped), true
}

func lmpop(c *cmd.Call) reply.Reply  { return mpop(c).Now(c) }
func blmpop(c *cmd.Call) reply.Reply { return mpop(c).Wait(c) }

func mpop(c *cmd.Call) *cmd.Pops {
	end := store.Front
	return &cmd.Pops{
		Type: store.List,
		Side: func(s *arg.Scanner) { end = endOf(s) },
		Pop: func(names [][]byte, count int64) (reply.Reply, bool) {
			if end == store.Back {
				c.Event = "l:rpop"
			}
			return popFirst(c, names, func(l *store.ListKey) reply.Reply { return popMany(c, l, end, count) })
		},
	}
}

func await(c *cmd.Call, names [][]byte, limit time.Duration, nothing reply.Reply) reply.Reply {
	return c.Await(cmd.Block{Keys: c.KeysOf(names), Type: store.List, Limit: limit}, nothing)
}

func blmove(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	from := endOf(&s)
	to := endOf(&s)
	return bmove(c, &s, from, to)
}

func brpoplpush(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	return bmove(c, &s, store.Back, store.Front)
}

// bmove waits for its source only: the destination may be anything until then.
func bmove(c *cmd.Call, s *arg.Scanner, from, to store.ListEnd) reply.Reply {
	limit := s.Timeout()
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	answer, ok := move(c, from, to)
	if !ok {
		return await(c, c.Args[1:2], limit, answer)
	}
	return answer
}
