package servers

import (
	"context"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func (f *family) waitRows() []cmd.Spec {
	tips := []string{"request_policy:all_shards", "response_policy:agg_min"}
	return []cmd.Spec{
		{Name: "WAIT", Arity: 3, Flags: cmd.NoScript, Run: wait,
			Group: "generic", Since: "3.0.0", Usage: "numreplicas timeout", Tips: tips, Categories: []string{"@connection"},
			Summary: "Blocks until the asynchronous replication of all preceding write commands sent by the connection is " +
				"completed.", Complexity: "O(1)"},
		{Name: "WAITAOF", Arity: 4, Flags: cmd.NoScript, Run: f.waitAOF,
			Group: "generic", Since: "7.2.0", Usage: "numlocal numreplicas timeout", Tips: tips,
			Categories: []string{"@connection"},
			Summary: "Blocks until all of the preceding write commands sent by the connection are written to the append-only " +
				"file of the master and/or replicas.", Complexity: "O(1)"},
	}
}

// wait has no replicas to wait for, nor will there be any before the timeout.
func wait(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	s.Int()
	readTimeout(&s)
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(0)
}

func readTimeout(s *arg.Scanner) {
	if s.IntOr("timeout is not an integer or out of range") < 0 {
		s.Fail("timeout is negative")
	}
}

// waitAOF syncs what stands for the append-only file, if its caller wants to wait for it.
func (f *family) waitAOF(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	local := s.IntIn(0, 1, "value is out of range, value must between 0 and 1")
	s.IntIn(0, math.MaxInt64, "value is out of range, must be positive")
	readTimeout(&s)
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	if local == 1 {
		if err := f.host.Sync(context.Background()); err != nil {
			return reply.Err(err)
		}
	}
	return reply.Of(reply.Integer(local), reply.Integer(0))
}
