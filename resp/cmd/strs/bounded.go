package strs

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// increment is what INCREX asks for. Numbers are read when it is known whether they are whole.
type increment struct {
	by, low, high  []byte // nil where they were not given
	float          bool
	saturate, once bool // once: only a key without a time gets one
	persist        bool
	expiry         expiry
}

func (i *increment) option(s *arg.Scanner) {
	switch {
	case i.by == nil && s.WordWith("BYINT", 1):
		i.by = s.Bytes()
	case i.by == nil && s.WordWith("BYFLOAT", 1):
		i.by, i.float = s.Bytes(), true
	case i.low == nil && s.WordWith("LBOUND", 1):
		i.low = s.Bytes()
	case i.high == nil && s.WordWith("UBOUND", 1):
		i.high = s.Bytes()
	case s.Word("SATURATE"):
		i.saturate = true
	case s.Word("ENX"):
		i.once = true
	case !i.expiry.given() && s.Word("PERSIST"):
		i.persist = true
	case !i.persist && i.expiry.read(s):
	default:
		s.Fail(arg.SyntaxError)
	}
}

func incrEx(c *cmd.Call) reply.Reply {
	var i increment
	s := c.Scan(2)
	for s.More() {
		i.option(&s)
	}
	if i.once && !i.expiry.given() {
		s.Fail(arg.SyntaxError)
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	if i.float {
		return i.runFloat(c)
	}
	return i.runInt(c)
}

var errBounds = store.Invalid("LBOUND is greater than UBOUND")

func (i *increment) runInt(c *cmd.Call) reply.Reply {
	by, within := int64(1), store.Bounds[int64]{Low: math.MinInt64, High: math.MaxInt64, Saturate: i.saturate}
	for _, n := range []struct {
		text []byte
		to   *int64
	}{{i.by, &by}, {i.low, &within.Low}, {i.high, &within.High}} {
		if n.text == nil {
			continue
		}
		v, ok := arg.ParseInt(n.text)
		if !ok {
			return reply.Err(store.Invalid(arg.NotInteger))
		}
		*n.to = v
	}
	if within.Low > within.High {
		return reply.Err(errBounds)
	}
	return i.run(c, "$:incrby", func(b *store.Blob, at int64) (reply.Reply, bool, error) {
		step, err := b.AddWithin(by, within, at)
		return reply.Of(reply.Integer(step.Now), reply.Integer(step.Added)), step.Refused, err
	})
}

func (i *increment) runFloat(c *cmd.Call) reply.Reply {
	var by store.LongDouble
	within := store.Bounds[store.LongDouble]{Low: store.LargestLongDouble(true), High: store.LargestLongDouble(false),
		Saturate: i.saturate}
	for _, n := range []struct {
		text []byte
		to   *store.LongDouble
	}{{i.by, &by}, {i.low, &within.Low}, {i.high, &within.High}} {
		if n.text == nil {
			continue
		}
		v, ok := store.ParseLongDouble(n.text)
		if !ok {
			return reply.Err(store.Invalid(arg.NotFloat))
		}
		*n.to = v
	}
	if within.Low.Compare(within.High) > 0 {
		return reply.Err(errBounds)
	}
	return i.run(c, "$:incrbyfloat", func(b *store.Blob, at int64) (reply.Reply, bool, error) {
		step, err := b.AddFloatWithin(by, within, at)
		return reply.Of(longDouble(c, step.Now), longDouble(c, step.Added)), step.Refused, err
	})
}

// longDouble is a double in RESP3; in RESP2 it is the text that the key holds.
func longDouble(c *cmd.Call, d store.LongDouble) reply.Reply {
	if c.Proto == 3 {
		return reply.Float(d.Float64())
	}
	return reply.Text(d.String())
}

// run adds, and gives the key the time that was asked for. A sum that is refused leaves the time as well.
func (i *increment) run(c *cmd.Call, event string,
	add func(b *store.Blob, at int64) (reply.Reply, bool, error)) reply.Reply {
	given, err := i.expiry.at(c)
	if err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	was := b.Head().ExpireAt
	at := was
	switch {
	case i.persist:
		at = 0
	case i.expiry.given() && !(i.once && was != 0):
		at = given
	}
	answer, refused, err := add(b, at)
	if err != nil || refused {
		return unless(err, answer)
	}
	c.Notify(event, c.Key(1))
	switch {
	case at == was:
	case at == 0:
		c.Notify("g:persist", c.Key(1))
	default:
		c.Notify("g:expire", c.Key(1))
	}
	return answer
}
