package streams

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func xlen(c *cmd.Call) reply.Reply {
	s, err := store.OpenStream(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(s.Len())
}

func xrange(c *cmd.Call) reply.Reply    { return between(c, 2, 3, false) }
func xrevrange(c *cmd.Call) reply.Reply { return between(c, 3, 2, true) }

// between answers the entries of a stretch whose ends are two arguments.
func between(c *cmd.Call, from, to int, reverse bool) reply.Reply {
	r := store.StreamRange{Reverse: reverse}
	var err error
	if r.From, err = lowEnd(c.Args[from]); err != nil {
		return reply.Err(err)
	}
	if r.To, err = highEnd(c.Args[to]); err != nil {
		return reply.Err(err)
	}
	s := c.Scan(4)
	none := false
	for s.More() {
		if !s.WordWith("COUNT", 1) {
			s.Fail(arg.SyntaxError)
			break
		}
		r.Limit = s.Int()
		none = r.Limit <= 0
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	switch {
	case err != nil:
		return reply.Err(err)
	case stream.Exists() && none:
		return reply.NilArray()
	}
	out := c.List(reply.Array)
	return out.End(fill(out, stream, r))
}

// lowEnd is the lower end of a range, which an open one begins behind.
func lowEnd(text []byte) (store.StreamID, error) {
	id, open, err := end(text, 0)
	if err != nil || !open {
		return id, err
	}
	id, ok := id.Next()
	if !ok {
		return id, store.Invalid("invalid start ID for the interval")
	}
	return id, nil
}

func highEnd(text []byte) (store.StreamID, error) {
	id, open, err := end(text, store.LastStreamID().Seq)
	if err != nil || !open {
		return id, err
	}
	id, ok := id.Prev()
	if !ok {
		return id, store.Invalid("invalid end ID for the interval")
	}
	return id, nil
}

// end reads one end: -, +, or an id, behind a parenthesis if it is not to be included.
func end(text []byte, seq uint64) (id store.StreamID, open bool, err error) {
	switch string(text) {
	case "-":
		return store.FirstStreamID(), false, nil
	case "+":
		return store.LastStreamID(), false, nil
	}
	text, open = bytes.CutPrefix(text, []byte("("))
	id, ok := store.ParseStreamID(string(text), seq)
	if !ok {
		return id, open, store.Invalid(badID)
	}
	return id, open, nil
}

// fill adds the entries of a stretch to a list.
func fill(out *reply.List, s *store.StreamKey, r store.StreamRange) error {
	for e, err := range s.Range(r) {
		if err != nil {
			return err
		}
		out.Reply(entry(e))
	}
	return nil
}

// entry is an id and its fields.
func entry(e store.StreamEntry) reply.Reply {
	return reply.Of(reply.Text(e.ID.String()), contents(e))
}

// contents are the fields and values of an entry.
func contents(e store.StreamEntry) reply.Reply {
	fields := make([]reply.Reply, len(e.Fields))
	for i, f := range e.Fields {
		fields[i] = reply.Bytes(f)
	}
	return reply.Of(fields...)
}
