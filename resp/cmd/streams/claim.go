package streams

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// claim is what XCLAIM and XAUTOCLAIM ask for.
type claim struct {
	stream    *store.StreamKey
	group     *store.StreamGroup
	consumer  *store.StreamConsumer
	idle      int64 // least idle time of what is claimed
	now       int64
	delivered int64 // what becomes the time of delivery
	count     int64 // what becomes the number of deliveries, negative for one more
	force     bool
	justID    bool
	last      store.StreamID
}

func noGroup(c *cmd.Call) reply.Reply {
	return reply.Failf("NOGROUP No such key '%s' or consumer group '%s'", c.Args[1], c.Args[2])
}

// open opens what the first arguments name; without a group there is a reply.
func (cl *claim) open(c *cmd.Call) reply.Reply {
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
	}
	cl.stream, cl.group, cl.now, cl.count = s, g, nowMillis(c), -1
	cl.delivered = cl.now
	return reply.Nothing()
}

func (cl *claim) join(c *cmd.Call) error {
	consumer, created, err := cl.group.Join(c.Args[3], cl.now)
	if created {
		c.Notify("t:xgroup-createconsumer", c.Key(1))
	}
	cl.consumer = consumer
	return err
}

// minIdle is the argument behind the consumer.
func minIdle(c *cmd.Call, name string) (int64, error) {
	n, ok := arg.ParseInt(c.Args[4])
	if !ok {
		return 0, store.Invalid("Invalid min-idle-time argument for " + name)
	}
	return max(n, 0), nil
}

func xack(c *cmd.Call) reply.Reply {
	s, err := store.OpenStream(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	g, err := s.Group(c.Args[2])
	switch {
	case err != nil:
		return reply.Err(err)
	case g == nil:
		return reply.Integer(0)
	}
	scan := c.Scan(3)
	var ids []store.StreamID
	for scan.More() {
		ids = append(ids, idFrom(&scan, 0))
	}
	if err := scan.Err(); err != nil {
		return reply.Err(err)
	}
	n, err := g.Acknowledge(ids...)
	if err == nil && n > 0 {
		err = g.Save()
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func xclaim(c *cmd.Call) reply.Reply {
	var cl claim
	if refusal := cl.open(c); cl.group == nil {
		return refusal
	}
	var err error
	if cl.idle, err = minIdle(c, "XCLAIM"); err != nil {
		return reply.Err(err)
	}
	s := c.Scan(5)
	var ids []store.StreamID
	for s.More() {
		id, ok := store.ParseStreamID(string(s.Peek()), 0)
		if !ok {
			break
		}
		s.Bytes()
		ids = append(ids, id)
	}
	for s.More() {
		cl.option(&s)
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	return cl.run(c, ids)
}

// option reads one of XCLAIM's.
func (cl *claim) option(s *arg.Scanner) {
	switch {
	case s.Word("FORCE"):
		cl.force = true
	case s.Word("JUSTID"):
		cl.justID = true
	case s.WordWith("IDLE", 1):
		cl.delivered = cl.now - s.IntOr("Invalid IDLE option argument for XCLAIM")
	case s.WordWith("TIME", 1):
		cl.delivered = s.IntOr("Invalid TIME option argument for XCLAIM")
	case s.WordWith("RETRYCOUNT", 1):
		cl.count = s.IntOr("Invalid RETRYCOUNT option argument for XCLAIM")
	case s.WordWith("LASTID", 1):
		cl.last = idFrom(s, 0)
	default:
		s.Fail("Unrecognized XCLAIM option '" + reply.Quote(s.Bytes()) + "'")
	}
	if cl.delivered < 0 || cl.delivered > cl.now {
		cl.delivered = cl.now
	}
}

func (cl *claim) run(c *cmd.Call, ids []store.StreamID) reply.Reply {
	if cl.last.Compare(cl.group.Last) > 0 {
		cl.group.Last = cl.last
	}
	if err := cl.join(c); err != nil {
		return reply.Err(err)
	}
	out := c.List(reply.Array)
	for len(ids) > 0 {
		some := ids[:min(len(ids), page)]
		ids = ids[len(some):]
		entries, err := cl.load(some)
		if err != nil {
			return out.End(err)
		}
		for _, e := range entries {
			cl.take(out, e)
		}
	}
	return out.End(cl.group.Save())
}

// candidate is an entry that may be claimed.
type candidate struct {
	store.StreamEntry
	there bool // in the stream
}

// load readies entries to be taken, and writes what became of those before.
func (cl *claim) load(ids []store.StreamID) ([]candidate, error) {
	if err := cl.group.Flush(); err != nil {
		return nil, err
	}
	if err := cl.group.Load(ids...); err != nil {
		return nil, err
	}
	entries, there, err := cl.stream.Entries(ids...)
	all := make([]candidate, len(entries))
	for i, e := range entries {
		all[i] = candidate{e, there[i]}
		all[i].ID = ids[i]
	}
	return all, err
}

// take claims one entry if that is allowed; gone says that it was deleted from the stream: then it is
// no longer pending either.
func (cl *claim) take(out *reply.List, e candidate) (gone bool) {
	if !e.there {
		return cl.group.Finish(e.ID)
	}
	p, there := cl.group.Waiting(e.ID)
	if !there && !cl.force || there && cl.idle > 0 && cl.now-p.Delivered < cl.idle {
		return false
	}
	p.ID, p.Delivered = e.ID, cl.delivered
	switch {
	case cl.count >= 0:
		p.Count = cl.count
	case !cl.justID:
		p.Count = p.Again()
	case !there:
		p.Count = 1
	}
	cl.consumer.Active = cl.now
	if cl.justID {
		out.Reply(reply.Text(e.ID.String()))
	} else {
		out.Reply(entry(e.StreamEntry))
	}
	cl.group.Deliver(p, cl.consumer)
	return false
}

func xautoclaim(c *cmd.Call) reply.Reply {
	idle, err := minIdle(c, "XAUTOCLAIM")
	if err != nil {
		return reply.Err(err)
	}
	start, err := lowEnd(c.Args[5])
	if err != nil {
		return reply.Err(err)
	}
	s, count, justID := c.Scan(6), int64(100), false
	for s.More() {
		switch {
		case s.WordWith("COUNT", 1):
			count = s.IntIn(1, math.MaxInt64/16, "COUNT must be > 0")
		case s.Word("JUSTID"):
			justID = true
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	var cl claim
	if refusal := cl.open(c); cl.group == nil {
		return refusal
	}
	cl.idle, cl.justID = idle, justID
	if err := cl.join(c); err != nil {
		return reply.Err(err)
	}
	return cl.sweep(c, start, count)
}

// attempts is how many pending entries XAUTOCLAIM looks at for each that it may claim.
const attempts = 10

// sweep goes along the pending entries.
func (cl *claim) sweep(c *cmd.Call, start store.StreamID, count int64) reply.Reply {
	out, deleted := c.List(reply.Array), c.List(reply.Array)
	fail := func(err error) reply.Reply {
		deleted.End(err)
		return out.End(err)
	}
	for left, more := attempts*count, true; left > 0 && count > 0 && more; {
		n := min(left, max(count, attempts), page)
		ids, err := cl.waiting(start, n)
		if err != nil {
			return fail(err)
		}
		entries, err := cl.load(ids)
		if err != nil {
			return fail(err)
		}
		more = int64(len(ids)) == n
		for _, e := range entries {
			if count == 0 {
				break
			}
			before := out.Len()
			gone := cl.take(out, e)
			if gone {
				deleted.Reply(reply.Text(e.ID.String()))
			}
			if gone || out.Len() > before {
				count--
			}
			left--
			next, ok := e.ID.Next()
			start, more = next, more && ok
		}
	}
	if err := cl.group.Save(); err != nil {
		return fail(err)
	}
	cursor, err := cl.cursor(start)
	if err != nil {
		return fail(err)
	}
	return reply.Of(reply.Text(cursor.String()), out.Done(), deleted.Done())
}

// waiting is the ids of the next pending entries.
func (cl *claim) waiting(start store.StreamID, n int64) (ids []store.StreamID, err error) {
	for p, err := range cl.group.PendingOf(store.PendingRange{From: start, To: store.LastStreamID(), Take: n}) {
		if err != nil {
			return nil, err
		}
		if ids = append(ids, p.ID); int64(len(ids)) == n {
			break
		}
	}
	return ids, nil
}

// cursor is the next pending entry, 0-0 behind the last.
func (cl *claim) cursor(start store.StreamID) (store.StreamID, error) {
	next, err := cl.waiting(start, 1)
	if err != nil || len(next) == 0 {
		return store.StreamID{}, err
	}
	return next[0], nil
}
