package unread

import (
	"math"

	"larder/resp/reply"
	"larder/store"
)

// flushAt is the number of reply bytes after which a pipeline's replies are sent before the
// next batch runs.
const flushAt = 64 << 10

// Writer collects replies on their way to the output. redcon has a writer too, but gives its
// buffer only as a copy, which makes a pipeline of n replies cost n². It belongs to its
// session, between Hold and LetGo.
type Writer struct {
	out *Output
	buf []byte
	// ahead is how many of the messages that wait come before the next reply: see Reach.
	ahead int
}

// NewWriter makes the writer of an output.
func NewWriter(o *Output) Writer { return Writer{out: o} }

// Line adds a reply that is encoded.
func (w *Writer) Line(b []byte) { w.buf = append(w.buf, b...) }

// Add encodes a reply behind what waits, or sends it past the buffer if it is large.
func (w *Writer) Add(r reply.Reply, proto int) {
	if r.Large() {
		w.Send()
		w.out.long(r)
		return
	}
	w.buf = r.Append(w.buf, proto)
	w.sendFull()
}

// Reach finds the messages that come before the reply of a transaction: what had happened when it ran, as far as it
// comes behind that in the order of commits. A client that keeps what it has read must learn that it is old before it
// reads what is new, and not before it reads it. A writer calls this just before what it leads to itself, and behind
// what others have led to before it.
func (w *Writer) Reach(j *store.Job) {
	switch {
	case !w.out.waiting.Load():
		w.ahead = 0
	case j.Write && j.Err == nil:
		w.ahead = w.out.until(math.MaxUint64)
	default:
		w.ahead = w.out.until(j.Moment)
	}
}

// AddAhead puts what came before a command before its reply.
func (w *Writer) AddAhead() {
	if w.ahead > 0 {
		w.addMessages(w.ahead)
		w.ahead = 0
	}
}

// AddBehind puts what a command pushed to its own client behind its reply, and what has happened since.
func (w *Writer) AddBehind() {
	if w.out.waiting.Load() {
		w.addMessages(math.MaxInt)
	}
}

// addMessages adds the first n of the messages that are held.
func (w *Writer) addMessages(n int) {
	for _, m := range w.out.collect(n) {
		w.buf = append(w.buf, m.bytes...)
		w.sendFull()
	}
}

func (w *Writer) sendFull() {
	if len(w.buf) >= flushAt && len(w.buf) >= w.out.threshold() {
		w.Send()
	}
}

// LetGo sends the replies there are and lets messages through.
func (w *Writer) LetGo() {
	w.Send()
	w.out.LetGo()
	w.ahead = 0 // they are on their way
}

// Send sends what waits. A buffer that a large reply has made is not kept.
func (w *Writer) Send() {
	if len(w.buf) == 0 {
		return
	}
	w.out.send(w.buf)
	w.buf = w.buf[:0]
	if cap(w.buf) > 2*flushAt {
		w.buf = nil
	}
}
