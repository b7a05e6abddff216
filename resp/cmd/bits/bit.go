package bits

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const (
	badOffset = "bit offset is not an integer or out of range"
	badBit    = "bit is not an integer or out of range"
)

// offset reads where a bit lies, which must be inside the longest string. In units of width bits if that is
// not 0 and the argument begins with #.
func offset(c *cmd.Call, s *arg.Scanner, width int64) int64 {
	text, unit := s.Bytes(), int64(1)
	if width != 0 && len(text) > 0 && text[0] == '#' {
		text, unit = text[1:], width
	}
	longest := 8 * store.LimitsOf(c.Tx).ProtoMaxBulkLen
	n, ok := arg.ParseInt(text)
	if !ok || n < 0 || n > (longest-1)/unit {
		s.Fail(badOffset)
		return 0
	}
	return n * unit
}

func setBit(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	field := store.BitField{Off: offset(c, &s, 0), Width: 1}
	bit := s.IntIn(0, 1, badBit)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	old, err := b.Bit(field.Off)
	if err == nil && (int64(old) != bit || field.Size() > b.Len()) {
		err = b.SetField(field, bit)
	}
	return unless(err, reply.Integer(old))
}

func getBit(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	off := offset(c, &s, 0)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	bit, err := b.Bit(off)
	return unless(err, reply.Integer(bit))
}

// unless answers r, or err if there is one.
func unless(err error, r reply.Reply) reply.Reply {
	if err != nil {
		r.Release()
		return reply.Err(err)
	}
	return r
}
