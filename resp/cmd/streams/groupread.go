package streams

import (
	"slices"

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
}

func groupReadingOf(c *cmd.Call) (r groupReading, err error) {
	s := c.Scan(1)
	for s.More() && r.names == nil {
		switch {
		case s.WordWith("BLOCK", 1):
			r.block, r.limit = true, s.Millis()
		case s.WordWith("COUNT", 1):
			r.count = max(s.Int(), 0)
		case s.WordWith("GROUP", 2):
			r.group, r.consumer = s.Bytes(), s.Bytes()
		case s.Word("NOACK"):
			r.noAck = true
		case s.WordWith("STREAMS", 1):
			r.streams(c, &s, ">")
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	switch {
	case s.Err() != nil:
	case r.names == nil:
		s.Fail(arg.SyntaxError)
	case r.group == nil:
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
	sources := make([]from, len(r.names))
	for i := range r.names {
		var refusal reply.Reply
		if sources[i], refusal = r.open(c, i); sources[i].group == nil {
			return refusal
		}
	}
	kind := reply.Array
	if c.Proto == 3 {
		kind = reply.Map
	}
	out, history := c.List(kind), false
	for i := range sources {
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
	return c.Await(cmd.Block{Keys: c.KeysOf(r.names), Type: store.Stream, Limit: r.limit, Lost: true}, reply.NilArray())
}

// open opens a stream and the group; without them there is a refusal.
func (r *groupReading) open(c *cmd.Call, i int) (f from, refusal reply.Reply) {
	s, err := store.OpenStream(c.Tx, c.KeyIn(r.names[i]))
	if err != nil {
		return f, reply.Err(err)
	}
	g, err := s.Group(r.group)
	switch {
	case err != nil:
		return f, reply.Err(err)
	case g == nil:
		return f, reply.Failf("NOGROUP No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option",
			r.names[i], r.group)
	}
	f = from{stream: s, fresh: string(r.ids[i]) == ">"}
	switch text := string(r.ids[i]); text {
	case ">":
	case "$":
		return f, reply.Err(store.Invalid("The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."))
	default:
		var ok bool
		if f.behind, ok = store.ParseStreamID(text, 0); !ok {
			return f, reply.Err(store.Invalid(badID))
		}
	}
	f.group = g
	return f, reply.Nothing()
}

// deliver adds what a consumer gets from one stream.
func (r *groupReading) deliver(c *cmd.Call, out *reply.List, name []byte, f *from) error {
	now := nowMillis()
	consumer, err := f.group.Join(r.consumer, now)
	if err != nil {
		return err
	}
	if consumer.Created {
		c.Notify("t:xgroup-createconsumer", c.KeyIn(name))
	}
	found := c.List(reply.Array)
	if f.fresh {
		err = r.fresh(found, f, consumer, now)
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

// fresh delivers entries that nobody got yet.
func (r *groupReading) fresh(out *reply.List, f *from, consumer *store.StreamConsumer, now int64) error {
	for left := r.count; ; {
		next, ok := f.group.Last.Next()
		if !ok {
			return nil
		}
		limit := int64(page)
		if r.count > 0 {
			limit = min(limit, left)
		}
		var ids []store.StreamID
		for e, err := range f.stream.Range(store.StreamRange{From: next, To: store.LastStreamID(), Limit: limit}) {
			if err != nil {
				return err
			}
			out.Reply(entry(e))
			ids = append(ids, e.ID)
		}
		for _, id := range ids {
			if err := r.give(f, consumer, id, now); err != nil {
				return err
			}
		}
		if left -= int64(len(ids)); int64(len(ids)) < limit || r.count > 0 && left == 0 {
			return nil
		}
	}
}

// give notes that an entry was delivered the first time.
func (r *groupReading) give(f *from, consumer *store.StreamConsumer, id store.StreamID, now int64) error {
	consumer.Active = now
	if err := f.group.Advance(id); err != nil || r.noAck {
		return err
	}
	return f.group.Deliver(store.StreamPending{ID: id, Delivered: now, Count: 1}, consumer)
}

// history answers what a consumer has pending. An entry that was deleted meanwhile has no fields.
func (r *groupReading) history(out *reply.List, f *from, consumer *store.StreamConsumer, now int64) error {
	next, ok := f.behind.Next()
	if !ok {
		return nil
	}
	for left := r.count; ; {
		var pending []store.StreamPending
		for p, err := range f.group.PendingOf(r.consumer, next, store.LastStreamID()) {
			if err != nil {
				return err
			}
			if len(pending) == page || r.count > 0 && int64(len(pending)) == left {
				break
			}
			p.Consumer = slices.Clone(p.Consumer)
			pending = append(pending, p)
		}
		for _, p := range pending {
			if err := r.again(out, f, consumer, p, now); err != nil {
				return err
			}
		}
		if left -= int64(len(pending)); len(pending) < page || r.count > 0 && left == 0 {
			return nil
		}
		if next, ok = pending[len(pending)-1].ID.Next(); !ok {
			return nil
		}
	}
}

func (r *groupReading) again(out *reply.List, f *from, consumer *store.StreamConsumer, p store.StreamPending, now int64) error {
	e, there, err := f.stream.Entry(p.ID)
	if err != nil {
		return err
	}
	if !there {
		out.Reply(reply.Of(reply.Text(p.ID.String()), reply.NilArray()))
		return nil
	}
	out.Reply(entry(e))
	p.Delivered, p.Count = now, p.Count+1
	return f.group.Deliver(p, consumer)
}
