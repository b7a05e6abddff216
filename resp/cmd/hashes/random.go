package hashes

import (
	"bytes"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func hrandfield(c *cmd.Call) reply.Reply {
	if len(c.Args) == 2 {
		return randomOne(c)
	}
	n, withValues, err := randomArgs(c.Scan(2))
	if err != nil {
		return reply.Err(err)
	}
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	visit := func(it store.Item) { list.Bytes(it.Field) }
	switch {
	case withValues && c.Proto == 3:
		visit = func(it store.Item) { list.Reply(reply.Of(reply.Bytes(it.Field), reply.Bytes(it.Value))) }
	case withValues:
		visit = func(it store.Item) { list.Bytes(it.Field); list.Bytes(it.Value) }
	}
	if n < 0 {
		return list.End(h.Draw(-n, visit))
	}
	return list.End(h.Sample(n, visit))
}

func randomOne(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	drawn := reply.Nil()
	err = h.Draw(1, func(it store.Item) { drawn = reply.Bytes(bytes.Clone(it.Field)) })
	if err != nil {
		return reply.Err(err)
	}
	return drawn
}

func randomArgs(s arg.Scanner) (n int64, withValues bool, err error) {
	n = s.Int()
	if n == math.MinInt64 {
		s.Fail("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	}
	withValues = s.Word("WITHVALUES")
	if err := s.End(); err != nil {
		return 0, false, err
	}
	// Redis doubles the count for its reply's length.
	if withValues && (n < -math.MaxInt64/2 || n > math.MaxInt64/2) {
		s.Fail("value is out of range")
	}
	return n, withValues, s.Err()
}
