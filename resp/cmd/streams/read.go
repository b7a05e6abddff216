package streams

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// reading is what XREAD asks for.
type reading struct {
	count int64 // of entries from each stream, 0 for all
	block bool
	limit time.Duration // of the wait, 0 for ever
	first int           // the argument that names the first stream
	names [][]byte
	ids   [][]byte
	room  *room
}

func readingOf(c *cmd.Call) (r reading, err error) {
	s := c.Scan(1)
	r.room = roomFor(c.Proto)
	for s.More() && r.names == nil {
		switch {
		case s.WordWith("BLOCK", 1):
			r.block, r.limit = true, s.Millis()
		case s.WordWith("COUNT", 1):
			r.count = max(s.Int(), 0)
		case r.room.option(&s):
		case s.WordWith("STREAMS", 1):
			r.streams(c, &s, "$")
		case s.WordWith("GROUP", 2):
			s.Fail("The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
		case s.Word("NOACK"):
			s.Fail("The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	r.check(&s)
	return r, s.Err()
}

// check looks at what only belongs together.
func (r *reading) check(s *arg.Scanner) {
	switch {
	case s.Err() != nil:
	case r.names == nil:
		s.Fail(arg.SyntaxError)
	case r.count > r.room.entries:
		s.Fail("MAXCOUNT must be greater than or equal to COUNT")
	}
}

// streams reads the keys and the ids; special is the id that is none.
func (r *reading) streams(c *cmd.Call, s *arg.Scanner, special string) {
	n := s.Left()
	if n%2 != 0 {
		s.Fail(fmt.Sprintf("Unbalanced '%s' list of streams: for each stream key an ID or '%s' must be specified.",
			strings.ToLower(c.Spec.Name), special))
		return
	}
	r.first = len(c.Args) - n
	r.names, r.ids = s.Take(n/2), s.Rest()
}

// xread answers what is behind the ids, or waits for it.
func xread(c *cmd.Call) reply.Reply {
	r, err := readingOf(c)
	if err != nil {
		return reply.Err(err)
	}
	behind, err := r.starts(c)
	if err != nil {
		return reply.Err(err)
	}
	stream, err := store.OpenStreams(c.Tx, c.KeysOf(r.names)...)
	if err != nil {
		return reply.Err(err)
	}
	kind := reply.Array
	if c.Proto == 3 {
		kind = reply.Map
	}
	out := c.List(kind)
	for i, name := range r.names {
		s, err := stream(i)
		if err == nil {
			err = r.read(c, out, name, s, behind[i])
		}
		if err != nil {
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
	return c.Await(cmd.Block{Keys: c.KeysOf(r.names), Type: store.Stream, Limit: r.limit, Resume: r.resume(c, behind)},
		reply.NilArray())
}

// starts are the ids to read behind. Redis looks at the type of each key before it looks at the id that belongs to it.
// The keys are looked up here and again to be read, as Redis counts them.
func (r *reading) starts(c *cmd.Call) ([]store.StreamID, error) {
	stream, err := store.OpenStreams(c.Tx, c.KeysOf(r.names)...)
	if err != nil {
		return nil, err
	}
	behind := make([]store.StreamID, len(r.ids))
	for i, text := range r.ids {
		s, err := stream(i)
		if err != nil {
			return nil, err
		}
		switch string(text) {
		case "$":
			behind[i] = s.State().Last
		case "+":
			if behind[i], err = behindTop(s); err != nil {
				return nil, err
			}
		case ">":
			return nil, store.Invalid("The > ID can be specified only when calling XREADGROUP using the GROUP <group> " +
				"<consumer> option.")
		default:
			id, ok := store.ParseStreamID(string(text), 0)
			if !ok {
				return nil, store.Invalid(badID)
			}
			behind[i] = id
		}
	}
	return behind, nil
}

// behindTop is the id behind which the last entry alone is, or, where there is none, whatever comes.
func behindTop(s *store.StreamKey) (store.StreamID, error) {
	if s.Len() == 0 {
		return s.State().Last, nil
	}
	top, err := s.Top()
	before, _ := top.Prev()
	return before, err
}

// read adds what a stream has behind an id.
func (r *reading) read(c *cmd.Call, out *reply.List, name []byte, s *store.StreamKey, behind store.StreamID) error {
	if s.Len() == 0 || s.State().Last.Compare(behind) <= 0 || r.room.spent() {
		return nil
	}
	from, _ := behind.Next() // there is a higher one
	found := c.List(reply.Array)
	err := r.room.fill(found, s, store.StreamRange{From: from, To: store.LastStreamID(), Limit: r.room.most(r.count)})
	switch {
	case err != nil:
		found.End(err)
		return err
	case found.Len() == 0:
		return nil
	}
	out.Named(name, found.Done())
	return nil
}

// resume is the command line for the time when something comes: $ is what was the last id now.
func (r *reading) resume(c *cmd.Call, behind []store.StreamID) [][]byte {
	args := slices.Clone(c.Args)
	for i, id := range behind {
		args[r.first+len(r.names)+i] = []byte(id.String())
	}
	return args
}
