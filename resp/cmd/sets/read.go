package sets

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func open(c *cmd.Call) (*store.SetKey, error) { return store.OpenSet(c.Tx, c.Key(1)) }

func scard(c *cmd.Call) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	n, err := set.Live()
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// members looks up all arguments from the second on.
func members(c *cmd.Call) ([]store.Item, error) {
	set, err := open(c)
	if err != nil {
		return nil, err
	}
	return set.Get(c.Args[2:]...)
}

func sismember(c *cmd.Call) reply.Reply {
	found, err := members(c)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Truth(found[0].Found)
}

func smismember(c *cmd.Call) reply.Reply {
	found, err := members(c)
	list := c.List(reply.Array)
	for _, it := range found {
		list.Reply(reply.Truth(it.Found))
	}
	return list.End(err)
}

func smembers(c *cmd.Call) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Set)
	for it, err := range set.All() {
		if err != nil {
			return list.End(err)
		}
		list.Bytes(it.Field)
	}
	return list.Done()
}
