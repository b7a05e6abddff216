package clusters

import (
	"larder/resp/cmd"
	"larder/resp/reply"
)

// readOnly would let a replica answer; a master answers all the same. CLIENT LIST shows it.
func readOnly(c *cmd.Call) reply.Reply {
	c.Client.ReadOnly.Store(true)
	return reply.OK()
}

func readWrite(c *cmd.Call) reply.Reply {
	c.Client.ReadOnly.Store(false)
	return reply.OK()
}

// asking would let the next command touch a slot that is on its way here; none ever is.
func asking(*cmd.Call) reply.Reply { return reply.OK() }
