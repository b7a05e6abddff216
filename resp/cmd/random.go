package cmd

import (
	"bytes"
	"math"

	"larder/resp/arg"
	"larder/resp/reply"
	"larder/store"
)

// Drawer is a key of which items are drawn at random: with repeats, or different ones.
type Drawer interface {
	Draw(n int64, visit func(store.Item)) error
	Sample(n int64, visit func(store.Item)) error
}

// Random is HRANDFIELD and its like of a key that open opens. with is the word that asks for more than names, empty if
// there is none, and more returns what adds an item to a list then.
func (c *Call) Random(open func() (Drawer, error), with string, more func(*reply.List) func(store.Item)) reply.Reply {
	if len(c.Args) == 2 {
		return randomOne(open)
	}
	n, withMore, err := randomArgs(c.Scan(2), with)
	if err != nil {
		return reply.Err(err)
	}
	d, err := open()
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	visit := func(it store.Item) { list.Bytes(it.Field) }
	if withMore {
		visit = more(list)
	}
	if n < 0 {
		return list.End(d.Draw(-n, visit))
	}
	return list.End(d.Sample(n, visit))
}

func randomOne(open func() (Drawer, error)) reply.Reply {
	d, err := open()
	if err != nil {
		return reply.Err(err)
	}
	drawn := reply.Nil()
	if err := d.Draw(1, func(it store.Item) { drawn = reply.Bytes(bytes.Clone(it.Field)) }); err != nil {
		return reply.Err(err)
	}
	return drawn
}

// randomArgs reads a count, and the word if there is one.
func randomArgs(s arg.Scanner, with string) (n int64, withMore bool, err error) {
	if with == "" && s.Left() > 1 {
		s.Fail(arg.SyntaxError) // whatever the count is
	}
	if n = s.Int(); n == math.MinInt64 {
		s.Fail("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	}
	withMore = with != "" && s.Word(with)
	if err := s.End(); err != nil {
		return 0, false, err
	}
	// Redis doubles the count for its reply's length.
	if withMore && (n < -math.MaxInt64/2 || n > math.MaxInt64/2) {
		s.Fail("value is out of range")
	}
	return n, withMore, s.Err()
}
