package bits

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const badEncoding = "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."

// verb is what a step of BITFIELD does.
type verb uint8

const (
	reads verb = iota
	sets
	adds
)

// step is one of the subcommands of BITFIELD.
type step struct {
	verb     verb
	field    store.BitField
	value    int64
	overflow store.Overflow
}

// encoding reads a field's type: i or u, and a width. What follows a NUL is not looked at, as in Redis.
func encoding(s *arg.Scanner) (f store.BitField) {
	text, _, _ := bytes.Cut(s.Bytes(), []byte{0})
	if len(text) == 0 || text[0] != 'i' && text[0] != 'u' {
		s.Fail(badEncoding)
		return f
	}
	widest := int64(63)
	if f.Signed = text[0] == 'i'; f.Signed {
		widest = 64
	}
	n, ok := arg.ParseInt(text[1:])
	if !ok || n < 1 || n > widest {
		s.Fail(badEncoding)
	}
	f.Width = int(n)
	return f
}

func overflow(s *arg.Scanner) store.Overflow {
	switch {
	case s.Word("WRAP"):
		return store.OverflowWrap
	case s.Word("SAT"):
		return store.OverflowSat
	case s.Word("FAIL"):
		return store.OverflowFail
	}
	s.Fail("Invalid OVERFLOW type specified")
	return 0
}

// steps reads the subcommands.
func steps(c *cmd.Call) ([]step, error) {
	s := c.Scan(2)
	list := make([]step, 0, s.Left()/3)
	mode := store.OverflowWrap
	for s.More() {
		st := step{overflow: mode}
		switch {
		case s.WordWith("GET", 2):
		case s.WordWith("SET", 3):
			st.verb = sets
		case s.WordWith("INCRBY", 3):
			st.verb = adds
		case s.WordWith("OVERFLOW", 1):
			mode = overflow(&s)
			continue
		default:
			s.Fail(arg.SyntaxError)
			continue
		}
		st.field = encoding(&s)
		st.field.Off = offset(c, &s, int64(st.field.Width))
		if st.verb != reads {
			st.value = s.Int()
		}
		list = append(list, st)
	}
	return list, s.Err()
}

// writes reports whether any step may change the string, and how long it must be then, in bytes.
func writes(list []step) (size int64, any bool) {
	for _, st := range list {
		if st.verb != reads {
			size, any = max(size, st.field.Size()), true
		}
	}
	return size, any
}

func bitField(c *cmd.Call) reply.Reply { return runSteps(c, false) }

func bitFieldRO(c *cmd.Call) reply.Reply { return runSteps(c, true) }

func runSteps(c *cmd.Call, readOnly bool) reply.Reply {
	list, err := steps(c)
	if err != nil {
		return reply.Err(err)
	}
	size, writing := writes(list)
	if writing && readOnly {
		return reply.Fail("ERR BITFIELD_RO only supports the GET subcommand")
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	places := make([]store.BitField, len(list))
	for i, st := range list {
		places[i] = st.field
	}
	x, err := b.Bits(places...)
	if err != nil {
		return reply.Err(err)
	}
	grows := writing && size > b.Len()
	answer, changes := play(c, x, list, grows)
	if changes || grows {
		if !changes {
			c.Event = cmd.OwnEvents // a string that only grew has, in Redis, not changed
		}
		err = x.Save(size)
	}
	return unless(err, answer)
}

// play does the steps one after the other, and tells whether any but fails to change something: each that is
// carried out does in a string that grows.
func play(c *cmd.Call, x *store.Bits, list []step, grows bool) (answer reply.Reply, changes bool) {
	replies := c.List(reply.Array)
	for _, st := range list {
		old := x.Get(st.field)
		if st.verb == reads {
			replies.Integer(old)
			continue
		}
		fresh, fits := st.result(old)
		switch {
		case !fits && st.overflow == store.OverflowFail:
			replies.Nil()
			continue
		case st.verb == sets:
			replies.Integer(old)
		default:
			replies.Integer(fresh)
		}
		x.Set(st.field, fresh)
		changes = changes || grows || fresh != old
	}
	return replies.Done(), changes
}

// result is what the field is to hold.
func (st step) result(old int64) (fresh int64, fits bool) {
	if st.verb == sets {
		return st.field.Add(st.value, 0, st.overflow)
	}
	return st.field.Add(old, st.value, st.overflow)
}
