package zsets

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func zcard(c *cmd.Call) reply.Reply {
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(z.Len())
}

func scoreReply(it store.Item) reply.Reply {
	if !it.Found {
		return reply.Nil()
	}
	return reply.Float(it.Score)
}

// scores looks up the members named from argument 2 on.
func scores(c *cmd.Call) ([]store.Item, error) {
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return nil, err
	}
	return z.Scores(c.Args[2:]...)
}

func zscore(c *cmd.Call) reply.Reply {
	items, err := scores(c)
	if err != nil {
		return reply.Err(err)
	}
	return scoreReply(items[0])
}

func zmscore(c *cmd.Call) reply.Reply {
	items, err := scores(c)
	if err != nil {
		return reply.Err(err)
	}
	elems := make([]reply.Reply, len(items))
	for i, it := range items {
		elems[i] = scoreReply(it)
	}
	return reply.Of(elems...)
}

func zrank(c *cmd.Call) reply.Reply    { return rank(c, false) }
func zrevrank(c *cmd.Call) reply.Reply { return rank(c, true) }

func rank(c *cmd.Call, reverse bool) reply.Reply {
	withScore := len(c.Args) == 4
	switch {
	case len(c.Args) > 4:
		return c.WrongArity()
	case withScore && !arg.Is(c.Args[3], "WITHSCORE"):
		return reply.Err(store.Invalid(arg.SyntaxError))
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	n, score, ok, err := z.Rank(c.Args[2], reverse)
	switch {
	case err != nil:
		return reply.Err(err)
	case !ok && withScore:
		return reply.NilArray()
	case !ok:
		return reply.Nil()
	case withScore:
		return reply.Of(reply.Integer(n), reply.Float(score))
	}
	return reply.Integer(n)
}
