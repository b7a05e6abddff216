package sets

import (
	"iter"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// pages is the result of a set operation, in bounded pieces.
type pages = iter.Seq2[[]store.Item, error]

func sinter(c *cmd.Call) reply.Reply { return answer(c, (*store.Sets).Inter) }
func sunion(c *cmd.Call) reply.Reply { return answer(c, (*store.Sets).Union) }
func sdiff(c *cmd.Call) reply.Reply  { return answer(c, (*store.Sets).Diff) }

func sinterstore(c *cmd.Call) reply.Reply { return keep(c, (*store.Sets).StoreInter) }
func sunionstore(c *cmd.Call) reply.Reply { return keep(c, (*store.Sets).StoreUnion) }
func sdiffstore(c *cmd.Call) reply.Reply  { return keep(c, (*store.Sets).StoreDiff) }

func answer(c *cmd.Call, op func(*store.Sets) pages) reply.Reply {
	sets, err := store.OpenSets(c.Tx, c.KeysFrom(1)...)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Set)
	for page, err := range op(sets) {
		if err != nil {
			return list.End(err)
		}
		for _, it := range page {
			list.Bytes(it.Field)
		}
	}
	return list.Done()
}

func keep(c *cmd.Call, op func(*store.Sets, store.Key) (int64, error)) reply.Reply {
	sets, err := store.OpenSets(c.Tx, c.KeysFrom(2)...)
	if err != nil {
		return reply.Err(err)
	}
	n, err := op(sets, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func sintercard(c *cmd.Call) reply.Reply { return card(c, (*store.Sets).Inter, false) }
func sdiffcard(c *cmd.Call) reply.Reply  { return card(c, (*store.Sets).Diff, false) }

// sunioncard takes APPROX, and counts exactly all the same: no estimate is nearer.
func sunioncard(c *cmd.Call) reply.Reply { return card(c, (*store.Sets).Union, true) }

// card counts the result of a set operation, no further than the limit.
func card(c *cmd.Call, op func(*store.Sets) pages, approximates bool) reply.Reply {
	s := c.Scan(1)
	numKeys := s.IntIn(1, math.MaxInt64, "numkeys should be greater than 0")
	if numKeys > int64(s.Left()) {
		s.Fail("Number of keys can't be greater than number of args")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	keys, limit := c.KeysOf(s.Take(int(numKeys))), int64(0)
	for s.More() {
		switch {
		case s.WordWith("LIMIT", 1):
			limit = s.IntIn(0, math.MaxInt64, "LIMIT can't be negative")
		case approximates && s.Word("APPROX"):
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	sets, err := store.OpenSets(c.Tx, keys...)
	if err != nil {
		return reply.Err(err)
	}
	n := int64(0)
	for page, err := range op(sets) {
		if err != nil {
			return reply.Err(err)
		}
		if n += int64(len(page)); limit > 0 && n >= limit {
			return reply.Integer(limit)
		}
	}
	return reply.Integer(n)
}
