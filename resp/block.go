package resp

import (
	"bytes"
	"context"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/waiting"
	"larder/store"
)

// block is the run of an EXEC: one transaction for all of its commands, which run one after the other on the same
// execution. What of them has to outlive the next command is kept apart: results for the statistics, one Outcome of all
// for after the commit, and the replies, encoded, in a list that goes to a file if it becomes long. It belongs to its
// session's goroutine between attempts, and to the engine during them.
type block struct {
	session *session
	multi   *multi
	db      int32 // selected when EXEC began
	exec    *execution

	results []result
	// answers are the replies, encoded, of the commands that are over, if there may be another attempt.
	answers map[int][]byte

	// Of one attempt.
	replies *reply.List
	outcome cmd.Outcome

	aborted bool // a watched key has changed
	job     store.Job
	serving *waiting.Serving
	room    []byte // for a reply
}

// result is what the statistics and the slow log need of a command once the block is committed.
type result struct {
	took         time.Duration
	problem      string // the error it answered
	hits, misses int64
	database     int   // in which keys were looked up
	db, leftDB   int32 // selected before and after
	counted      bool  // the problem is in the statistics
	judged       bool  // its user was asked whether he may still run it
	denied       bool  // and may not
	over         bool  // it has no transaction, and runs once whatever happens to the attempt
	// outcome is of one that is over.
	outcome *cmd.Outcome
}

func newBlock(s *session, m *multi) *block {
	b := &block{session: s, multi: m, db: s.client.DB.Load(), serving: s.server.observers.Lines.Serving()}
	b.results = make([]result, m.n)
	b.replies = reply.NewList(2, reply.Array)
	b.exec = s.server.executions.Get().(*execution)
	return b
}

func (b *block) run(ctx context.Context) reply.Reply {
	defer b.giveBack()
	job := &b.job
	job.Fn, job.After, job.Scope.Keys = b.attempt, b.release, b.session.watcher.Keys()
	m := b.multi
	job.Write = m.write || m.transactional && b.session.server.observers.Heard().Has('m') // see execution.missed
	// only an Update may touch keys that a script has not declared
	job.Scope.All = m.all || m.scripted && !job.Write
	if !m.transactional && len(job.Scope.Keys) == 0 {
		if job.Err = b.attempt(nil); job.Err == nil {
			b.release()
		}
	} else {
		b.scope()
		for again := true; again; again = b.lacksRoom() {
			b.makeRoom()
			store.Run(ctx, b.session.engine(), job)
		}
	}
	if b.aborted || job.Err != nil {
		b.session.reach(job)
		b.serving.Fail()
		b.complete()
		b.replies.Done().Release()
	}
	switch {
	case b.aborted:
		return reply.NilArray()
	case job.Err != nil:
		return reply.Err(job.Err)
	}
	return b.finish()
}

// scope makes the keys of all commands the scope, one that is repeated at once only once.
func (b *block) scope() {
	keys := b.job.Scope.Keys
	b.multi.each(b.session, func(e *execution) {
		for _, k := range e.keys {
			if len(keys) == 0 || !keys[len(keys)-1].Equal(k) {
				keys = append(keys, k)
			}
		}
	})
	b.job.Scope.Keys = keys
}

// attempt runs the queue; the engine may call it again.
func (b *block) attempt(tx store.Tx) error {
	b.begin()
	if tx != nil {
		changed, err := b.session.watcher.Disturbed(tx)
		if err != nil || changed {
			b.aborted = changed
			return errUndo
		}
	}
	at := b.multi.reader()
	args := b.exec.Args
	for i := range b.results {
		args = at.next(args[:0])
		if b.results[i].over {
			b.repeat(i, args)
			continue
		}
		if err := b.step(i, b.execution(i, args), tx); err != nil {
			return err
		}
	}
	return b.serving.Run(tx)
}

// begin forgets the attempt before.
func (b *block) begin() {
	b.aborted = false
	b.serving.Undo()
	b.session.client.DB.Store(b.db)
	b.replies.Done().Release()
	b.replies = reply.NewList(2, reply.Array)
	b.outcome.Clear()
}

// execution readies the execution of a command. The argument list is used again for the next one.
func (b *block) execution(i int, args [][]byte) *execution {
	b.exec.stage(b.session, args)
	if !b.exec.scripted() {
		return b.exec
	}
	e := b.multi.script(b.session, i, args)
	e.DB, e.Proto = int(b.session.client.DB.Load()), int(b.session.client.Proto.Load())
	e.script.Within, e.shown = b.multi.slots, false
	return e
}

// step runs a command inside the block's transaction. An error ends the attempt.
func (b *block) step(i int, e *execution, tx store.Tx) error {
	o := &b.results[i]
	o.db = int32(e.DB)
	if b.forbidden(i, e) {
		return nil
	}
	var err error
	switch {
	case e.transactional():
		err = e.within(tx)
	case e.scripted():
		err = e.scriptWithin(tx)
	default:
		e.run()
		o.over = tx != nil
	}
	if err != nil {
		e.reply.Release()
		return err
	}
	b.take(i, e)
	return nil
}

// forbidden reports whether a command is answered that its user may not run it any more. He is asked once, whatever
// becomes of the attempt: AUTH and ACL are not taken back either.
func (b *block) forbidden(i int, e *execution) bool {
	o := &b.results[i]
	if !o.judged {
		o.judged = true
		o.problem = b.session.forbiddenNow(e.Spec, e.Args)
		o.denied = o.problem != ""
	}
	if o.denied {
		e.reply, e.shown = reply.Fail(o.problem), true // MONITOR shows what runs
		b.take(i, e)
	}
	return o.denied
}

// within runs a command inside the transaction of others. One that fails leaves nothing. An error ends the attempt.
func (e *execution) within(tx store.Tx) error {
	void, err := e.track.Attempt(tx, func() bool {
		_ = e.transact(tx) // an error is its reply
		return e.reply.IsError() && !e.Keep
	})
	if void {
		return store.ErrAgain
	}
	return err
}

// take takes over what a command has led to.
func (b *block) take(i int, e *execution) {
	o := &b.results[i]
	o.took, o.leftDB, o.counted, o.problem = e.took, int32(e.leftDB), e.Counted, ""
	o.hits, o.misses, o.database = e.Hits, e.Misses, e.Database
	if e.reply.IsError() {
		o.problem = e.reply.ErrorText()
	}
	b.serving.Note(e.Ready)
	if o.over {
		o.outcome = &cmd.Outcome{}
		o.outcome.Merge(&e.Outcome)
	}
	b.show(e)
	b.outcome.Merge(&e.Outcome)
	e.Clear()
	b.answer(i, e.reply)
	e.reply = reply.Reply{}
}

// show has MONITOR see a command before what it leads to.
func (b *block) show(e *execution) {
	if b.session.server.visible(e) {
		b.outcome.Show(e.leftDB, b.session.origin(), e.Spec.Public(e.Args))
		e.shown = true
	}
}

// answer adds a reply in the protocol of the moment.
func (b *block) answer(i int, r reply.Reply) {
	if r.Large() && !b.results[i].over {
		b.replies.Reply(r)
		return
	}
	b.room = r.Append(b.room[:0], int(b.session.client.Proto.Load()))
	r.Release()
	b.replies.Encoded(b.room)
	if b.results[i].over {
		if b.answers == nil {
			b.answers = map[int][]byte{}
		}
		b.answers[i] = bytes.Clone(b.room)
	}
}

// repeat has a command that is over stand where it stood.
func (b *block) repeat(i int, args [][]byte) {
	o := &b.results[i]
	b.session.client.DB.Store(o.leftDB)
	b.replies.Encoded(b.answers[i])
	b.exec.stage(b.session, args)
	b.exec.leftDB = int(o.leftDB)
	b.show(b.exec)
	b.outcome.Merge(o.outcome)
}

// release lets what waited for the commit happen: see execution.release.
func (b *block) release() {
	b.session.reach(&b.job)
	b.session.server.observers.Publish(b.session.client, &b.outcome, b.serving)
}

// complete ends those commands that have run although the transaction has failed.
func (b *block) complete() {
	for i := range b.results {
		if o := b.results[i].outcome; o != nil {
			b.session.server.observers.Publish(b.session.client, o, nil)
			o.Follow()
		}
	}
}

// finish counts the commands and joins their replies. A client whose replies are lost is not told that the commands
// have failed, as they have not.
func (b *block) finish() reply.Reply {
	at, e, observers := b.multi.reader(), b.exec, b.session.server.observers
	for i := range b.results {
		o := &b.results[i]
		e.stage(b.session, at.next(e.Args[:0]))
		e.Hits, e.Misses, e.Database = o.hits, o.misses, o.database
		observers.Count(&e.Outcome)
		e.shown = true // by release
		e.DB, e.took, e.leftDB, e.Counted = int(o.db), o.took, int(o.leftDB), o.counted
		e.queued = o.denied // then it counts as an error alone
		if o.problem != "" {
			e.reply = reply.Fail(o.problem)
		}
		b.session.server.note(b.session, e)
	}
	b.outcome.Hits, b.outcome.Misses = 0, 0 // each command's are counted, and are in a database of its own
	observers.Count(&b.outcome)
	b.outcome.Follow()
	if err := b.replies.Err(); err != nil {
		b.session.out.Fail(err)
		b.replies.Done()
		return reply.Nothing()
	}
	return b.replies.Done()
}

// giveBack returns the executions.
func (b *block) giveBack() {
	b.session.server.putBack(b.exec)
	for _, e := range b.multi.scripts {
		b.session.server.putBack(e)
	}
}

// lacksRoom reports whether the attempt is void because a script wants room.
func (b *block) lacksRoom() bool {
	for _, e := range b.multi.scripts {
		if e.script.Room.Lacking() {
			return true
		}
	}
	return false
}

// makeRoom makes what the block's scripts wanted.
func (b *block) makeRoom() {
	for _, e := range b.multi.scripts {
		e.script.Room.Make(b.session.server.budget)
	}
}
