package resp

import (
	"time"

	"larder/resp/access"
	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/waiting"
	"larder/store"
)

// unblocked is what CLIENT UNBLOCK ... ERROR has the client answered.
const unblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK"

// conclude ends the attempt of a command's own transaction: a command that has found nothing
// joins those who wait, and what it has made ready goes to them.
func (e *execution) conclude(tx store.Tx) error {
	switch {
	case e.Nested, e.standsFor != nil:
		return nil // whoever runs it goes on
	case e.Block != nil:
		e.waiter = waiting.Blocked(e, *e.Block)
		e.server.observers.Lines.Join(e.waiter)
		return nil
	}
	return e.Serve(tx)
}

// beginAgain undoes what an earlier attempt has done outside its transaction. It reports false
// if that attempt has led to a reply: whoever has served the command saw it wait.
func (e *execution) beginAgain() bool {
	if e.serving != nil {
		e.serving.Undo()
	}
	if e.waiter != nil && !e.server.observers.Lines.Withdraw(e.waiter) {
		return false
	}
	e.Block, e.waiter = nil, nil
	return true
}

// Serve serves those who wait for what the command has made ready.
func (e *execution) Serve(tx store.Tx) error {
	if len(e.Ready) == 0 {
		return nil
	}
	if e.serving == nil {
		e.serving = e.server.observers.Lines.Serving()
	}
	e.serving.Note(e.Ready)
	return e.serving.Run(tx)
}

// Abandon gives up what a transaction that has failed has done for others.
func (e *execution) Abandon() {
	if v := e.serving; v != nil {
		e.serving = nil
		v.Fail()
	}
}

// await waits until a command that found nothing is served, its time is over or its client
// gone. It reports whether there is a reply.
func (s *session) await(e *execution) bool {
	w := e.waiter
	if w == nil {
		return true
	}
	e.waiter = nil
	lines := s.server.observers.Lines
	if e.job.Err != nil {
		lines.Leave(w, e.reply)
	} else {
		s.server.show(e, e.leftDB)
		s.waiting.Store(w)
		lines.Look(w)
		here := s.park(w.Answered(), w.Left())
		s.waiting.Store(nil)
		if here {
			lines.Leave(w, reply.NilArray())
		} else {
			lines.Leave(w, reply.Nothing())
		}
	}
	answer, took, served := w.Answer()
	e.reply, e.took = answer, e.took+took
	return served || !s.client.Killed.Load()
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
	return s.server.observers.Lines.Leave(w, answer)
}

// Gone is for waiting.Command.
func (e *execution) Gone() bool { return e.Client.Killed.Load() }

// Again readies a run of the command, with its own words or others, inside the transaction that serves it.
func (e *execution) Again(line [][]byte) waiting.Run {
	run := e.server.executions.Get().(*execution)
	if line == nil {
		line = e.Args
	}
	run.Args, run.Client, run.Owner, run.Spec, run.entry = line, e.Client, e.Owner, e.Spec, e.entry
	run.DB, run.Proto, run.Heard = e.DB, int(e.Client.Proto.Load()), e.server.observers.Heard()
	run.Keep, run.Nested, run.standsFor, run.Block, run.refused = false, false, e, nil, false
	run.job.Write, run.took = true, 0
	run.Clear()
	return run
}

// Within runs it for the one that waits. Whether there is room for it, and whether its user may still run it, is judged
// anew, as in 7.2.
func (e *execution) Within(tx store.Tx) (*cmd.Block, []store.Key, error) {
	if text := e.refusedNow(); text != "" {
		e.reply, e.refused = reply.Fail(text), true
		return nil, nil, nil
	}
	err := e.within(tx)
	return e.Block, e.Ready, err
}

// refusedNow is why the command of one that waits may not run any more, empty if it may.
func (e *execution) refusedNow() string {
	w := e.standsFor
	if w.grows && e.server.budget.Spent(admission.Least) {
		return admission.OutOfMemory
	}
	return w.session.forbiddenLater(&e.Call, w.Spec, w.Args, access.TopLevel, "NOPERM ")
}

// Commit publishes what it has led to.
func (e *execution) Commit() (answer reply.Reply, took time.Duration) {
	if e.standsFor.refused = e.refused; !e.refused {
		e.server.observers.Count(&e.Outcome)
	}
	e.release()
	answer, took = e.reply, e.took
	e.recycle()
	return answer, took
}

// Drop gives up a run that has found nothing, or whose transaction has come to nothing.
func (e *execution) Drop() {
	e.reply.Release()
	e.Clear()
	e.recycle()
}

// recycle keeps an execution that stood in for another.
func (e *execution) recycle() {
	e.Block, e.standsFor = nil, nil
	e.forget()
	e.server.executions.Put(e)
}
