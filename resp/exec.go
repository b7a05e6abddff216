package resp

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/effects"
	"larder/resp/reply"
	"larder/resp/scripting"
	"larder/resp/table"
	"larder/resp/waiting"
	"larder/store"
)

// execution is one command on its way from the socket to its reply. Sessions
// use them again, so that the hot path allocates nothing.
//
// Between start and finish the engine may run it on another goroutine, never on two at once.
type execution struct {
	cmd.Call
	server    *Server
	entry     *table.Entry
	session   *session
	job       store.Job
	track     effects.Tx
	keys      []store.Key
	reply     reply.Reply
	refused   bool // the reply was made before running
	grows     bool // it is refused when there is no room for data
	queued    bool // it waits for EXEC; the reply says so
	leftDB    int  // selected after it ran inside EXEC
	took      time.Duration
	room      admission.Hold   // reserved until it has run
	script    *scripting.Run   // of a command that runs one
	waiter    *waiting.Waiter  // its place among those who wait
	serving   *waiting.Serving // whom it has served
	shown     bool             // MONITOR has seen it
	standsFor *execution       // whose command it runs, of somebody who waits
}

// errUndo tells the engine to undo what a command wrote before it answered an error.
var errUndo = errors.New("the command failed")

func newExecution(s *Server) *execution {
	e := &execution{server: s}
	e.track = s.observers.NewTx(&e.Call)
	e.job.Fn, e.job.Publish, e.job.After = e.transact, e.publish, func() { e.Committed(&e.job) }
	return e
}

// prepare readies the execution for a command line. A refusal leaves its reply.
func (e *execution) prepare(s *session, args [][]byte) {
	e.begin(s, args)
	entry, problem := s.server.table.Find(args)
	e.entry = entry
	if entry != nil {
		s.client.Ran(&entry.Stats.Name)
	}
	if problem == "" {
		problem = s.server.refusal(s, entry.Spec, args)
	}
	if problem != "" {
		e.refused, e.reply = true, reply.Fail(problem)
		return
	}
	e.Spec = entry.Spec
	e.grows = e.Spec.Has(cmd.DenyOOM) || e.Spec.Grows != nil && e.Spec.Grows(args)
	switch {
	case e.transactional():
		e.scope()
	case e.scripted():
		e.scope()
		e.prepareScript()
	}
}

// begin makes the execution one of a command line of which nothing is known yet.
func (e *execution) begin(s *session, args [][]byte) {
	e.Args, e.Client, e.Owner, e.session = args, s.client, s, s
	e.Keep, e.Counted, e.queued = false, false, false
	e.DB, e.Proto = int(s.client.DB.Load()), int(s.client.Proto.Load())
	e.reply, e.refused, e.grows, e.took = reply.Reply{}, false, false, 0
	e.job.Err, e.job.Write, e.job.May = nil, false, false
	e.Heard = s.server.observers.Heard()
	e.Block, e.waiter, e.shown, e.standsFor = nil, nil, false, nil
	e.Clear()
}

// stage readies the execution for a command of EXEC, which was let in when it was queued.
func (e *execution) stage(s *session, args [][]byte) {
	e.begin(s, args)
	e.entry, _ = s.server.table.Find(args)
	e.Spec, e.Nested = e.entry.Spec, true
}

// putBack keeps an execution for somebody else.
func (s *Server) putBack(e *execution) {
	e.Nested = false
	e.forget()
	s.executions.Put(e)
}

// transactional reports whether the command gets a transaction.
func (e *execution) transactional() bool { return e.entry.Spec.Transactional() }

// scope names the keys of the command line. A key list that does not fit its row is left
// to the handler, which answers the syntax error before it touches a key.
func (e *execution) scope() {
	e.job.Write = e.writesKeys()
	e.job.May = e.Spec.Mends != nil && e.Spec.Mends(e.Args)
	e.job.Scope = store.Scope{All: e.Spec.Covers(e.Args)}
	e.keys = e.keys[:0]
	for i := range e.Spec.Keys {
		e.Spec.Keys[i].Each(e.Args, func(at int) { e.keys = append(e.keys, e.Key(at)) })
	}
	if e.Spec.MoreKeys != nil {
		e.scopeMore()
	}
	e.job.Scope.Keys = e.keys
}

// missed reports whether somebody listens for keys that are not found. Then a read has a turn among the writers, or it
// could be heard of behind the write that has made the key.
func (e *execution) missed() bool { return e.Heard.Has('m') }

// writesKeys reports whether the command's transaction may write.
func (e *execution) writesKeys() bool {
	return e.Spec.Has(cmd.Write) || e.Spec.Waits != nil && e.Spec.Waits(e.Args) || e.missed()
}

// scopeMore is apart because its closure escapes, which the others need not pay for.
func (e *execution) scopeMore() {
	e.Spec.MoreKeys(e.Args, func(at int, _ cmd.KeyFlags) { e.keys = append(e.keys, e.Key(at)) })
}

// transact is the body of the transaction; the engine may call it again.
func (e *execution) transact(tx store.Tx) error {
	if !e.beginAgain() {
		return nil
	}
	e.reply.Release()
	e.track.Begin(tx, e.Spec.LooksUp(e.Args) || e.Spec.Waits != nil, e.entry.Uses && !e.Client.NoTouch.Load(),
		e.job.May && !e.job.Write && !e.Nested)
	e.Tx, e.Event = &e.track, e.Spec.Event
	e.run()
	e.Tx = nil
	if e.track.Barred() {
		return store.ErrReadOnly
	}
	if e.reply.IsError() && !e.Keep {
		e.Forgo()
		return errUndo
	}
	if e.track.Staged() {
		return nil // publish concludes
	}
	return e.conclude(tx)
}

// publish ends a transaction that ran apart from the other writers, when what it has written becomes visible: whoever
// has begun since then to wait for its keys, to watch or to track them has not been met by the run. The engine may call
// it again.
func (e *execution) publish(tx store.Tx) error {
	block := e.Block
	if !e.beginAgain() {
		return nil
	}
	e.Block = block
	if err := e.track.Tell(tx); err != nil {
		return err
	}
	return e.conclude(tx)
}

// run calls the handler. A panic ends this connection, not the server.
func (e *execution) run() {
	start := time.Now()
	defer func() {
		e.took, e.leftDB = time.Since(start), int(e.Client.DB.Load())
		if p := recover(); p != nil {
			e.reply = e.Panicked(p)
		}
	}()
	e.reply = e.Spec.Run(&e.Call)
}

// Panicked is the reply to a defect of ours: the connection ends with it.
func (e *execution) Panicked(p any) reply.Reply {
	e.server.log.Error("a command panicked", "command", e.Spec.FullName(), "panic", p, "stack", string(debug.Stack()))
	e.Client.Killed.Store(true)
	return reply.Fail("ERR internal error: the command failed unexpectedly and this connection is closed")
}

// settle turns a failed transaction into a reply, once it is over, and counts.
func (e *execution) settle() {
	e.leave()
	if e.job.Err != nil {
		e.session.reach(&e.job)
	}
	if err := e.job.Err; err != nil && err != errUndo {
		e.reply.Release()
		e.Forgo()
		e.Abandon()
		e.reply = reply.Err(err)
		return
	}
	if e.Block == nil {
		e.server.observers.Count(&e.Outcome)
	}
}

// Committed is what follows a transaction of the command's own, or of its script.
func (e *execution) Committed(j *store.Job) {
	e.session.reach(j)
	if j != &e.job {
		e.server.show(e, e.DB) // before the script's commands
		e.server.observers.Count(&e.Outcome)
	}
	e.release()
}

// release lets what waited for the commit happen. The engine calls it in the order of commits; for a command without a
// transaction the session does. Once more does nothing.
func (e *execution) release() {
	served := e.serving
	e.serving = nil
	e.server.observers.Publish(e.Client, &e.Outcome, served)
}

// forget lets go of the command line, which may be large, and of what it led to.
func (e *execution) forget() {
	e.reply, e.Args, e.job.Scope.Keys = reply.Reply{}, nil, nil
	e.track.End()
	clear(e.keys)
}

// leave gives back the room a command has taken.
func (e *execution) leave() { e.room.Leave(e.server.budget) }

// execute runs a prepared command by itself.
func (s *Server) execute(ctx context.Context, e *execution) {
	switch {
	case e.refused, e.queued:
	case e.transactional():
		store.Run(ctx, e.session.engine(), &e.job)
		e.settle()
	default:
		e.run()
	}
}
