package zsets

import (
	"bytes"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func zrandmember(c *cmd.Call) reply.Reply {
	if len(c.Args) == 2 {
		return randomOne(c)
	}
	n, withScores, err := randomArgs(c.Scan(2))
	if err != nil {
		return reply.Err(err)
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	visit := func(it store.Item) { list.Bytes(it.Field) }
	if withScores {
		visit = func(it store.Item) { list.Pair(it.Field, it.Score) }
	}
	if n < 0 {
		err = z.Draw(-n, visit)
	} else {
		err = z.Sample(n, visit)
	}
	return list.End(err)
}

func randomOne(c *cmd.Call) reply.Reply {
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	drawn := reply.Nil()
	err = z.Draw(1, func(it store.Item) { drawn = reply.Bytes(bytes.Clone(it.Field)) })
	if err != nil {
		return reply.Err(err)
	}
	return drawn
}

func randomArgs(s arg.Scanner) (n int64, withScores bool, err error) {
	n = s.Int()
	if n == math.MinInt64 {
		s.Fail("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	}
	withScores = s.Word("WITHSCORES")
	if err := s.End(); err != nil {
		return 0, false, err
	}
	// Redis doubles the count for its reply's length.
	if withScores && (n < -math.MaxInt64/2 || n > math.MaxInt64/2) {
		s.Fail("value is out of range")
	}
	return n, withScores, s.Err()
}
