package zsets

import (
	"bytes"
	"math"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func bzpopmin(c *cmd.Call) reply.Reply { return bpop(c, false) }
func bzpopmax(c *cmd.Call) reply.Reply { return bpop(c, true) }

// bpop pops from the first of its keys that is there, or waits for one. Its answer is flat
// in either protocol.
func bpop(c *cmd.Call, highest bool) reply.Reply {
	s := c.Scan(1)
	names := s.Take(s.Left() - 1)
	limit := s.Timeout()
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	name, z, err := firstZSet(c, names)
	switch {
	case err != nil:
		return reply.Err(err)
	case z == nil:
		return await(c, names, limit)
	}
	var answer reply.Reply
	err = z.Pop(highest, 1, func(member []byte, score float64) {
		answer = reply.Of(reply.Bytes(name), reply.Bytes(bytes.Clone(member)), reply.Float(score))
	})
	if err != nil {
		return reply.Err(err)
	}
	return answer
}

// firstZSet opens the first of the keys that is there; nil if none is. Keys behind it may
// hold anything.
func firstZSet(c *cmd.Call, names [][]byte) ([]byte, *store.ZSetKey, error) {
	z, at, err := store.FirstZSet(c.Tx, c.KeysOf(names)...)
	if z == nil {
		return nil, nil, err
	}
	return names[at], z, nil
}

func await(c *cmd.Call, names [][]byte, limit time.Duration) reply.Reply {
	return c.Await(cmd.Block{Keys: c.KeysOf(names), Type: store.ZSet, Limit: limit}, reply.NilArray())
}

// bzmpop looks at its timeout last, as Redis does.
func bzmpop(c *cmd.Call) reply.Reply {
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
		return await(c, p.names, limit)
	}
	return answer
}

// pops are the arguments that ZMPOP and BZMPOP share.
type pops struct {
	names   [][]byte
	highest bool
	count   int64
}

// readPops reads to the end of the arguments.
func readPops(s *arg.Scanner) pops {
	p := pops{count: 1}
	p.names = s.Take(int(s.IntIn(1, math.MaxInt64, "numkeys should be greater than 0")))
	p.highest = s.Word("MAX")
	if !p.highest && !s.Word("MIN") {
		s.Fail(arg.SyntaxError)
	}
	if s.WordWith("COUNT", 1) {
		p.count = s.IntIn(1, math.MaxInt64, "count should be greater than 0")
	}
	_ = s.End() // it stays in the scanner
	return p
}

// run pops from the first key that is there. ok is false if there is none.
func (p *pops) run(c *cmd.Call) (answer reply.Reply, ok bool) {
	if p.highest {
		c.Event = "z:zpopmax"
	}
	name, z, err := firstZSet(c, p.names)
	switch {
	case err != nil:
		return reply.Err(err), true
	case z == nil:
		return reply.NilArray(), false
	}
	return popPairs(c, z, name, p.highest, p.count), true
}
