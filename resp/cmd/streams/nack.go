package streams

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// giving is what XNACK asks for.
type giving struct {
	silent, fatal bool  // one delivery less, and as many as there can be
	count         int64 // what becomes the number of deliveries, negative for what follows from the mode
	force         bool  // entries that are not pending, too
	ids           []store.StreamID
}

func givingOf(c *cmd.Call) (n giving, err error) {
	s := c.Scan(3)
	n.count = -1
	switch {
	case s.Word("SILENT"):
		n.silent = true
	case s.Word("FATAL"):
		n.fatal = true
	case !s.Word("FAIL"):
		s.Fail(arg.SyntaxError)
	}
	if s.Err() == nil && !s.WordWith("IDS", 1) {
		s.Fail(arg.SyntaxError)
	}
	n.ids = idBlock(&s)
	for s.More() {
		switch {
		case s.Word("FORCE"):
			n.force = true
		case s.WordWith("RETRYCOUNT", 1):
			if n.count = s.Int(); n.count < 0 {
				s.Fail("RETRYCOUNT must be >= 0")
			}
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return n, s.Err()
}

// xnack gives pending entries back to their group.
func xnack(c *cmd.Call) reply.Reply {
	n, err := givingOf(c)
	if err != nil {
		return reply.Err(err)
	}
	var cl claim
	if refusal := cl.open(c); cl.group == nil {
		return refusal
	}
	given, left := int64(0), n.ids
	for len(left) > 0 {
		some := left[:min(len(left), page)]
		left = left[len(some):]
		entries, err := cl.load(some)
		if err != nil {
			return reply.Err(err)
		}
		for _, e := range entries {
			if n.give(cl.group, e) {
				given++
			}
		}
	}
	if given == 0 {
		return reply.Integer(0)
	}
	if err := cl.group.Save(); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(given)
}

// give gives one entry back; false if it was not to be.
func (n *giving) give(g *store.StreamGroup, e candidate) bool {
	p, pending := g.Waiting(e.ID)
	count := p.Count
	switch {
	case !pending && !(n.force && e.there):
		return false
	case n.count >= 0:
		count = n.count
	case n.fatal:
		count = math.MaxInt64
	case n.silent:
		count = max(count-1, 0)
	}
	g.Release(e.ID, count)
	return true
}

// idleTime is how long an entry has been with its consumer, -1 if it was given back.
func idleTime(p store.StreamPending, now int64) int64 {
	if p.Released {
		return -1
	}
	return max(now-p.Delivered, 0)
}
