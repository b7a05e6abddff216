package hashes

import (
	"bytes"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func open(c *cmd.Call) (*store.HashKey, error) { return store.OpenHash(c.Tx, c.Key(1)) }

// fields looks up all arguments from the second on.
func fields(c *cmd.Call) ([]store.Item, error) {
	h, err := open(c)
	if err != nil {
		return nil, err
	}
	return h.Get(c.Args[2:]...)
}

func hget(c *cmd.Call) reply.Reply {
	found, err := fields(c)
	switch {
	case err != nil:
		return reply.Err(err)
	case !found[0].Found:
		return reply.Nil()
	}
	return reply.Bytes(bytes.Clone(found[0].Value))
}

func hmget(c *cmd.Call) reply.Reply {
	found, err := fields(c)
	list := c.List(reply.Array)
	for _, it := range found {
		if it.Found {
			list.Bytes(it.Value)
		} else {
			list.Nil()
		}
	}
	return list.End(err)
}

func hexists(c *cmd.Call) reply.Reply {
	found, err := fields(c)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Truth(found[0].Found)
}

func hstrlen(c *cmd.Call) reply.Reply {
	found, err := fields(c)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(len(found[0].Value))
}

func hlen(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	n, err := h.Live()
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func hgetall(c *cmd.Call) reply.Reply {
	return all(c, reply.Map, func(to *reply.List, it store.Item) {
		to.Bytes(it.Field)
		to.Bytes(it.Value)
	})
}

func hkeys(c *cmd.Call) reply.Reply {
	return all(c, reply.Array, func(to *reply.List, it store.Item) { to.Bytes(it.Field) })
}

func hvals(c *cmd.Call) reply.Reply {
	return all(c, reply.Array, func(to *reply.List, it store.Item) { to.Bytes(it.Value) })
}

func all(c *cmd.Call, kind reply.Kind, add func(*reply.List, store.Item)) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(kind)
	for it, err := range h.All() {
		if err != nil {
			return list.End(err)
		}
		add(list, it)
	}
	return list.Done()
}
