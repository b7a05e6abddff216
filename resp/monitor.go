package resp

import (
	"larder/resp/cmd"
	"larder/resp/reply"
)

// origin is where the session's commands come from, for MONITOR.
func (s *session) origin() string {
	if s.client.Unix {
		return "unix:" + s.server.params.String("unixsocket")
	}
	return s.client.Addr
}

// monitorRow is MONITOR, which works on the session itself.
func (s *Server) monitorRow() cmd.Spec {
	return cmd.Spec{Name: "MONITOR", Arity: 1, Flags: cmd.Admin | cmd.NoScript | cmd.Loading | cmd.Stale, Run: seeAll,
		Group: "server", Since: "1.0.0",
		Summary: "Listens for all requests received by the server in real-time."}
}

func seeAll(c *cmd.Call) reply.Reply {
	s := c.Owner.(*session)
	switch {
	case c.Nested:
		return reply.Fail("ERR MONITOR isn't allowed for DENY BLOCKING client")
	case c.Client.Monitor.Load():
		return reply.Nothing() // so does Redis: what follows is the stream
	}
	c.Client.Monitor.Store(true)
	c.After(func() { s.server.observers.Monitors.Add(s.out) })
	return reply.OK()
}
