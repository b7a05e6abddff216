package streams

import (
	"slices"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// openInfo opens a stream that must be there.
func openInfo(c *cmd.Call) (*store.StreamKey, reply.Reply) {
	s, err := store.OpenStream(c.Tx, c.Key(2))
	switch {
	case err != nil:
		return nil, reply.Err(err)
	case !s.Exists():
		return nil, reply.Err(store.Invalid("no such key"))
	}
	return s, reply.Nothing()
}

func unknown(n int64) reply.Reply {
	if n < 0 {
		return reply.Nil()
	}
	return reply.Integer(n)
}

func xinfoGroups(c *cmd.Call) reply.Reply {
	s, refusal := openInfo(c)
	if s == nil {
		return refusal
	}
	groups, err := s.AllGroups()
	if err != nil {
		return reply.Err(err)
	}
	consumers, err := s.ConsumersOfGroups()
	out := c.List(reply.Array)
	for _, g := range groups {
		lag, err := g.Lag()
		if err != nil {
			return out.End(err)
		}
		out.Reply(reply.MapOf(
			reply.Text("name"), reply.Bytes(g.Name),
			reply.Text("consumers"), reply.Integer(consumers[string(g.Name)]),
			reply.Text("pending"), reply.Integer(g.Pending),
			reply.Text("last-delivered-id"), reply.Text(g.Last.String()),
			reply.Text("entries-read"), unknown(g.Read),
			reply.Text("lag"), unknown(lag)))
	}
	return out.End(err)
}

func xinfoConsumers(c *cmd.Call) reply.Reply {
	s, refusal := openInfo(c)
	if s == nil {
		return refusal
	}
	g, err := s.Group(c.Args[3])
	switch {
	case err != nil:
		return reply.Err(err)
	case g == nil:
		return reply.Failf("NOGROUP No such consumer group '%s' for key name '%s'", c.Args[3], c.Args[2])
	}
	all, err := g.Consumers()
	out, now := c.List(reply.Array), nowMillis(c)
	for _, o := range all {
		inactive := int64(-1)
		if o.Active > 0 {
			inactive = max(now-o.Active, 0)
		}
		out.Reply(reply.MapOf(
			reply.Text("name"), reply.Bytes(o.Name),
			reply.Text("pending"), reply.Integer(o.Pending),
			reply.Text("idle"), reply.Integer(max(now-o.Seen, 0)),
			reply.Text("inactive"), reply.Integer(inactive)))
	}
	return out.End(err)
}

// fullGroups are the groups of XINFO STREAM FULL; of each list of pending entries count, 0 for all.
func fullGroups(c *cmd.Call, s *store.StreamKey, count int64) (reply.Reply, error) {
	groups, err := s.AllGroups()
	out := c.List(reply.Array)
	for _, g := range groups {
		one, err := fullGroup(c, g, count)
		if err != nil {
			return out.End(err), err
		}
		out.Reply(one)
	}
	return out.End(err), err
}

func fullGroup(c *cmd.Call, g *store.StreamGroup, count int64) (reply.Reply, error) {
	lag, err := g.Lag()
	if err != nil {
		return reply.Err(err), err
	}
	pel, err := pendingList(c, g, nil, count)
	if err != nil {
		return pel, err
	}
	members, err := g.Consumers()
	consumers := c.List(reply.Array)
	for _, o := range members {
		own, err := pendingList(c, g, o.Name, count)
		if err != nil {
			return own, err
		}
		active := o.Active
		if active == 0 {
			active = -1
		}
		consumers.Reply(reply.MapOf(
			reply.Text("name"), reply.Bytes(o.Name), reply.Text("seen-time"), reply.Integer(o.Seen),
			reply.Text("active-time"), reply.Integer(active), reply.Text("pel-count"), reply.Integer(o.Pending),
			reply.Text("pending"), own))
	}
	all := []reply.Reply{
		reply.Text("name"), reply.Bytes(g.Name), reply.Text("last-delivered-id"), reply.Text(g.Last.String()),
		reply.Text("entries-read"), unknown(g.Read), reply.Text("lag"), unknown(lag),
		reply.Text("pel-count"), reply.Integer(g.Pending), reply.Text("pending"), pel, reply.Text("consumers"),
		consumers.Done()}
	if g.Released > 0 { // programs of 7.2 do not know it
		all = append(all, reply.Text("nacked-count"), reply.Integer(g.Released))
	}
	return reply.MapOf(all...), err
}

func pendingList(c *cmd.Call, g *store.StreamGroup, consumer []byte, count int64) (reply.Reply, error) {
	out := c.List(reply.Array)
	for p, err := range g.PendingOf(store.PendingRange{Consumer: consumer, To: store.LastStreamID(), Take: count}) {
		if err != nil {
			return out.End(err), err
		}
		shown := []reply.Reply{reply.Text(p.ID.String()), reply.Bytes(p.Consumer), reply.Integer(p.Delivered),
			reply.Integer(p.Count)}
		if consumer != nil {
			shown = slices.Delete(shown, 1, 2)
		}
		out.Reply(reply.Of(shown...))
		if count > 0 && int64(out.Len()) == count {
			break // not when another comes: for that it would be fetched
		}
	}
	return out.Done(), nil
}
