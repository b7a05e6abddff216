package strs

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// inMemory is the longest string answered from memory; longer ones are streamed.
const inMemory = 1 << 20

// content answers the bytes from from up to to of a string. They are copied because the
// reply outlives the transaction.
func content(tx store.Tx, h store.Head, from, to int64) reply.Reply {
	if to-from > inMemory {
		r, err := reply.Stream(to-from, store.StringPieces(tx, h, from, to))
		if err != nil {
			return reply.Err(err)
		}
		return r
	}
	b, err := store.AppendString(nil, tx, h, from, to)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Bytes(b)
}

// whole answers all of a string, nil if the key is absent.
func whole(tx store.Tx, h store.Head) reply.Reply {
	switch h.Type {
	case store.None:
		return reply.Nil()
	case store.String:
		return content(tx, h, 0, h.Len)
	}
	return reply.Err(store.ErrWrongType)
}

// unless answers r, or err if there is one.
func unless(err error, r reply.Reply) reply.Reply {
	if err != nil {
		r.Release()
		return reply.Err(err)
	}
	return r
}

func get(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return whole(c.Tx, b.Head())
}

func getDel(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !b.Exists() {
		return reply.Nil()
	}
	old := whole(c.Tx, b.Head())
	return unless(b.Drop(), old)
}

func getEx(c *cmd.Call) reply.Reply {
	o, err := parseOptions(c.Scan(2), forGet)
	if err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !b.Exists() {
		return reply.Nil()
	}
	at, err := o.expiry.at(c)
	if err != nil {
		return reply.Err(err)
	}
	value := whole(c.Tx, b.Head())
	switch {
	case o.expiry.given() && at <= c.Tx.Now().UnixMilli():
		return unless(b.Drop(), value)
	case o.expiry.given():
		return unless(b.Expire(at), value)
	case o.persist && b.Head().ExpireAt != 0:
		c.Event = "g:persist"
		return unless(b.Expire(0), value)
	}
	return value
}

func mget(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.KeysFrom(1)...)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	var room []byte
	for _, h := range heads {
		switch {
		case h.Type != store.String:
			list.Nil()
		case h.Len > inMemory:
			err = list.Stream(h.Len, store.StringPieces(c.Tx, h, 0, h.Len))
		default:
			room, err = store.AppendString(room[:0], c.Tx, h, 0, h.Len)
			list.Bytes(room)
		}
		if err != nil {
			return unless(err, list.Done())
		}
	}
	return list.Done()
}

func strLen(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(b.Len())
}

func getRange(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	start, end := s.Int(), s.Int()
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	from, to := span(start, end, b.Len())
	if from >= to {
		return reply.Text("")
	}
	return content(c.Tx, b.Head(), from, to)
}

// span turns GETRANGE's ends, counted from the end if negative and both included, into
// offsets of a string of n bytes, the second not included.
func span(start, end, n int64) (from, to int64) {
	if start < 0 && end < 0 && start > end {
		return 0, 0
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	return start, min(end, n-1) + 1
}
