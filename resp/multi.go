package resp

import (
	"bytes"
	"context"
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// multi is the queue between MULTI and EXEC. It belongs to its session.
type multi struct {
	queue  []*execution
	broken bool // a command was refused: EXEC aborts
	bytes  int64
}

// transactionRows are the commands that work on the session itself.
func (s *Server) transactionRows() []cmd.Spec {
	const flags = cmd.NoScript | cmd.Loading | cmd.Stale | cmd.Fast | cmd.AllowBusy | cmd.InMulti
	own := func(f func(*session, *cmd.Call) reply.Reply) cmd.Handler {
		return func(c *cmd.Call) reply.Reply { return f(c.Owner.(*session), c) }
	}
	return []cmd.Spec{
		{Name: "MULTI", Arity: 1, Flags: flags, Run: own((*session).begin), Group: "transactions", Since: "1.2.0",
			Summary: "Starts a transaction.", Complexity: "O(1)"},
		{Name: "EXEC", Arity: 1, Flags: flags&^cmd.Fast&^cmd.AllowBusy | cmd.NoSlowlog | cmd.EndsMulti, Nests: true, Run: own((*session).exec), Group: "transactions", Since: "1.2.0",
			Summary: "Executes all commands in a transaction.", Complexity: "Depends on commands in the transaction"},
		{Name: "DISCARD", Arity: 1, Flags: flags | cmd.EndsMulti, Run: own((*session).discard), Group: "transactions", Since: "2.0.0",
			Summary: "Discards a transaction.", Complexity: "O(N), when N is the number of queued commands"},
		{Name: "WATCH", Arity: -2, Flags: flags, Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRO)}, Run: own((*session).watch),
			Group: "transactions", Since: "2.2.0", Usage: "key [key ...]",
			Summary: "Monitors changes to keys to determine the execution of a transaction.", Complexity: "O(1) for every key."},
		{Name: "UNWATCH", Arity: 1, Flags: flags &^ cmd.InMulti, Run: own(func(s *session, _ *cmd.Call) reply.Reply { s.unwatch(); return reply.OK() }),
			Group: "transactions", Since: "2.2.0", Summary: "Forgets about watched keys of a transaction.", Complexity: "O(1)"},
	}
}

func (s *session) begin(*cmd.Call) reply.Reply {
	if s.multi != nil {
		return reply.Fail("ERR MULTI calls can not be nested")
	}
	s.multi = &multi{}
	return reply.OK()
}

func (s *session) discard(*cmd.Call) reply.Reply {
	if s.multi == nil {
		return reply.Fail("ERR DISCARD without MULTI")
	}
	s.multi = nil
	s.unwatch()
	return reply.OK()
}

// enqueue keeps a command for EXEC, or refuses it and dooms the transaction.
func (s *session) enqueue(e *execution) {
	switch {
	case e.refused:
		s.multi.broken = true
	case e.Spec.Has(cmd.NoMulti):
		s.multi.broken = true
		e.refused, e.reply = true, reply.Fail("ERR Command not allowed inside a transaction")
	case s.multi.broken: // EXEC will abort, so nothing is kept for it
		e.queued, e.reply = true, reply.Word("QUEUED")
	default:
		s.multi.queue = append(s.multi.queue, e.copyFor(s))
		e.queued, e.reply = true, reply.Word("QUEUED")
	}
}

// abort is an EXEC that may not run: the transaction is over all the same.
func (s *session) abort(e *execution) {
	e.reply = reply.Fail("EXECABORT Transaction discarded because of: " + strings.TrimPrefix(e.reply.ErrorText(), "ERR "))
	s.multi = nil
	s.unwatch()
}

// copyFor makes an execution of its own of a command line that redcon's buffer still holds.
func (e *execution) copyFor(s *session) *execution {
	kept := newExecution(s.server)
	args := make([][]byte, len(e.Args))
	for i, a := range e.Args {
		args[i] = bytes.Clone(a)
		s.multi.bytes += int64(len(a))
	}
	kept.prepare(s, args)
	kept.Nested = true
	return kept
}

// exec is EXEC: one transaction over the keys of all queued commands and the watched ones.
func (s *session) exec(c *cmd.Call) reply.Reply {
	m := s.multi
	if m == nil {
		return reply.Fail("ERR EXEC without MULTI")
	}
	defer s.unwatch()
	s.multi = nil
	if m.broken {
		return reply.Fail("EXECABORT Transaction discarded because of previous errors.")
	}
	b := &block{session: s, queue: m.queue, db: c.Client.DB.Load(), serving: serving{server: s.server}}
	b.done = make([]bool, len(m.queue))
	return b.run(s.context())
}

// block is the run of an EXEC. It belongs to its session's goroutine between attempts, and
// to the engine during them.
type block struct {
	session *session
	queue   []*execution
	db      int32 // selected when EXEC began
	// done marks commands without a transaction of their own: they run once, whatever
	// happens to the attempt.
	done    []bool
	aborted bool // a watched key has changed
	job     store.Job
	serving serving
}

func (b *block) run(ctx context.Context) reply.Reply {
	job := &b.job
	job.Fn, job.After, job.Scope.Keys = b.attempt, b.release, b.session.watchedKeys()
	transactional, scripted := len(job.Scope.Keys) > 0, false
	for _, e := range b.queue {
		if e.Spec.Has(cmd.MayReplicate) && !e.scripted() { // what it publishes has its place among what writers do
			job.Write = true
		}
		if e.transactional() || e.scripted() {
			transactional = true
			job.Write = job.Write || e.job.Write
			job.Scope.All = job.Scope.All || e.job.Scope.All
			job.Scope.Keys = append(job.Scope.Keys, e.keys...)
			scripted = scripted || e.scripted()
		}
	}
	job.Scope.All = job.Scope.All || scripted && !job.Write // only an Update may touch keys that a script has not declared
	if !transactional {
		if job.Err = b.attempt(nil); job.Err == nil {
			b.release()
		}
	} else {
		for again := true; again; again = b.lacksRoom() {
			b.makeRoom()
			store.Run(ctx, b.session.engine(), job)
		}
	}
	if b.aborted || job.Err != nil {
		b.session.reach(job)
		b.serving.fail()
		b.complete()
	}
	switch {
	case b.aborted:
		return reply.NilArray()
	case job.Err != nil:
		return reply.Err(job.Err)
	}
	return b.finish()
}

// attempt runs the queue; the engine may call it again.
func (b *block) attempt(tx store.Tx) error {
	b.aborted = false
	b.serving.undo()
	client := b.session.client
	client.DB.Store(b.db)
	if tx != nil {
		changed, err := b.session.disturbed(tx)
		if err != nil || changed {
			b.aborted = changed
			return errUndo
		}
	}
	for i, e := range b.queue {
		e.DB, e.Proto = int(client.DB.Load()), int(client.Proto.Load())
		switch {
		case e.transactional():
			if err := e.within(tx); err != nil {
				return err
			}
		case e.scripted():
			if err := e.scriptWithin(tx); err != nil {
				return err
			}
		case b.done[i]:
			client.DB.Store(int32(e.leftDB))
		default:
			e.run()
			b.done[i], e.leftDB = true, int(client.DB.Load())
		}
	}
	return b.serve(tx)
}

// within runs a command inside the transaction of others. One that fails leaves nothing. An error ends the attempt.
func (e *execution) within(tx store.Tx) error {
	void, err := e.track.attempt(tx, func() bool {
		_ = e.transact(tx) // an error is its reply
		return e.reply.IsError() && !e.Keep
	})
	if void {
		return store.ErrAgain
	}
	return err
}

// release lets what waited for the commit happen: see execution.release.
func (b *block) release() {
	b.session.reach(&b.job)
	var changes []string
	flushed := false
	for _, e := range b.queue {
		e.announce()
		changes = append(changes, e.track.changes...)
		flushed = flushed || e.track.flushed
		e.forgo()
	}
	b.session.server.invalidate(b.session.client, changes, flushed)
	b.serving.deliver()
}

// complete ends those commands that have run although the transaction has failed.
func (b *block) complete() {
	for i, e := range b.queue {
		if b.done[i] {
			e.announce()
			e.forgo()
			e.follow()
		}
	}
}

// finish counts the commands and joins their replies.
func (b *block) finish() reply.Reply {
	replies := make([]reply.Reply, len(b.queue))
	for i, e := range b.queue {
		if e.transactional() {
			e.track.count()
		}
		b.session.server.note(b.session, e)
		e.follow()
		replies[i] = e.reply
	}
	return reply.Of(replies...)
}
