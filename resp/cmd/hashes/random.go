package hashes

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func hrandfield(c *cmd.Call) reply.Reply {
	return c.Random(func() (cmd.Drawer, error) { return open(c) }, "WITHVALUES", func(list *reply.List) func(store.Item) {
		if c.Proto == 3 {
			return func(it store.Item) { list.Reply(reply.Of(reply.Bytes(it.Field), reply.Bytes(it.Value))) }
		}
		return func(it store.Item) { list.Bytes(it.Field); list.Bytes(it.Value) }
	})
}
