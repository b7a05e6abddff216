package guard

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// Watch learns that the peer has vanished while a handler is parked and nobody reads the socket. It reads ahead into
// the backlog, as Redis does for a blocked client and within the same Limits.QueryBuffer. The context ends with parent,
// with stop, or when the connection fails, is closed or reaches the limit; context.Cause then returns that error
// (io.EOF: the peer closed its side).
//
// stop must be called before the handler returns; it waits until the reader has ended, so the Read that follows races
// with nothing. Commands that were read ahead are served after it; close the connection to drop them, as Redis does
// when a blocked client is gone. Watch clears the read deadline, and so does stop. Watches must not overlap.
func (c *Conn) Watch(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	if c.err != nil {
		cancel(c.err)
		return ctx, func() {}
	}
	_ = c.SetReadDeadline(time.Time{}) // it fails only on a closed connection, and so will the read
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c.readAhead(); c.err != nil {
			cancel(c.err)
		}
	}()
	return ctx, sync.OnceFunc(func() {
		_ = c.SetReadDeadline(time.Unix(1, 0))
		<-done
		_ = c.SetReadDeadline(time.Time{})
		cancel(nil)
	})
}

// readAhead fills the backlog until the connection is at its end (c.err) or its deadline has passed.
func (c *Conn) readAhead() {
	for c.err == nil {
		n, err := c.count(c.socket.Read(c.backlog.room(0, false, spyRoom)))
		c.backlog.extend(n)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		c.settle(err)
		if n > 0 {
			c.gauge(0)
		}
	}
}
