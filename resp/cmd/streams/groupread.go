package streams

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// groupReading is what XREADGROUP asks for.
type groupReading struct {
	reading
	group, consumer []byte
	noAck           bool
	claims          bool
	idle            int64 // least idle time of what is claimed
}

func groupReadingOf(c *cmd.Call) (r groupReading, err error) {
	s := c.Scan(1)
	r.room = roomFor(c.Proto)
	for s.More() && r.names == nil {
		switch {
		case s.WordWith("BLOCK", 1):
			r.block, r.limit = true, s.Millis()
		case s.WordWith("COUNT", 1):
			r.count = max(s.Int(), 0)
		case r.room.option(&s):
		case s.WordWith("GROUP", 2):
			r.group, r.consumer = s.Bytes(), s.Bytes()
		case s.Word("NOACK"):
			r.noAck = true
		case s.WordWith("CLAIM", 1):
			r.claims, r.idle = true, max(s.IntOr("min-idle-time is not an integer"), 0)
		case s.WordWith("STREAMS", 1):
			r.streams(c, &s, ">")
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	r.check(&s)
	if s.Err() == nil && r.group == nil {
		s.Fail("Missing GROUP option for XREADGROUP")
	}
	return r, s.Err()
}

// from is one stream of an XREADGROUP.
type from struct {
	stream *store.StreamKey
	group  *store.StreamGroup
	fresh  bool // what was never delivered, not what is pending
	behind store.StreamID
}

func xreadgroup(c *cmd.Call) reply.Reply {
	r, err := groupReadingOf(c)
	if err != nil {
		return reply.Err(err)
	}
	sources, refusal := r.open(c)
	if sources == nil {
		return refusal
	}
	kind := reply.Array
	if c.Proto == 3 {
		kind = reply.Map
	}
	out, history := c.List(kind), false
	for i := range sources {
		if r.room.spent() {
			break
		}
		history = history || !sources[i].fresh
		if err := r.deliver(c, out, r.names[i], &sources[i]); err != nil {
			return out.End(err)
		}
	}
	if out.Len() > 0 {
		return out.Done()
	}
	out.Done().Release()
	if !r.block {
		return reply.NilArray()
	}
	again, err := r.again(sources, nowMillis(c))
	if err != nil {
		return reply.Err(err)
	}
	return c.Await(cmd.Block{Keys: c.KeysOf(r.names), Type: store.Stream, Limit: r.limit, Lost: true, Again: again},
		reply.NilArray())
}

// open opens the streams and their groups; without one of them there is a refusal. A stream that is named twice has one
// group: what the first of its ids delivers, the second does not.
func (r *groupReading) open(c *cmd.Call) (all []from, refusal reply.Reply) {
	stream, err := store.OpenStreams(c.Tx, c.KeysOf(r.names)...)
	if err != nil {
		return nil, reply.Err(err)
	}
	groups := map[*store.StreamKey]*store.StreamGroup{}
	for i, name := range r.names {
		s, err := stream(i)
		if err != nil {
			return nil, reply.Err(err)
		}
		g := groups[s]
		if g == nil {
			if g, err = s.Group(r.group); err != nil {
				return nil, reply.Err(err)
			}
			groups[s] = g
		}
		if g == nil {
			return nil, reply.Failf("NOGROUP No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option",
				name, r.group)
		}
		f := from{stream: s, group: g}
		if err := f.start(string(r.ids[i])); err != nil {
			return nil, reply.Err(err)
		}
		all = append(all, f)
	}
	return all, reply.Nothing()
}

// start reads what comes behind an id, or what is fresh.
func (f *from) start(id string) error {
	switch id {
	case ">":
		f.fresh = true
		return nil
	case "$":
		return store.Invalid("The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this " +
			"consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty " +
			"result set.")
	}
	behind, ok := store.ParseStreamID(id, 0)
	if !ok {
		return store.Invalid(badID)
	}
	f.behind = behind
	return nil
}

// deliver adds what a consumer gets from one stream.
func (r *groupReading) deliver(c *cmd.Call, out *reply.List, name []byte, f *from) error {
	now := nowMillis(c)
	consumer, created, err := f.group.Join(r.consumer, now)
	if err != nil {
		return err
	}
	if created {
		c.Notify("t:xgroup-createconsumer", c.KeyIn(name))
	}
	found := c.List(reply.Array)
	if f.fresh {
		left := r.room.most(r.count)
		if r.claims {
			var got int64
			got, err = r.overdue(found, f, consumer, now)
			left -= got
		}
		if err == nil {
			err = r.fresh(found, f, consumer, now, left)
		}
	} else {
		err = r.history(found, f, consumer, now)
	}
	if err == nil {
		err = f.group.Save()
	}
	if err != nil {
		found.End(err)
		return err
	}
	if f.fresh && found.Len() == 0 {
		return nil
	}
	out.Named(name, found.Done())
	return nil
}

// page bounds what is in memory while entries are delivered: a loop over items must not write.
const page = 256

// fresh delivers entries that no consumer has got yet, at most left.
func (r *groupReading) fresh(out *reply.List, f *from, consumer *store.StreamConsumer, now, left int64) error {
	for left > 0 {
		next, ok := f.group.Last.Next()
		if !ok {
			return nil
		}
		limit := min(page, left)
		ids := make([]store.StreamID, 0, min(limit, f.stream.Len()))
		for e, err := range f.stream.Range(store.StreamRange{From: next, To: store.LastStreamID(), Limit: limit}) {
			if err != nil {
				return err
			}
			if !r.room.add(out, entry(e)) {
				break
			}
			ids = append(ids, e.ID)
		}
		if err := r.give(f, consumer, ids, now); err != nil {
			return err
		}
		if left -= int64(len(ids)); int64(len(ids)) < limit {
			return nil
		}
	}
	return nil
}

// give notes that entries were delivered the first time.
func (r *groupReading) give(f *from, consumer *store.StreamConsumer, ids []store.StreamID, now int64) error {
	if len(ids) > 0 {
		consumer.Active = now
	}
	if err := f.group.Advance(ids...); err != nil || r.noAck {
		return err
	}
	if err := f.group.LoadFresh(ids...); err != nil {
		return err
	}
	for _, id := range ids {
		f.group.Deliver(store.StreamPending{ID: id, Delivered: now, Count: 1}, consumer)
	}
	return f.group.Flush()
}

// history answers what a consumer has pending. An entry that was deleted meanwhile has no fields.
func (r *groupReading) history(out *reply.List, f *from, consumer *store.StreamConsumer, now int64) error {
	next, ok := f.behind.Next()
	for left := r.room.most(r.count); ok && left > 0; {
		limit := min(page, left)
		var ids []store.StreamID
		own := store.PendingRange{Consumer: r.consumer, From: next, To: store.LastStreamID(), Take: limit}
		for p, err := range f.group.PendingOf(own) {
			if err != nil {
				return err
			}
			if ids = append(ids, p.ID); int64(len(ids)) == limit {
				break
			}
		}
		if err := r.repeat(out, f, consumer, ids, now); err != nil {
			return err
		}
		if left -= int64(len(ids)); int64(len(ids)) < limit || r.room.spent() {
			return nil
		}
		next, ok = ids[len(ids)-1].Next()
	}
	return nil
}

// repeat answers entries that a consumer has pending, and notes that it got those that are still there.
func (r *groupReading) repeat(out *reply.List, f *from, consumer *store.StreamConsumer,
	ids []store.StreamID, now int64) error {
	entries, there, err := f.stream.Entries(ids...)
	if err != nil {
		return err
	}
	if err := f.group.Load(ids...); err != nil {
		return err
	}
	for i, id := range ids {
		shown := reply.Of(reply.Text(id.String()), reply.NilArray())
		if there[i] {
			shown = entry(entries[i])
		}
		if !r.room.add(out, shown) {
			break
		}
		if !there[i] {
			continue
		}
		p, _ := f.group.Waiting(id)
		p.Delivered, p.Count = now, p.Again()
		f.group.Deliver(p, consumer)
	}
	return f.group.Flush()
}
