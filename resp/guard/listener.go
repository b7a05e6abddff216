package guard

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Pauses after a failed Accept: redcon calls it again at once, and would spin while file descriptors are short.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// Listener guards every connection it accepts. Accept belongs to one goroutine; Close and Addr to any.
type Listener struct {
	net.Listener
	limits  *Limits
	traffic *Traffic
	pause   time.Duration
	closed  chan struct{}
	close   func() error
}

// NewListener wraps ln; the connections share limits and traffic.
func NewListener(ln net.Listener, limits *Limits, traffic *Traffic) *Listener {
	l := &Listener{Listener: ln, limits: limits, traffic: traffic, closed: make(chan struct{})}
	l.close = sync.OnceValue(func() error {
		close(l.closed)
		return ln.Close()
	})
	return l
}

// Accept returns the next connection, a *Conn: redcon's Conn.NetConn gives it back to a handler. After a failure it
// returns the error with a growing delay.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.pause = 0
		return NewConn(conn, l.limits, l.traffic), nil
	}
	if !errors.Is(err, net.ErrClosed) {
		l.rest()
	}
	return nil, err
}

func (l *Listener) rest() {
	l.pause = min(max(2*l.pause, firstPause), lastPause)
	timer := time.NewTimer(l.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closed:
	}
}

// Close stops listening; it may be called more than once.
func (l *Listener) Close() error { return l.close() }
