package streams

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// refsOf reads what becomes of references to entries that go.
func refsOf(s *arg.Scanner) (r store.Refs, found bool) {
	switch {
	case s.Word("KEEPREF"):
		return store.KeepRefs, true
	case s.Word("DELREF"):
		return store.DropRefs, true
	case s.Word("ACKED"):
		return store.OnlyAcked, true
	}
	return store.KeepRefs, false
}

// referred reads what XDELEX and XACKDEL take: what becomes of references, and a block of ids, in either order.
func referred(s *arg.Scanner) (mode store.Refs, ids []store.StreamID, err error) {
	chosen := false
	for s.More() {
		r, found := refsOf(s)
		switch {
		case found && !chosen:
			mode, chosen = r, true
		case !found && ids == nil && s.WordWith("IDS", 1):
			ids = idBlock(s)
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if ids == nil {
		s.Fail(arg.SyntaxError)
	}
	return mode, ids, s.Err()
}

// idBlock reads a number of ids and the ids.
func idBlock(s *arg.Scanner) []store.StreamID {
	n := s.IntOr("Number of IDs must be a positive integer")
	if s.Err() == nil && n < 1 {
		s.Fail("Number of IDs must be a positive integer")
	}
	if s.Err() == nil && n > int64(s.Left()) {
		s.Fail("The `numids` parameter must match the number of arguments")
	}
	if s.Err() != nil {
		return nil
	}
	ids := make([]store.StreamID, n)
	for i := range ids {
		ids[i] = idFrom(s, 0)
	}
	return ids
}

func xdelex(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	mode, ids, err := referred(&s)
	return removals(c, err, func(stream *store.StreamKey) ([]store.Removal, error) {
		return stream.DeleteRefs(mode, ids...)
	})
}

func xackdel(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	mode, ids, err := referred(&s)
	return removals(c, err, func(stream *store.StreamKey) ([]store.Removal, error) {
		return stream.AcknowledgeDelete(c.Args[2], mode, ids...)
	})
}

// removals answers what became of each entry, and tells that some went.
func removals(c *cmd.Call, err error, remove func(*store.StreamKey) ([]store.Removal, error)) reply.Reply {
	if err != nil {
		return reply.Err(err)
	}
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	before := stream.Len()
	all, err := remove(stream)
	if err != nil {
		return reply.Err(err)
	}
	if stream.Len() < before {
		c.Notify("t:xdel", c.Key(1))
	}
	out := c.List(reply.Array)
	for _, r := range all {
		out.Reply(reply.Integer(int64(r)))
	}
	return out.Done()
}
