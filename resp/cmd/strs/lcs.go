package strs

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// lcsOptions are LCS's words.
type lcsOptions struct {
	length, index, withLength bool
	minLength                 int64
}

func parseLCS(s arg.Scanner) (lcsOptions, error) {
	var o lcsOptions
	for s.More() {
		switch {
		case s.Word("IDX"):
			o.index = true
		case s.Word("LEN"):
			o.length = true
		case s.Word("WITHMATCHLEN"):
			o.withLength = true
		case s.WordWith("MINMATCHLEN", 1):
			o.minLength = max(s.Int(), 0)
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if o.index && o.length {
		s.Fail("If you want both the length and indexes, please just use IDX.")
	}
	return o, s.Err()
}

func lcs(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(1), c.Key(2))
	if err != nil {
		return reply.Err(err)
	}
	for _, h := range heads {
		if h.Exists() && h.Type != store.String {
			return reply.Fail("ERR The specified keys must contain string values")
		}
	}
	o, err := parseLCS(c.Scan(3))
	if err != nil {
		return reply.Err(err)
	}
	if 4*(heads[0].Len+1)*(heads[1].Len+1) > store.LimitsOf(c.Tx).ProtoMaxBulkLen {
		return reply.Fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
	}
	a, err := store.AppendString(nil, c.Tx, heads[0], 0, heads[0].Len)
	if err != nil {
		return reply.Err(err)
	}
	b, err := store.AppendString(nil, c.Tx, heads[1], 0, heads[1].Len)
	if err != nil {
		return reply.Err(err)
	}
	return newAlignment(a, b).answer(c, o)
}

func (t *alignment) answer(c *cmd.Call, o lcsOptions) reply.Reply {
	switch {
	case o.length:
		return reply.Integer(t.length())
	case !o.index:
		return reply.Bytes(t.common())
	}
	matches := c.List(reply.Array)
	t.matches(func(m match) {
		if m.length() < o.minLength {
			return
		}
		parts := []reply.Reply{m.inA(), m.inB()}
		if o.withLength {
			parts = append(parts, reply.Integer(m.length()))
		}
		matches.Reply(reply.Of(parts...))
	})
	return reply.MapOf(reply.Text("matches"), matches.Done(), reply.Text("len"), reply.Integer(t.length()))
}
