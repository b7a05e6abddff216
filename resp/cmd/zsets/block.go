package zsets

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func bzpopmin(c *cmd.Call) reply.Reply { return bpop(c, false) }
func bzpopmax(c *cmd.Call) reply.Reply { return bpop(c, true) }

// bpop answers flat in either protocol.
func bpop(c *cmd.Call, highest bool) reply.Reply {
	p := cmd.Pops{Type: store.ZSet, Pop: func(names [][]byte, _ int64) (reply.Reply, bool) {
		return popFirst(c, names, func(z *store.ZSetKey, name []byte) (answer reply.Reply, err error) {
			err = z.Pop(highest, 1, func(member []byte, score float64) {
				answer = reply.Of(reply.Bytes(name), reply.Bytes(bytes.Clone(member)), reply.Float(score))
			})
			return answer, err
		})
	}}
	return p.WaitOne(c)
}

// popFirst pops from the first of the keys that is there. Keys behind it may hold anything.
func popFirst(c *cmd.Call, names [][]byte, pop func(z *store.ZSetKey, name []byte) (reply.Reply, error)) (reply.Reply,
	bool) {
	z, at, err := store.FirstZSet(c.Tx, c.KeysOf(names)...)
	switch {
	case z == nil && err != nil:
		return reply.Err(err), true
	case z == nil:
		return reply.NilArray(), false
	}
	answer, err := pop(z, names[at])
	if err != nil {
		answer.Release()
		return reply.Err(err), true
	}
	return answer, true
}

func zmpop(c *cmd.Call) reply.Reply  { return mpop(c).Now(c) }
func bzmpop(c *cmd.Call) reply.Reply { return mpop(c).Wait(c) }

// mpop answers in pairs always.
func mpop(c *cmd.Call) *cmd.Pops {
	highest := false
	return &cmd.Pops{
		Type: store.ZSet,
		Side: func(s *arg.Scanner) {
			if highest = s.Word("MAX"); !highest && !s.Word("MIN") {
				s.Fail(arg.SyntaxError)
			}
		},
		Pop: func(names [][]byte, count int64) (reply.Reply, bool) {
			if highest {
				c.Event = "z:zpopmax"
			}
			return popFirst(c, names, func(z *store.ZSetKey, name []byte) (reply.Reply, error) {
				list := c.List(reply.Array)
				err := z.Pop(highest, count, func(member []byte, score float64) {
					list.Reply(reply.Of(reply.Bytes(bytes.Clone(member)), reply.Float(score)))
				})
				return reply.Of(reply.Bytes(name), list.Done()), err
			})
		},
	}
}
