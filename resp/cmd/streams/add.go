package streams

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const badID = "Invalid stream ID specified as stream command argument"

// addition is what XADD and XTRIM ask for.
type addition struct {
	make    bool // an absent stream
	trims   bool
	trim    store.StreamTrim
	limited bool
	chosen  bool // one of KEEPREF, DELREF and ACKED
	once    once
}

// option reads one option; false if the next word is none.
func (a *addition) option(s *arg.Scanner, trimming bool) bool {
	switch {
	case !trimming && s.Word("NOMKSTREAM"):
		a.make = false
	case !trimming && a.once.option(s):
	case a.refs(s):
	case s.WordWith("MAXLEN", 1):
		a.threshold(s, false)
	case s.WordWith("MINID", 1):
		a.threshold(s, true)
	case s.WordWith("LIMIT", 1):
		a.trim.Limit, a.limited = s.Int(), true
		if a.trim.Limit < 0 {
			s.Fail("The LIMIT argument must be >= 0.")
		}
	default:
		return false
	}
	return true
}

// refs reads what becomes of references to what is trimmed.
func (a *addition) refs(s *arg.Scanner) bool {
	r, found := refsOf(s)
	if found && a.chosen {
		s.Fail(arg.SyntaxError)
	}
	if found {
		a.trim.Refs, a.chosen = r, true
	}
	return found
}

func (a *addition) threshold(s *arg.Scanner, byID bool) {
	if a.trims && a.trim.ByID != byID {
		s.Fail("syntax error, MAXLEN and MINID options at the same time are not compatible")
		return
	}
	a.trims, a.trim.ByID, a.trim.Nearly = true, byID, false
	if s.Left() > 1 {
		a.trim.Nearly = s.Word("~")
		if !a.trim.Nearly {
			s.Word("=")
		}
	}
	if byID {
		a.trim.MinID = idFrom(s, 0)
		return
	}
	if a.trim.Max = s.Int(); a.trim.Max < 0 {
		s.Fail("The MAXLEN argument must be >= 0.")
	}
}

// check looks at what only belongs together, and bounds what goes at once.
func (a *addition) check(s *arg.Scanner) {
	switch {
	case a.trim.Limit != 0 && !a.trims:
		s.Fail("syntax error, LIMIT cannot be used without specifying a trimming strategy")
	case a.limited && !a.trim.Nearly:
		s.Fail("syntax error, LIMIT cannot be used without the special ~ option")
	case a.trim.Nearly && !a.limited:
		a.trim.Limit = -1
	}
}

// idFrom reads an id; one without a sequence number gets seq.
func idFrom(s *arg.Scanner, seq uint64) store.StreamID {
	text := s.Bytes()
	id, ok := store.ParseStreamID(string(text), seq)
	if s.Err() == nil && !ok {
		s.Fail(badID)
	}
	return id
}

// newID reads XADD's id: *, ms-* or a whole one.
func newID(s *arg.Scanner) store.NewStreamID {
	text := s.Bytes()
	if s.Err() != nil {
		return store.NewStreamID{}
	}
	if string(text) == "*" {
		return store.NewStreamID{Auto: true}
	}
	var n store.NewStreamID
	var ok bool
	if millis, found := bytes.CutSuffix(text, []byte("-*")); found {
		n.Seq = true
		n.ID, ok = store.ParseStreamID(string(millis), 0)
		ok = ok && !bytes.Contains(millis, []byte("-"))
	} else {
		n.ID, ok = store.ParseStreamID(string(text), 0)
	}
	if !ok {
		s.Fail(badID)
	}
	return n
}

func xadd(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	a := addition{make: true}
	for a.option(&s, false) {
	}
	id := newID(&s)
	a.check(&s)
	if s.Err() == nil && a.once.named && !id.Auto {
		s.Fail("IDMP/IDMPAUTO can be used only with auto-generated IDs")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	if s.Left() < 2 || s.Left()%2 != 0 {
		return reply.Fail("ERR wrong number of arguments for 'xadd' command")
	}
	if !id.Auto && !id.Seq && id.ID.Zero() {
		return reply.Err(store.Invalid("The ID specified in XADD must be greater than 0-0"))
	}
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	switch {
	case err != nil:
		return reply.Err(err)
	case !stream.Exists() && !a.make:
		return reply.Nil()
	}
	return a.run(c, stream, id, s.Rest())
}

func (a *addition) run(c *cmd.Call, stream *store.StreamKey, n store.NewStreamID, fields [][]byte) reply.Reply {
	var id store.StreamID
	var trimmed int64
	var err error
	fresh := true
	switch {
	case a.once.named:
		a.once.complete(fields)
		id, trimmed, fresh, err = stream.AddOnce(a.once.message, fields, a.trimming())
	case a.trims:
		id, trimmed, err = stream.AddTrimmed(n, fields, a.trim)
	default:
		id, err = stream.Add(n, fields)
	}
	if err != nil {
		return reply.Err(err)
	}
	if !fresh {
		return reply.Text(id.String())
	}
	c.Notify("t:xadd", c.Key(1))
	if trimmed > 0 {
		c.Notify("t:xtrim", c.Key(1))
	}
	return reply.Text(id.String())
}

// trimming is what is to be trimmed, nil for nothing.
func (a *addition) trimming() *store.StreamTrim {
	if !a.trims {
		return nil
	}
	return &a.trim
}

func xtrim(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	var a addition
	for a.option(&s, true) {
	}
	if s.Err() == nil && s.More() {
		s.Fail(arg.SyntaxError)
	}
	if !a.trims && a.trim.Limit == 0 {
		s.Fail("syntax error, XTRIM must be called with a trimming strategy")
	}
	a.check(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	n, err := stream.Trim(a.trim)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func xdel(c *cmd.Call) reply.Reply {
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !stream.Exists() {
		return reply.Integer(0)
	}
	s := c.Scan(2)
	ids := make([]store.StreamID, 0, s.Left())
	for s.More() {
		ids = append(ids, idFrom(&s, 0))
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	n, err := stream.Delete(ids...)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func xsetid(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	state := store.StreamState{Last: idFrom(&s, 0)}
	added, deleted := false, false
	for s.More() {
		switch {
		case s.WordWith("ENTRIESADDED", 1):
			n := s.Int()
			if s.Err() == nil && n < 0 {
				s.Fail("entries_added must be positive")
			}
			state.Added, added = uint64(n), true
		case s.WordWith("MAXDELETEDID", 1):
			state.MaxDeleted, deleted = idFrom(&s, 0), true
			if s.Err() == nil && state.Last.Compare(state.MaxDeleted) < 0 {
				s.Fail("The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
			}
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	switch {
	case err != nil:
		return reply.Err(err)
	case !stream.Exists():
		return reply.Err(store.Invalid("no such key"))
	}
	if !added {
		state.Added = stream.State().Added
	}
	if !deleted {
		state.MaxDeleted = stream.State().MaxDeleted
	}
	if err := fits(stream, state, added); err != nil {
		return reply.Err(err)
	}
	if err := stream.SetState(state); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

// fits compares a state that XSETID names with the stream.
func fits(stream *store.StreamKey, state store.StreamState, added bool) error {
	if stream.Len() == 0 {
		return nil
	}
	top, err := stream.Top()
	switch {
	case err != nil:
		return err
	case state.Last.Compare(top) < 0:
		return store.Invalid("The ID specified in XSETID is smaller than the target stream top item")
	case added && state.Added < uint64(stream.Len()):
		return store.Invalid("The entries_added specified in XSETID is smaller than the target stream length")
	}
	return nil
}
