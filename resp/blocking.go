package resp

import (
	"time"

	"larder/resp/reply"
	"larder/store"
)

// Blocking commands
//
// In Redis a command that makes a key appear serves those who wait for it before anybody else
// gets a turn: nobody ever sees an element in a list that somebody waits for. Here readers run
// beside writers, so serving is part of the writer's transaction. At its end, still inside
// it, the commands of those who stand in line for the keys it has written run again, first
// come first served, until the keys are gone or the lines are empty; what they push serves
// others in turn. The push and the pops are one transaction: for readers, for a crash (one
// record of the log), and for the order of the line.
//
// The rejected alternative wakes the waiter after the commit and has it try by itself. Then
// anybody may be faster, the line is no line, and a writer's own LPOP, next in its pipeline,
// takes what was already somebody else's.
//
// A blocking command enters the lines inside the transaction in which it found nothing.
// Engines run what writes a key one after the other, so whoever writes it afterwards finds it
// there, and no push falls in between.
//
// A writer claims a waiter before it pops for it. A claimed waiter cannot leave, and nobody
// else claims it; it keeps its place until the commit, and has it still if there is none.
// Its time may be over meanwhile, or its client gone: that counts if the claim is given up, and
// if not it came too late, as for a reply that is on its way. A client known to be gone is
// never claimed, even before its goroutine has left the lines. So each element is popped by a
// command that is answered, or stays.
//
// Serving may touch keys that the writer does not: BLMOVE's destination, the other keys of
// BLPOP, which Redis looks at again in their order. An Update may touch any key, so nobody is
// left to be served later, and what follows the writer in its pipeline sees what serving left.
// Only whom no command makes ready has a transaction made for it (serveKeys): after an expiry, an
// eviction, the end of CLIENT PAUSE, and when a writer that had claimed somebody failed in the end.
//
// Waiting costs a goroutine that reads ahead, to learn that the client is gone, a timer if
// there is a timeout, and no more: nothing polls.

// unblocked is what CLIENT UNBLOCK ... ERROR has the client answered.
const unblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK"

// conclude ends the attempt of a command's own transaction: a command that has found nothing
// joins those who wait, and what it has made ready goes to them.
func (e *execution) conclude(tx store.Tx) error {
	switch {
	case e.Nested, e.standsIn:
		return nil // whoever runs it goes on
	case e.Block != nil:
		e.waiter = newWaiter(e)
		e.track.server.waiters.join(e.waiter)
		return nil
	}
	return e.serve(tx)
}

// beginAgain undoes what an earlier attempt has done outside its transaction. It reports false
// if that attempt has led to a reply: whoever has served the command saw it wait.
func (e *execution) beginAgain() bool {
	if e.serving != nil {
		e.serving.undo()
	}
	if e.waiter != nil && !e.track.server.waiters.withdraw(e.waiter) {
		return false
	}
	e.Block, e.waiter = nil, nil
	return true
}

// serve serves those who wait for what the command has made ready.
func (e *execution) serve(tx store.Tx) error {
	if len(e.track.ready) == 0 {
		return nil
	}
	if e.serving == nil {
		e.serving = &serving{server: e.track.server}
	}
	e.serving.note(e.track.ready, 0)
	return e.serving.run(tx)
}

// unserve gives up what a transaction that has failed has done for others.
func (e *execution) unserve() {
	if v := e.serving; v != nil {
		e.serving = nil
		v.fail()
	}
}

// deliver answers those whom the command has served.
func (e *execution) deliver() {
	if v := e.serving; v != nil {
		e.serving = nil
		v.deliver()
	}
}

// noteReady notes that a key somebody may wait for has been written.
func (t *trackTx) noteReady(k store.Key, h *store.Head) {
	if t.server.waiters.count.Load() == 0 {
		return
	}
	switch {
	case h.Type == store.Stream && t.call.Spec.Still:
	case h.Type == store.List, h.Type == store.ZSet, h.Type == store.Stream, t.server.waiters.loss.Load() > 0:
		t.ready = t.server.waiters.awaited(t.ready, k)
	}
}

// noteLost notes that keys are gone, if that ends somebody's wait.
func (t *trackTx) noteLost(keys ...store.Key) {
	if t.server.waiters.loss.Load() == 0 {
		return
	}
	for _, k := range keys {
		t.ready = t.server.waiters.awaited(t.ready, k)
	}
}

// lost tells those who wait for keys that went by themselves.
func (s *Server) lost(keys []store.Key) {
	if s.waiters.loss.Load() == 0 {
		return
	}
	var awaited []store.Key
	for _, k := range keys {
		awaited = s.waiters.awaited(awaited, k)
	}
	s.serveKeys(awaited)
}

// await waits until a command that found nothing is served, its time is over or its client
// gone. It reports whether there is a reply.
func (s *session) await(e *execution) bool {
	w := e.waiter
	if w == nil {
		return true
	}
	e.waiter = nil
	lines := s.server.waiters
	if e.job.Err != nil {
		lines.leave(w, e.reply)
	} else {
		s.server.show(e, e.leftDB)
		s.waiting.Store(w)
		lines.look(w, func() { s.server.serveKeys(cloneKeys(w.block.Keys)) })
		here := s.park(w.answered, w.left())
		s.waiting.Store(nil)
		if here {
			lines.leave(w, reply.NilArray())
		} else {
			lines.leave(w, reply.Nothing())
		}
	}
	<-w.answered
	e.reply, e.took = w.answer, e.took+w.took
	return w.served || !s.client.Killed.Load()
}

// left is how long the waiter still waits, 0 for ever.
func (w *waiter) left() time.Duration {
	if w.until.IsZero() {
		return 0
	}
	return max(time.Until(w.until), 1)
}

// unblock is CLIENT UNBLOCK for this client, from any goroutine. It reports whether a command
// was waiting.
func (s *session) unblock(failed bool) bool {
	w := s.waiting.Load()
	if w == nil {
		return false
	}
	answer := reply.NilArray()
	if failed {
		answer = reply.Fail(unblocked)
	}
	return s.server.waiters.leave(w, answer)
}

// noteFlushed notes the keys of a database that somebody waits for who is to learn that they are gone.
func (t *trackTx) noteFlushed(db int) {
	if t.server.waiters.loss.Load() > 0 {
		t.ready = append(t.ready, t.server.waiters.in(db)...)
	}
}

// noteSwapped notes the keys of two databases that somebody waits for, in either.
func (t *trackTx) noteSwapped(a, b int) {
	if t.server.waiters.count.Load() > 0 {
		t.ready = append(t.ready, t.server.waiters.in(a, b)...)
	}
}
