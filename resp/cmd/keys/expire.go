package keys

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// clock says how a command writes a time: its unit in milliseconds, and whether it counts
// from now or from 1970.
type clock struct {
	unit     int64
	relative bool
}

func expire(c *cmd.Call) reply.Reply    { return setExpiry(c, clock{1000, true}) }
func pExpire(c *cmd.Call) reply.Reply   { return setExpiry(c, clock{1, true}) }
func expireAt(c *cmd.Call) reply.Reply  { return setExpiry(c, clock{1000, false}) }
func pExpireAt(c *cmd.Call) reply.Reply { return setExpiry(c, clock{1, false}) }

func setExpiry(c *cmd.Call, cl clock) reply.Reply {
	cond, err := parseCondition(c.Scan(3))
	if err != nil {
		return reply.Err(err)
	}
	now := c.Tx.Now().UnixMilli()
	when, err := cl.read(c, now)
	if err != nil {
		return reply.Err(err)
	}
	h, err := head(c, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !h.Exists() || !cond.allows(h.ExpireAt, when) {
		return reply.Integer(0)
	}
	if when <= now {
		_, err = c.Tx.Drop(c.Key(1))
	} else {
		h.ExpireAt = when
		err = c.Tx.PutHead(c.Key(1), h)
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

// read turns the command's time into Unix milliseconds. Times in the past are fine.
func (cl clock) read(c *cmd.Call, now int64) (int64, error) {
	s := c.Scan(2)
	n := s.Int()
	base := int64(0)
	if cl.relative {
		base = now
	}
	if n > math.MaxInt64/cl.unit || n < math.MinInt64/cl.unit || n*cl.unit > math.MaxInt64-base {
		s.Fail("invalid expire time in '" + c.LowerName() + "' command")
	}
	return n*cl.unit + base, s.Err()
}

// condition is what EXPIRE's options ask of the expiry there is.
type condition struct{ nx, xx, gt, lt bool }

func parseCondition(s arg.Scanner) (condition, error) {
	var o condition
	for s.More() {
		switch {
		case s.Word("NX"):
			o.nx = true
		case s.Word("XX"):
			o.xx = true
		case s.Word("GT"):
			o.gt = true
		case s.Word("LT"):
			o.lt = true
		default:
			s.Fail("Unsupported option " + reply.Quote(s.Peek()))
		}
	}
	if o.nx && (o.xx || o.gt || o.lt) {
		s.Fail("NX and XX, GT or LT options at the same time are not compatible")
	}
	if o.gt && o.lt {
		s.Fail("GT and LT options at the same time are not compatible")
	}
	return o, s.Err()
}

// allows compares the time there is, 0 for never, with the new one.
func (o condition) allows(current, when int64) bool {
	switch {
	case o.nx && current != 0:
		return false
	case o.xx && current == 0:
		return false
	case o.gt && (current == 0 || when <= current):
		return false
	case o.lt && current != 0 && when >= current:
		return false
	}
	return true
}

func persist(c *cmd.Call) reply.Reply {
	h, err := head(c, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if h.ExpireAt == 0 {
		return reply.Integer(0)
	}
	h.ExpireAt = 0
	if err := c.Tx.PutHead(c.Key(1), h); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

func ttl(c *cmd.Call) reply.Reply         { return getExpiry(c, clock{1000, true}) }
func pTTL(c *cmd.Call) reply.Reply        { return getExpiry(c, clock{1, true}) }
func expireTime(c *cmd.Call) reply.Reply  { return getExpiry(c, clock{1000, false}) }
func pExpireTime(c *cmd.Call) reply.Reply { return getExpiry(c, clock{1, false}) }

// getExpiry answers -2 for no key, -1 for a key that stays, and rounds to the nearest unit.
func getExpiry(c *cmd.Call, cl clock) reply.Reply {
	h, err := head(c, c.Key(1))
	switch {
	case err != nil:
		return reply.Err(err)
	case !h.Exists():
		return reply.Integer(-2)
	case h.ExpireAt == 0:
		return reply.Integer(-1)
	}
	n := h.ExpireAt
	if cl.relative {
		n = max(n-c.Tx.Now().UnixMilli(), 0)
	}
	return reply.Integer((n + cl.unit/2) / cl.unit)
}
