package zsets

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func zadd(c *cmd.Call) reply.Reply { return add(c, store.ZRule{}) }

// zincrby is ZADD with INCR, so far that Redis takes ZADD's options here too.
func zincrby(c *cmd.Call) reply.Reply { return add(c, store.ZRule{Incr: true}) }

func add(c *cmd.Call, rule store.ZRule) reply.Reply {
	s := c.Scan(2)
	countChanged := readRule(&s, &rule)
	members, err := readMembers(&s, rule)
	if err != nil {
		return reply.Err(err)
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if rule.Incr {
		c.Event = "z:zincr"
	}
	done, err := z.Add(rule, members...)
	switch {
	case err != nil:
		return reply.Err(err)
	case rule.Incr && done.Applied:
		return reply.Float(done.Score)
	case rule.Incr:
		return reply.Nil()
	case countChanged:
		return reply.Integer(done.Added + done.Changed)
	}
	return reply.Integer(done.Added)
}

func readRule(s *arg.Scanner, rule *store.ZRule) (countChanged bool) {
	for {
		switch {
		case s.Word("NX"):
			rule.NX = true
		case s.Word("XX"):
			rule.XX = true
		case s.Word("GT"):
			rule.GT = true
		case s.Word("LT"):
			rule.LT = true
		case s.Word("INCR"):
			rule.Incr = true
		case s.Word("CH"):
			countChanged = true
		default:
			return countChanged
		}
	}
}

// readMembers reads the pairs of score and member, after the checks Redis makes first.
func readMembers(s *arg.Scanner, rule store.ZRule) ([]store.Item, error) {
	n := s.Left()
	switch {
	case n == 0 || n%2 == 1:
		s.Fail(arg.SyntaxError)
	case rule.NX && rule.XX:
		s.Fail("XX and NX options at the same time are not compatible")
	case rule.NX && (rule.GT || rule.LT) || rule.GT && rule.LT:
		s.Fail("GT, LT, and/or NX options at the same time are not compatible")
	case rule.Incr && n > 2:
		s.Fail("INCR option supports a single increment-element pair")
	}
	members := make([]store.Item, 0, n/2)
	for s.More() {
		score := s.Float()
		members = append(members, store.Item{Score: score, Field: s.Bytes()})
	}
	return members, s.Err()
}

func zrem(c *cmd.Call) reply.Reply {
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	n, err := z.Remove(c.Args[2:]...)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}
