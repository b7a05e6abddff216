package resp

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
)

// monitors are the sessions that see every command. For any goroutine.
type monitors struct {
	count    atomic.Int64 // 0 lets commands pass without the lock
	mu       sync.Mutex
	sessions map[*session]struct{}
}

func newMonitors() *monitors { return &monitors{sessions: map[*session]struct{}{}} }

func (m *monitors) add(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s] = struct{}{}
	m.count.Store(int64(len(m.sessions)))
}

func (m *monitors) remove(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, s)
	m.count.Store(int64(len(m.sessions)))
}

// show sends a command to all monitors. from is the client's address, or "lua".
func (m *monitors) show(db int, from string, args [][]byte) {
	if m.count.Load() == 0 {
		return
	}
	line := monitorLine(time.Now(), db, from, args)
	m.mu.Lock()
	defer m.mu.Unlock()
	for s := range m.sessions {
		s.out.Push(line)
	}
}

// origin is where the session's commands come from, for MONITOR.
func (s *session) origin() string {
	if s.client.Unix {
		return "unix:" + s.server.params.String("unixsocket")
	}
	return s.client.Addr
}

// monitorLine is one command as MONITOR prints it.
// https://redis.io/docs/latest/commands/monitor/
func monitorLine(now time.Time, db int, from string, args [][]byte) []byte {
	line := fmt.Appendf(nil, "+%d.%06d [%d %s]", now.Unix(), now.Nanosecond()/1000, db, from)
	for _, a := range args {
		line = appendQuoted(append(line, ' '), a)
	}
	return append(line, '\r', '\n')
}

// appendQuoted is sdscatrepr: the argument on one line of printable characters.
func appendQuoted(dst, arg []byte) []byte {
	dst = append(dst, '"')
	for _, c := range arg {
		switch {
		case c == '\\' || c == '"':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\a':
			dst = append(dst, `\a`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c < ' ' || c > '~':
			dst = append(dst, `\x`...)
			if c < 0x10 {
				dst = append(dst, '0')
			}
			dst = strconv.AppendUint(dst, uint64(c), 16)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// monitorRow is MONITOR, which works on the session itself.
func (s *Server) monitorRow() cmd.Spec {
	return cmd.Spec{Name: "MONITOR", Arity: 1, Flags: cmd.Admin | cmd.NoScript | cmd.Loading | cmd.Stale, Run: monitor, Group: "server", Since: "1.0.0",
		Summary: "Listens for all requests received by the server in real-time."}
}

func monitor(c *cmd.Call) reply.Reply {
	s := c.Owner.(*session)
	switch {
	case c.Nested:
		return reply.Fail("ERR MONITOR isn't allowed for DENY BLOCKING client")
	case c.Client.Monitor.Load():
		return reply.Nothing() // so does Redis: what follows is the stream
	}
	c.Client.Monitor.Store(true)
	c.After(func() { s.server.monitors.add(s) })
	return reply.OK()
}
