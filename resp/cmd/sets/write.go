package sets

import (
	"bytes"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func srem(c *cmd.Call) reply.Reply { return change(c, (*store.SetKey).Remove) }

func sadd(c *cmd.Call) reply.Reply {
	return change(c, func(s *store.SetKey, members ...[]byte) (int64, error) {
		n, err := s.Add(members...)
		if n == 0 && err == nil {
			err = s.Fit(int64(len(members)))
		}
		return n, err
	})
}

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
	found, err := from.GetTimed(c.Args[3])
	switch {
	case err != nil:
		return reply.Err(err)
	case !found[0].Found:
		return reply.Integer(0)
	}
	n, err := from.Remove(c.Args[3])
	if err == nil {
		err = arrive(c, to, int64(found[0].Score))
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

// arrive puts a member that has moved, and that expires at a time, where it is to be.
func arrive(c *cmd.Call, to *store.SetKey, at int64) error {
	was, err := to.GetTimed(c.Args[3])
	if err != nil {
		return err
	}
	switch {
	case !was[0].Found:
		c.Event = "s:sadd"
	case at != 0:
		c.Event = "s:sexpire"
	default:
		c.Event = "s:spersist"
	}
	if _, err = to.AddExpiring(at, false, c.Args[3]); err == nil && at != 0 && !was[0].Found {
		c.Notify("s:sexpire", c.Key(2))
	}
	return err
}

func contains(set *store.SetKey, member []byte) reply.Reply {
	found, err := set.Get(member)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Truth(found[0].Found)
}
