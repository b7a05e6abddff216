package keys

import (
	"math"
	"strconv"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// pageKeys is how many keys are asked of the engine at a time.
const pageKeys = 1000

// filter tells which keys SCAN shows. The zero filter shows all.
type filter struct {
	pattern []byte // nil: any name
	typ     []byte // nil: any type
}

func (f *filter) shows(e store.Entry) bool {
	return (f.pattern == nil || store.Match(f.pattern, e.Name, false)) &&
		(f.typ == nil || arg.Is(f.typ, e.Head.Type.String()))
}

// match sets the pattern; a lone star is no pattern, and unlike one fits the empty name.
func (f *filter) match(pattern []byte) {
	if f.pattern = pattern; string(pattern) == "*" {
		f.pattern = nil
	}
}

// list adds the keys shown among the next n from a cursor on, and returns where to go on.
func (f *filter) list(c *cmd.Call, from store.Cursor, n int64, to *reply.List) (store.Cursor, error) {
	for n > 0 {
		asked := min(n, pageKeys)
		page, next, err := c.Tx.Scan(c.DB, from, int(asked))
		if err != nil {
			return 0, err
		}
		for _, e := range page {
			if f.shows(e) {
				to.Bytes(e.Name)
			}
		}
		if next == 0 {
			return 0, nil
		}
		from, n = next, n-asked
	}
	return from, nil
}

func keys(c *cmd.Call) reply.Reply {
	var f filter
	f.match(c.Args[1])
	list := c.List(reply.Array)
	if _, err := f.list(c, 0, math.MaxInt64, list); err != nil {
		list.Done().Release()
		return reply.Err(err)
	}
	return list.Done()
}

func scan(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	from := store.CursorOf(s.Cursor())
	f, n, err := parseScan(s)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	next, err := f.list(c, from, n, list)
	if err != nil {
		list.Done().Release()
		return reply.Err(err)
	}
	return reply.Of(reply.Text(strconv.FormatUint(next.Number(), 10)), list.Done())
}

func parseScan(s arg.Scanner) (f filter, n int64, err error) {
	n = 10
	for s.More() {
		switch {
		case s.WordWith("COUNT", 1):
			if n = s.Int(); n < 1 {
				s.Fail(arg.SyntaxError)
			}
		case s.WordWith("MATCH", 1):
			f.match(s.Bytes())
		case s.WordWith("TYPE", 1):
			f.typ = s.Bytes()
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return f, n, s.Err()
}

func randomKey(c *cmd.Call) reply.Reply {
	name, ok, err := c.Tx.RandomKey(c.DB)
	switch {
	case err != nil:
		return reply.Err(err)
	case !ok:
		return reply.Nil()
	}
	return reply.Bytes(append([]byte{}, name...))
}
