package conns

import (
	"fmt"
	"strings"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func clientID(c *cmd.Call) reply.Reply { return reply.Integer(c.Client.ID) }

func getName(c *cmd.Call) reply.Reply {
	if name := c.Client.Info().Name; name != "" {
		return reply.Text(name)
	}
	return reply.Nil()
}

func setName(c *cmd.Call) reply.Reply {
	if !printable(c.Args[2]) {
		return reply.Fail("ERR Client names cannot contain spaces, newlines or special characters.")
	}
	c.Client.Change(func(i *cmd.ClientInfo) { i.Name = string(c.Args[2]) })
	return reply.OK()
}

func setInfo(c *cmd.Call) reply.Reply {
	name, value := strings.ToLower(string(c.Args[2])), c.Args[3]
	if name != "lib-name" && name != "lib-ver" {
		return reply.Failf("ERR Unrecognized option '%s'", c.Args[2])
	}
	if !printable(value) {
		return reply.Fail("ERR " + name + " cannot contain spaces, newlines or special characters.")
	}
	c.Client.Change(func(i *cmd.ClientInfo) {
		if name == "lib-name" {
			i.LibName = string(value)
		} else {
			i.LibVersion = string(value)
		}
	})
	return reply.OK()
}

func noEvict(c *cmd.Call) reply.Reply {
	on, ok := onOff(c)
	if !ok {
		return reply.Fail("ERR syntax error")
	}
	c.Client.NoEvict.Store(on)
	return reply.OK()
}

func noTouch(c *cmd.Call) reply.Reply {
	on, ok := onOff(c)
	if !ok {
		return reply.Fail("ERR syntax error")
	}
	c.Client.NoTouch.Store(on)
	return reply.OK()
}

func (f *family) info(c *cmd.Call) reply.Reply {
	return reply.VerbatimText("txt", Line(c.Client, time.Now())+"\n")
}

// list answers all clients, those of a type, or those of some ids.
func (f *family) list(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	chosen := func(*cmd.Client) bool { return true }
	switch {
	case !s.More():
	case s.Left() == 2 && s.Word("TYPE"):
		typ := s.Bytes()
		if !knownType(typ) {
			return reply.Failf("ERR Unknown client type '%s'", typ)
		}
		chosen = ofType(typ)
	case s.WordWith("ID", 1):
		ids := map[int64]bool{}
		for s.More() {
			ids[s.IntOr("Invalid client ID")] = true
		}
		chosen = func(o *cmd.Client) bool { return ids[o.ID] }
	default:
		s.Fail(arg.SyntaxError)
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	var lines strings.Builder
	now := time.Now()
	for _, other := range f.host.Clients() {
		if chosen(other) {
			lines.WriteString(Line(other, now) + "\n")
		}
	}
	return reply.VerbatimText("txt", lines.String())
}

// Line is one client as CLIENT LIST and CLIENT INFO print it.
// https://redis.io/docs/latest/commands/client-list/
func Line(c *cmd.Client, now time.Time) string {
	info := c.Info()
	used, free := c.Buffers()
	waiting, waitingBytes := c.Waiting()
	redirect := int64(-1)
	if tracking := c.TrackingState(); tracking.On {
		redirect = tracking.Redirect
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=%s db=%d sub=%d psub=%d ssub=%d "+
		"multi=%d "+
		"qbuf=%d qbuf-free=%d argv-mem=0 multi-mem=%d rbs=0 rbp=0 obl=0 oll=%d omem=%d tot-mem=%d events=r cmd=%s user=%s "+
		"redir=%d resp=%d lib-name=%s lib-ver=%s",
		c.ID, c.Addr, c.Local, c.FD, info.Name, int64(now.Sub(c.Created).Seconds()),
		(now.UnixMilli()-c.LastActive.Load())/1000,
		flags(c), c.DB.Load(), c.Subscriptions[0].Load(), c.Subscriptions[1].Load(), c.Subscriptions[2].Load(),
		c.Queued.Load(), used, free, c.QueuedBytes.Load(), waiting, waitingBytes, used+free+waitingBytes+c.QueuedBytes.Load(),
		c.Last(), info.User, redirect, c.Proto.Load(), info.LibName, info.LibVersion)
}

func flags(c *cmd.Client) string {
	var letters string
	tracking := c.TrackingState()
	for _, state := range []struct {
		on     bool
		letter string
	}{
		{c.Monitor.Load(), "O"}, {c.Subscribed(), "P"}, {c.Queued.Load() >= 0, "x"}, {c.Blocked.Load(), "b"},
		{tracking.On, "t"}, {tracking.Broken, "R"}, {tracking.Broadcast, "B"},
		{c.Disturbed != nil && c.Disturbed(), "d"}, {c.Killed.Load(), "c"}, {c.Unix, "U"},
		{c.ReadOnly.Load(), "r"}, {c.NoEvict.Load(), "e"}, {c.NoTouch.Load(), "T"},
	} {
		if state.on {
			letters += state.letter
		}
	}
	if letters == "" {
		return "N"
	}
	return letters
}
