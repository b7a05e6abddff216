package lists

import (
	"math"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func blpop(c *cmd.Call) reply.Reply { return bpop(c, store.Front) }
func brpop(c *cmd.Call) reply.Reply { return bpop(c, store.Back) }

// bpop pops from the first of its keys that is there, or waits for one.
func bpop(c *cmd.Call, end store.ListEnd) reply.Reply {
	s := c.Scan(1)
	names := s.Take(s.Left() - 1)
	limit := s.Timeout()
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	name, l, err := firstList(c, names)
	switch {
	case err != nil:
		return reply.Err(err)
	case l == nil:
		return await(c, names, limit, reply.NilArray())
	}
	popped := popOne(l, end)
	if popped.IsError() {
		return popped
	}
	return reply.Of(reply.Bytes(name), popped)
}

// firstList opens the first of the keys that is there; nil if none is. Keys behind it may
// hold anything.
func firstList(c *cmd.Call, names [][]byte) ([]byte, *store.ListKey, error) {
	l, at, err := store.FirstList(c.Tx, c.KeysOf(names)...)
	if l == nil {
		return nil, nil, err
	}
	return names[at], l, nil
}

func await(c *cmd.Call, names [][]byte, limit time.Duration, nothing reply.Reply) reply.Reply {
	return c.Await(cmd.Block{Keys: c.KeysOf(names), Type: store.List, Limit: limit}, nothing)
}

// blmpop looks at its timeout last, as Redis does.
func blmpop(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	p := readPops(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	timeout := c.Scan(1)
	limit := timeout.Timeout()
	if err := timeout.Err(); err != nil {
		return reply.Err(err)
	}
	answer, ok := p.run(c)
	if !ok {
		return await(c, p.names, limit, answer)
	}
	return answer
}

// pops are the arguments that LMPOP and BLMPOP share.
type pops struct {
	names [][]byte
	end   store.ListEnd
	count int64
}

// readPops reads to the end of the arguments.
func readPops(s *arg.Scanner) pops {
	p := pops{count: 1}
	p.names = s.Take(int(s.IntIn(1, math.MaxInt64, "numkeys should be greater than 0")))
	p.end = endOf(s)
	if s.WordWith("COUNT", 1) {
		p.count = s.IntIn(1, math.MaxInt64, "count should be greater than 0")
	}
	_ = s.End() // it stays in the scanner
	return p
}

// run pops from the first key that is there. ok is false if there is none.
func (p *pops) run(c *cmd.Call) (answer reply.Reply, ok bool) {
	if p.end == store.Back {
		c.Event = "l:rpop"
	}
	name, l, err := firstList(c, p.names)
	switch {
	case err != nil:
		return reply.Err(err), true
	case l == nil:
		return reply.NilArray(), false
	}
	popped := popMany(c, l, p.end, p.count)
	if popped.IsError() {
		return popped, true
	}
	return reply.Of(reply.Bytes(name), popped), true
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
