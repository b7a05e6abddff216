package lists

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func lpush(c *cmd.Call) reply.Reply  { return push(c, store.Front, false) }
func rpush(c *cmd.Call) reply.Reply  { return push(c, store.Back, false) }
func lpushx(c *cmd.Call) reply.Reply { return push(c, store.Front, true) }
func rpushx(c *cmd.Call) reply.Reply { return push(c, store.Back, true) }

func push(c *cmd.Call, end store.ListEnd, onlyExisting bool) reply.Reply {
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if onlyExisting && !l.Exists() {
		return reply.Integer(0)
	}
	if err := l.Push(end, c.Args[2:]...); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(l.Len())
}

func linsert(c *cmd.Call) reply.Reply {
	before := arg.Is(c.Args[2], "BEFORE")
	if !before && !arg.Is(c.Args[2], "AFTER") {
		return reply.Err(store.Invalid(arg.SyntaxError))
	}
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	n, err := l.Insert(before, c.Args[3], c.Args[4])
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}
