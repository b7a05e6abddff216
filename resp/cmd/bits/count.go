package bits

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// stretch is a range as BITCOUNT and BITPOS take it: from start to end, both included, from the end if negative, in
// bytes or bits.
type stretch struct {
	start, end int64
	ends       bool // end was given
	unit       int64
}

// whole is all of a string.
func whole() stretch { return stretch{end: -1, unit: 8} }

// readUnit reads BYTE or BIT.
func readUnit(s *arg.Scanner) int64 {
	switch {
	case s.Word("BIT"):
		return 1
	case !s.Word("BYTE"):
		s.Fail(arg.SyntaxError)
	}
	return 8
}

// bits is the range in bits of a string of n bytes, its end not included; empty if from is not less than to.
func (r stretch) bits(n int64) (from, to int64) {
	total := n * 8 / r.unit
	start, end := r.start, r.end
	if start < 0 {
		start = max(start+total, 0)
	}
	if end < 0 {
		end = max(end+total, 0)
	}
	end = min(end, total-1)
	if start > end {
		return 0, 0
	}
	return start * r.unit, (end + 1) * r.unit
}

// bitCount minds its arguments before it looks at the key, as 7.2 does; 7.0 the other way round.
func bitCount(c *cmd.Call) reply.Reply {
	r := whole()
	s := c.Scan(2)
	if s.More() {
		if s.Left() < 2 {
			s.Fail(arg.SyntaxError)
		}
		if s.Left() > 3 {
			s.Fail(arg.SyntaxError)
		}
		r.start, r.end = s.Int(), s.Int()
		if s.More() {
			r.unit = readUnit(&s)
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	from, to := r.bits(b.Len())
	if r.start < 0 && r.end < 0 && r.start > r.end || from >= to {
		return reply.Integer(0)
	}
	n, err := b.CountBits(from, to)
	return unless(err, reply.Integer(n))
}

func bitPos(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	bit := s.Int()
	if s.Err() == nil && bit != 0 && bit != 1 {
		s.Fail("The bit argument must be 1 or 0.")
	}
	r := rangeOfPos(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !b.Exists() {
		return reply.Integer(-bit)
	}
	from, to := r.bits(b.Len())
	if from >= to {
		return reply.Integer(-1)
	}
	at, err := b.FindBit(byte(bit), from, to)
	if at < 0 && bit == 0 && !r.ends {
		at = b.Len() * 8 // what follows the string is zeros, unless its end was named
	}
	return unless(err, reply.Integer(at))
}

// rangeOfPos reads what may follow the bit. The unit is minded before the end.
func rangeOfPos(s *arg.Scanner) stretch {
	r := whole()
	if !s.More() {
		return r
	}
	if s.Left() > 3 {
		s.Fail(arg.SyntaxError)
	}
	r.start = s.Int()
	end := s.Take(min(s.Left(), 1))
	if s.More() {
		r.unit = readUnit(s)
	}
	if r.ends = len(end) > 0; r.ends && s.Err() == nil {
		n, ok := arg.ParseInt(end[0])
		if !ok {
			s.Fail(arg.NotInteger)
		}
		r.end = n
	}
	return r
}
