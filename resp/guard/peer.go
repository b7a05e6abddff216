package guard

import (
	"net"
	"syscall"
	"time"
)

// bare is the connection below; under TLS the socket itself.
func (c *Conn) bare() net.Conn {
	if over, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return c.Conn
}

// Descriptor is the connection's file descriptor, for CLIENT LIST; -1 if it has none.
func (c *Conn) Descriptor() int {
	number := -1
	if c, ok := c.bare().(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { number = int(fd) })
		}
	}
	return number
}

// KeepAlive has the peer probed as `tcp-keepalive` says, as Redis does: when it was silent for so long, and then at a
// third of it. 0 leaves the system's own way.
func (c *Conn) KeepAlive(idle time.Duration) {
	type tcp interface {
		SetKeepAliveConfig(net.KeepAliveConfig) error
	}
	if conn, ok := c.bare().(tcp); ok && idle > 0 {
		every := max(idle/3, time.Second)
		conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: idle, Interval: every, Count: 3})
	}
}
