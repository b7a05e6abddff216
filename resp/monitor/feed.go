// Package monitor shows to those who have asked for it every command: MONITOR.
package monitor

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Client takes the lines; Push must not wait for the socket.
type Client interface{ Push(line []byte) }

// Feed are the clients that see every command. For any goroutine.
type Feed struct {
	count   atomic.Int64 // 0 lets commands pass without the lock
	mu      sync.Mutex
	clients map[Client]struct{}
}

// NewFeed makes a feed that nobody sees.
func NewFeed() *Feed { return &Feed{clients: map[Client]struct{}{}} }

// Active reports whether anybody sees the commands.
func (m *Feed) Active() bool { return m.count.Load() > 0 }

// Add shows the commands to a client from now on.
func (m *Feed) Add(c Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clients[c] = struct{}{}
	m.count.Store(int64(len(m.clients)))
}

// Remove ends that.
func (m *Feed) Remove(c Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clients, c)
	m.count.Store(int64(len(m.clients)))
}

// Show sends a command to all monitors. from is the client's address, or "lua".
func (m *Feed) Show(db int, from string, args [][]byte) {
	if m.count.Load() == 0 {
		return
	}
	line := monitorLine(time.Now(), db, from, args)
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.clients {
		c.Push(line)
	}
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
