package resp

import (
	"net"

	"larder/resp/reply"
)

// flushAt is the number of reply bytes after which a pipeline's replies are sent before the
// next batch runs.
const flushAt = 64 << 10

// writer collects replies on their way to the socket. redcon has a writer too, but gives its
// buffer only as a copy, which makes a pipeline of n replies cost n². It belongs to its
// session, while that holds the wire.
type writer struct {
	conn net.Conn
	buf  []byte
}

// add encodes a reply behind what waits, or sends it past the buffer if it is large.
func (w *writer) add(r reply.Reply, proto int) {
	if r.Large() {
		w.send()
		// An error means that the client is gone, as the next read will find.
		_, _ = r.WriteTo(w.conn)
		return
	}
	w.buf = r.Append(w.buf, proto)
	if len(w.buf) >= flushAt {
		w.send()
	}
}

// send writes what waits. A buffer that a large reply has made is not kept.
func (w *writer) send() {
	if len(w.buf) == 0 {
		return
	}
	_, _ = w.conn.Write(w.buf) // see add
	w.buf = w.buf[:0]
	if cap(w.buf) > 2*flushAt {
		w.buf = nil
	}
}
