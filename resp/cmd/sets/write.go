package sets

import (
	"bytes"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func sadd(c *cmd.Call) reply.Reply { return change(c, (*store.SetKey).Add) }
func srem(c *cmd.Call) reply.Reply { return change(c, (*store.SetKey).Remove) }

func change(c *cmd.Call, do func(*store.SetKey, ...[]byte) (int64, error)) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	n, err := do(set, c.Args[2:]...)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// smove does not look at the destination unless there is a source, as Redis does.
func smove(c *cmd.Call) reply.Reply {
	from, err := open(c)
	switch {
	case err != nil:
		return reply.Err(err)
	case !from.Exists():
		return reply.Integer(0)
	case bytes.Equal(c.Args[1], c.Args[2]):
		return contains(from, c.Args[3])
	}
	to, err := store.OpenSet(c.Tx, c.Key(2))
	if err != nil {
		return reply.Err(err)
	}
	n, err := from.Remove(c.Args[3])
	if err == nil && n > 0 {
		c.Event = "s:sadd"
		_, err = to.Add(c.Args[3])
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func contains(set *store.SetKey, member []byte) reply.Reply {
	found, err := set.Get(member)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Truth(found[0].Found)
}
