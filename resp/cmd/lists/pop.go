package lists

import (
	"bytes"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func lpop(c *cmd.Call) reply.Reply { return pop(c, store.Front) }
func rpop(c *cmd.Call) reply.Reply { return pop(c, store.Back) }

func pop(c *cmd.Call, end store.ListEnd) reply.Reply {
	if len(c.Args) > 3 {
		return c.WrongArity()
	}
	s := c.Scan(2)
	counted, n := s.More(), int64(1)
	if counted {
		n = s.IntIn(0, math.MaxInt64, "value is out of range, must be positive")
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	l, err := store.OpenList(c.Tx, c.Key(1))
	switch {
	case err != nil:
		return reply.Err(err)
	case !counted:
		return popOne(l, end)
	case !l.Exists():
		return reply.NilArray()
	}
	return popMany(c, l, end, n)
}

func popOne(l *store.ListKey, end store.ListEnd) reply.Reply {
	answer := reply.Nil()
	err := l.Pop(end, 1, func(v []byte) { answer = reply.Bytes(bytes.Clone(v)) })
	if err != nil {
		return reply.Err(err)
	}
	return answer
}

func popMany(c *cmd.Call, l *store.ListKey, end store.ListEnd, n int64) reply.Reply {
	list := c.List(reply.Array)
	if err := l.Pop(end, n, list.Bytes); err != nil {
		return reply.Err(err)
	}
	return list.Done()
}

// endOf reads LEFT or RIGHT.
func endOf(s *arg.Scanner) store.ListEnd {
	switch {
	case s.Word("LEFT"):
		return store.Front
	case s.Word("RIGHT"):
		return store.Back
	}
	s.Fail(arg.SyntaxError)
	return store.Front
}

func lmove(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	from := endOf(&s)
	to := endOf(&s)
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	answer, _ := move(c, from, to)
	return answer
}

func rpoplpush(c *cmd.Call) reply.Reply {
	answer, _ := move(c, store.Back, store.Front)
	return answer
}

// move moves an element. ok is false if there is none.
func move(c *cmd.Call, from, to store.ListEnd) (answer reply.Reply, ok bool) {
	value, ok, err := store.MoveElement(c.Tx, c.Key(1), c.Key(2), from, to)
	switch {
	case err != nil:
		return reply.Err(err), true
	case !ok:
		return reply.Nil(), false
	}
	if err := noteMove(c, from, to); err != nil {
		return reply.Err(err), true
	}
	return reply.Bytes(value), true
}

// noteMove announces a move as Redis does: the push before the pop.
func noteMove(c *cmd.Call, from, to store.ListEnd) error {
	if c.Heard == 0 {
		return nil
	}
	heads, err := c.Tx.Heads(nil, c.Key(1))
	if err != nil {
		return err
	}
	c.Notify([]string{store.Front: "l:lpush", store.Back: "l:rpush"}[to], c.Key(2))
	c.Notify([]string{store.Front: "l:lpop", store.Back: "l:rpop"}[from], c.Key(1))
	if !heads[0].Exists() {
		c.Notify("g:del", c.Key(1))
	}
	return nil
}
