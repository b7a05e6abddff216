package zsets

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func zrandmember(c *cmd.Call) reply.Reply {
	open := func() (cmd.Drawer, error) { return store.OpenZSet(c.Tx, c.Key(1)) }
	return c.Random(open, "WITHSCORES", func(list *reply.List) func(store.Item) {
		return func(it store.Item) { list.Pair(it.Field, it.Score) }
	})
}
