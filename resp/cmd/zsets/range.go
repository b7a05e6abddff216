package zsets

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// by is what a range is told by.
type by uint8

const (
	byAny by = iota // by rank, unless options say otherwise
	byRank
	byScore
	byLex
)

// selection is a range of a sorted set as a command names it. It belongs to one call.
type selection struct {
	by         by
	anyWay     bool // REV may turn it
	reverse    bool
	stores     bool
	withScores bool

	offset, count int64 // LIMIT
	start, stop   int64 // by rank
	lo, hi        store.Bound
	lex           store.LexRange
}

// read reads the key's range from argument at+1 on, the key being argument at.
func (r *selection) read(c *cmd.Call, at int) error {
	if err := r.readOptions(c.Scan(at + 3)); err != nil {
		return err
	}
	low, high := c.Args[at+1], c.Args[at+2]
	if r.reverse && r.by != byRank {
		low, high = high, low
	}
	var err error
	switch r.by {
	case byScore:
		r.lo, r.hi, err = scoreBounds(low, high)
	case byLex:
		r.lex, err = lexRange(low, high)
	default:
		s := arg.New([][]byte{low, high})
		r.start, r.stop = s.Int(), s.Int()
		err = s.Err()
	}
	return err
}

func (r *selection) readOptions(s arg.Scanner) error {
	r.count = -1
	for s.More() {
		switch {
		case !r.stores && s.Word("WITHSCORES"):
			r.withScores = true
		case s.WordWith("LIMIT", 2):
			r.offset, r.count = s.Int(), s.Int()
		case r.anyWay && s.Word("REV"):
			r.anyWay, r.reverse = false, true
		case r.by == byAny && s.Word("BYLEX"):
			r.by = byLex
		case r.by == byAny && s.Word("BYSCORE"):
			r.by = byScore
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if r.by == byAny {
		r.by = byRank
	}
	switch {
	case r.count != -1 && r.by == byRank:
		s.Fail("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	case r.withScores && r.by == byLex:
		s.Fail("syntax error, WITHSCORES not supported in combination with BYLEX")
	}
	return s.Err()
}

// find resolves the selection on a set; ok is false when it is empty.
func (r *selection) find(z *store.ZSetKey) (found store.Range, ok bool, err error) {
	switch r.by {
	case byScore:
		found, ok = store.ScoreRange(r.lo, r.hi, r.reverse)
	case byLex:
		found, ok, err = z.ByLex(r.lex, r.reverse)
	default:
		found, ok = z.ByRank(r.start, r.stop, r.reverse)
		return found, ok, nil
	}
	if err != nil || !ok {
		return found, false, err
	}
	found, ok = store.Page(found, r.offset, r.count)
	return found, ok, nil
}

func zrange(c *cmd.Call) reply.Reply    { return answer(c, selection{anyWay: true}) }
func zrevrange(c *cmd.Call) reply.Reply { return answer(c, selection{by: byRank, reverse: true}) }

func zrangebyscore(c *cmd.Call) reply.Reply { return answer(c, selection{by: byScore}) }
func zrangebylex(c *cmd.Call) reply.Reply   { return answer(c, selection{by: byLex}) }

func zrevrangebyscore(c *cmd.Call) reply.Reply {
	return answer(c, selection{by: byScore, reverse: true})
}

func zrevrangebylex(c *cmd.Call) reply.Reply {
	return answer(c, selection{by: byLex, reverse: true})
}

func answer(c *cmd.Call, r selection) reply.Reply {
	z, found, ok, err := open(c, &r, 1)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	if !ok {
		return list.Done()
	}
	for it, err := range z.Members(found) {
		switch {
		case err != nil:
			return reply.Err(err)
		case r.withScores:
			list.Pair(it.Field, it.Score)
		default:
			list.Bytes(it.Field)
		}
	}
	return list.Done()
}

// open reads a selection, opens its set at argument at and finds the range.
func open(c *cmd.Call, r *selection, at int) (z *store.ZSetKey, found store.Range, ok bool, err error) {
	if err = r.read(c, at); err != nil {
		return nil, found, false, err
	}
	if z, err = store.OpenZSet(c.Tx, c.Key(at)); err != nil {
		return nil, found, false, err
	}
	found, ok, err = r.find(z)
	return z, found, ok, err
}

func zrangestore(c *cmd.Call) reply.Reply {
	z, found, ok, err := open(c, &selection{anyWay: true, stores: true}, 2)
	if err != nil {
		return reply.Err(err)
	}
	members := z.Members(found)
	if !ok {
		members = func(func(store.Item, error) bool) {}
	}
	n, err := store.StoreZSet(c.Tx, c.Key(1), members)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func zcount(c *cmd.Call) reply.Reply {
	return over(c, byScore, (*store.ZSetKey).Count)
}

func zlexcount(c *cmd.Call) reply.Reply {
	return over(c, byLex, (*store.ZSetKey).Count)
}

func zremrangebyrank(c *cmd.Call) reply.Reply {
	return over(c, byRank, (*store.ZSetKey).RemoveRange)
}

func zremrangebyscore(c *cmd.Call) reply.Reply {
	return over(c, byScore, (*store.ZSetKey).RemoveRange)
}

func zremrangebylex(c *cmd.Call) reply.Reply {
	return over(c, byLex, (*store.ZSetKey).RemoveRange)
}

// over answers the number that what makes of a range.
func over(c *cmd.Call, kind by, what func(*store.ZSetKey, store.Range) (int64, error)) reply.Reply {
	z, found, ok, err := open(c, &selection{by: kind}, 1)
	n := int64(0)
	if err == nil && ok {
		n, err = what(z, found)
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}
