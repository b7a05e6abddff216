package lists

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func llen(c *cmd.Call) reply.Reply {
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(l.Len())
}

// lindex looks at its index only when there is a list, as Redis does; so does lset.
func lindex(c *cmd.Call) reply.Reply {
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !l.Exists() {
		return reply.Nil()
	}
	i, ok := arg.ParseInt(c.Args[2])
	if !ok {
		return reply.Err(store.Invalid(arg.NotInteger))
	}
	value, ok, err := l.Index(i)
	switch {
	case err != nil:
		return reply.Err(err)
	case !ok:
		return reply.Nil()
	}
	return reply.Bytes(value)
}

func lset(c *cmd.Call) reply.Reply {
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !l.Exists() {
		return reply.Err(store.Invalid("no such key"))
	}
	i, ok := arg.ParseInt(c.Args[2])
	if !ok {
		return reply.Err(store.Invalid(arg.NotInteger))
	}
	ok, err = l.Set(i, c.Args[3])
	switch {
	case err != nil:
		return reply.Err(err)
	case !ok:
		return reply.Err(store.Invalid("index out of range"))
	}
	return reply.OK()
}

// bounds reads LRANGE's and LTRIM's start and stop and then opens the list.
func bounds(c *cmd.Call) (l *store.ListKey, start, stop int64, err error) {
	s := c.Scan(2)
	start, stop = s.Int(), s.Int()
	if err := s.End(); err != nil {
		return nil, 0, 0, err
	}
	l, err = store.OpenList(c.Tx, c.Key(1))
	return l, start, stop, err
}

func lrange(c *cmd.Call) reply.Reply {
	l, start, stop, err := bounds(c)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	for it, err := range l.Slice(start, stop) {
		if err != nil {
			return reply.Err(err)
		}
		list.Bytes(it.Value)
	}
	return list.Done()
}

func ltrim(c *cmd.Call) reply.Reply {
	l, start, stop, err := bounds(c)
	if err != nil {
		return reply.Err(err)
	}
	if err := l.Trim(start, stop); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}
