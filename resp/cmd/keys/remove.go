package keys

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// del is DEL and UNLINK: dropping a key is O(1) whatever it holds.
func del(c *cmd.Call) reply.Reply {
	n, err := c.Tx.Drop(c.KeysFrom(1)...)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// exists is EXISTS and TOUCH: a key named twice counts twice.
func exists(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.KeysFrom(1)...)
	if err != nil {
		return reply.Err(err)
	}
	n := 0
	for i := range heads {
		if heads[i].Exists() {
			n++
		}
	}
	return reply.Integer(n)
}

func typeOf(c *cmd.Call) reply.Reply {
	h, err := head(c, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return reply.Word(h.Type.String())
}

// head reads one head.
func head(c *cmd.Call, key store.Key) (store.Head, error) {
	heads, err := c.Tx.Heads(nil, key)
	if err != nil {
		return store.Head{}, err
	}
	return heads[0], nil
}
