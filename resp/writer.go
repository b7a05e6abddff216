package resp

import (
	"larder/resp/reply"
)

// flushAt is the number of reply bytes after which a pipeline's replies are sent before the
// next batch runs.
const flushAt = 64 << 10

// writer collects replies on their way to the output. redcon has a writer too, but gives its
// buffer only as a copy, which makes a pipeline of n replies cost n². It belongs to its
// session, between hold and letGo.
type writer struct {
	out *output
	buf []byte
}

// add encodes a reply behind what waits, or sends it past the buffer if it is large.
func (w *writer) add(r reply.Reply, proto int) {
	if r.Large() {
		w.send()
		w.out.long(r)
		return
	}
	w.buf = r.Append(w.buf, proto)
	w.sendFull()
}

// addMessages adds what was pushed while the session served, the first n of all that is held.
func (w *writer) addMessages(n int) {
	for _, m := range w.out.collect(n) {
		w.buf = append(w.buf, m.bytes...)
		w.sendFull()
	}
}

func (w *writer) sendFull() {
	if len(w.buf) >= flushAt && len(w.buf) >= w.out.threshold() {
		w.send()
	}
}

// send sends what waits. A buffer that a large reply has made is not kept.
func (w *writer) send() {
	if len(w.buf) == 0 {
		return
	}
	w.out.send(w.buf)
	w.buf = w.buf[:0]
	if cap(w.buf) > 2*flushAt {
		w.buf = nil
	}
}
