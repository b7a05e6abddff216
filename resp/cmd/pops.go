package cmd

import (
	"math"
	"time"

	"larder/resp/arg"
	"larder/resp/reply"
	"larder/store"
)

// Pops is a command that pops from the first of several keys that is there, or waits for one: LMPOP, BZPOPMIN and their
// like. It belongs to one call.
type Pops struct {
	Type store.Type
	// Side reads from which end; nil if the command's name says it.
	Side func(*arg.Scanner)
	// Pop pops up to count items from the first key that is there. found is false if none is.
	Pop func(names [][]byte, count int64) (answer reply.Reply, found bool)
}

// Now is LMPOP and ZMPOP.
func (p *Pops) Now(c *Call) reply.Reply {
	names, count, err := p.read(c.Scan(1))
	if err != nil {
		return reply.Err(err)
	}
	answer, _ := p.Pop(names, count)
	return answer
}

// Wait is BLMPOP and BZMPOP. The timeout is looked at last, as in Redis.
func (p *Pops) Wait(c *Call) reply.Reply {
	names, count, err := p.read(c.Scan(2))
	if err != nil {
		return reply.Err(err)
	}
	timeout := c.Scan(1)
	limit := timeout.Timeout()
	if err := timeout.Err(); err != nil {
		return reply.Err(err)
	}
	return p.orWait(c, names, count, limit)
}

// WaitOne is BLPOP and its like: keys, then the timeout.
func (p *Pops) WaitOne(c *Call) reply.Reply {
	s := c.Scan(1)
	names := s.Take(s.Left() - 1)
	limit := s.Timeout()
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	return p.orWait(c, names, 1, limit)
}

func (p *Pops) orWait(c *Call, names [][]byte, count int64, limit time.Duration) reply.Reply {
	answer, found := p.Pop(names, count)
	if !found {
		return c.Await(Block{Keys: c.KeysOf(names), Type: p.Type, Limit: limit}, answer)
	}
	return answer
}

// read reads to the end of the arguments.
func (p *Pops) read(s arg.Scanner) (names [][]byte, count int64, err error) {
	names = s.Take(int(s.IntIn(1, math.MaxInt64, "numkeys should be greater than 0")))
	p.Side(&s)
	count = 1
	if s.WordWith("COUNT", 1) {
		count = s.IntIn(1, math.MaxInt64, "count should be greater than 0")
	}
	return names, count, s.End()
}
