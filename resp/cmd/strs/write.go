package strs

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// set reads the old head only when an option asks about it.
func set(c *cmd.Call) reply.Reply {
	if len(c.Args) == 3 {
		return unless(store.SetString(c.Tx, c.Key(1), c.Args[2], 0), reply.OK())
	}
	o, err := parseOptions(c.Scan(3), forSet)
	if err != nil {
		return reply.Err(err)
	}
	at, err := o.expiry.at(c)
	if err != nil {
		return reply.Err(err)
	}
	if o.nx || o.xx || o.get || o.keepTTL || o.condition.asked {
		return setKnowing(c, o, at)
	}
	return o.expiry.noted(c, unless(store.SetString(c.Tx, c.Key(1), c.Args[2], at), reply.OK()))
}

// setKnowing is SET with options about the old value. Only GET and conditions on the value mind its type.
func setKnowing(c *cmd.Call, o options, at int64) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	old := heads[0]
	answer, refused := reply.OK(), reply.Nil()
	if o.get {
		answer = whole(c.Tx, old)
		refused = answer
	}
	if o.nx && old.Exists() || o.xx && !old.Exists() || answer.IsError() {
		return refused
	}
	if o.condition.asked {
		if holds, err := o.condition.holds(c.Tx, old); err != nil || !holds {
			answer.Release()
			return unless(err, refused)
		}
	}
	if o.keepTTL {
		at = old.ExpireAt
	}
	return o.expiry.noted(c, unless(store.SetString(c.Tx, c.Key(1), c.Args[2], at), answer))
}

func setNX(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if heads[0].Exists() {
		return reply.Integer(0)
	}
	return unless(store.SetString(c.Tx, c.Key(1), c.Args[2], 0), reply.Integer(1))
}

func setEX(c *cmd.Call) reply.Reply  { return setWithTime(c, ex) }
func pSetEX(c *cmd.Call) reply.Reply { return setWithTime(c, px) }

func setWithTime(c *cmd.Call, f form) reply.Reply {
	e := expiry{form: f, value: c.Args[2]}
	at, err := e.at(c)
	if err != nil {
		return reply.Err(err)
	}
	return e.noted(c, unless(store.SetString(c.Tx, c.Key(1), c.Args[3], at), reply.OK()))
}

func getSet(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	old := whole(c.Tx, b.Head())
	return unless(store.SetString(c.Tx, c.Key(1), c.Args[2], 0), old)
}

func mset(c *cmd.Call) reply.Reply {
	if len(c.Args)%2 == 0 {
		return c.WrongArity()
	}
	return unless(setPairs(c), reply.OK())
}

func msetNX(c *cmd.Call) reply.Reply {
	if len(c.Args)%2 == 0 {
		return c.WrongArity()
	}
	names := make([][]byte, 0, len(c.Args)/2)
	for i := 1; i < len(c.Args); i += 2 {
		names = append(names, c.Args[i])
	}
	heads, err := c.Tx.Heads(nil, c.KeysOf(names)...)
	if err != nil {
		return reply.Err(err)
	}
	for _, h := range heads {
		if h.Exists() {
			return reply.Integer(0)
		}
	}
	return unless(setPairs(c), reply.Integer(1))
}

func setPairs(c *cmd.Call) error {
	for i := 1; i < len(c.Args); i += 2 {
		if err := store.SetString(c.Tx, c.Key(i), c.Args[i+1], 0); err != nil {
			return err
		}
	}
	return nil
}

func appendTo(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	n, err := b.Append(c.Args[2])
	return unless(err, reply.Integer(n))
}

func setRange(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	off := s.Int()
	if off < 0 {
		s.Fail("offset is out of range")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if value := c.Args[3]; len(value) > 0 {
		err = b.WriteAt(off, value)
	}
	return unless(err, reply.Integer(b.Len()))
}
