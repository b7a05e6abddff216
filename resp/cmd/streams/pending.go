package streams

import (
	"strconv"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// question is what the long form of XPENDING asks for.
type question struct {
	idle     int64
	from, to store.StreamID
	count    int64
	consumer []byte
}

func questionOf(c *cmd.Call) (q question, err error) {
	if n := len(c.Args); n < 6 || n > 9 {
		return q, store.Invalid(arg.SyntaxError)
	}
	s := c.Scan(3)
	if s.Word("IDLE") {
		q.idle = s.Int()
		if s.Err() == nil && len(c.Args) < 8 {
			s.Fail(arg.SyntaxError)
		}
	}
	from, to := s.Bytes(), s.Bytes()
	q.count = max(s.Int(), 0)
	if err := s.Err(); err != nil {
		return q, err
	}
	if q.from, err = lowEnd(from); err != nil {
		return q, err
	}
	if q.to, err = highEnd(to); err != nil {
		return q, err
	}
	if s.More() {
		q.consumer = s.Bytes()
	}
	return q, nil
}

func xpending(c *cmd.Call) reply.Reply {
	var q question
	var err error
	if len(c.Args) > 3 {
		if q, err = questionOf(c); err != nil {
			return reply.Err(err)
		}
	}
	s, err := store.OpenStream(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	g, err := s.Group(c.Args[2])
	switch {
	case err != nil:
		return reply.Err(err)
	case g == nil:
		return noGroup(c)
	case len(c.Args) == 3:
		return totals(c, g)
	}
	return q.answer(c, g)
}

// totals is the short form: how many, from where to where, and whose.
func totals(c *cmd.Call, g *store.StreamGroup) reply.Reply {
	if g.Pending == 0 {
		return reply.Of(reply.Integer(0), reply.Nil(), reply.Nil(), reply.NilArray())
	}
	first, last, err := g.PendingEnds()
	if err != nil {
		return reply.Err(err)
	}
	all, err := g.Consumers()
	if err != nil {
		return reply.Err(err)
	}
	owners := c.List(reply.Array)
	for _, o := range all {
		if o.Pending > 0 {
			owners.Reply(reply.Of(reply.Bytes(o.Name), reply.Text(strconv.FormatInt(o.Pending, 10))))
		}
	}
	return reply.Of(reply.Integer(g.Pending), reply.Text(first.String()), reply.Text(last.String()), owners.Done())
}

func (q *question) answer(c *cmd.Call, g *store.StreamGroup) reply.Reply {
	out, now := c.List(reply.Array), nowMillis(c)
	if q.count == 0 {
		return out.Done()
	}
	for p, err := range g.PendingOf(store.PendingRange{Consumer: q.consumer, From: q.from, To: q.to, Take: q.count}) {
		if err != nil {
			return out.End(err)
		}
		idle := idleTime(p, now)
		if idle < q.idle && !p.Released {
			continue
		}
		out.Reply(reply.Of(reply.Text(p.ID.String()), reply.Bytes(p.Consumer), reply.Integer(idle), reply.Integer(p.Count)))
		if int64(out.Len()) == q.count {
			break // not when another comes: for that it would be fetched
		}
	}
	return out.Done()
}
