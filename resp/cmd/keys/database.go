package keys

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func dbSize(c *cmd.Call) reply.Reply {
	n, err := c.Tx.Size(c.DB)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// parseFlush takes ASYNC and SYNC; they make no difference, as flushing is O(1).
func parseFlush(s arg.Scanner) error {
	if s.More() && !s.Word("ASYNC") && !s.Word("SYNC") {
		s.Fail(arg.SyntaxError)
	}
	return s.End()
}

func flushDB(c *cmd.Call) reply.Reply {
	if err := parseFlush(c.Scan(1)); err != nil {
		return reply.Err(err)
	}
	if err := c.Tx.Flush(c.DB); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func (f *family) flushAll(c *cmd.Call) reply.Reply {
	if err := parseFlush(c.Scan(1)); err != nil {
		return reply.Err(err)
	}
	for db := range f.host.Databases() {
		if err := c.Tx.Flush(db); err != nil {
			return reply.Err(err)
		}
	}
	return reply.OK()
}

func (f *family) swapDB(c *cmd.Call) reply.Reply {
	if f.host.Clustered() {
		return reply.Fail("ERR SWAPDB is not allowed in cluster mode")
	}
	s := c.Scan(1)
	a := s.IntIn(math.MinInt32, math.MaxInt32, "invalid first DB index")
	b := s.IntIn(math.MinInt32, math.MaxInt32, "invalid second DB index")
	if limit := int64(f.host.Databases()); a < 0 || a >= limit || b < 0 || b >= limit {
		s.Fail(outOfRange)
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	if a == b {
		return reply.OK()
	}
	if err := c.Tx.Swap(int(a), int(b)); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}
