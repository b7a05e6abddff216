package resp

import (
	"bytes"
	"context"
	"slices"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/waiting"
	"larder/store"
)

// block is the run of an EXEC: one transaction for all of its commands, which run one after the other on the same
// execution. What of them has to outlive the next command is kept apart: outcomes for the statistics, news for after
// the commit, and the replies, encoded, in a list that goes to a file if it becomes long. It belongs to its session's
// goroutine between attempts, and to the engine during them.
type block struct {
	session *session
	multi   *multi
	db      int32 // selected when EXEC began
	exec    *execution

	outcomes []outcome
	// answers are the replies, encoded, of the commands that are over, if there may be another attempt.
	answers map[int][]byte

	// Of one attempt.
	replies *reply.List
	news    []news
	changes []string
	flushed bool

	aborted bool // a watched key has changed
	job     store.Job
	serving *waiting.Serving
	room    []byte // for a reply
}

// outcome is what statistics, MONITOR and the slow log need of a command once the block is committed.
type outcome struct {
	took         time.Duration
	problem      string // the error it answered
	hits, misses int64
	db, leftDB   int32 // selected before and after
	counted      bool  // the problem is in the statistics
	over         bool  // it has no transaction, and runs once whatever happens to the attempt
	news         *news // of one that is over
}

// news is what a command leads to after the commit.
type news struct {
	command int // its place in the queue
	notices []cmd.Notice
	effects []func()
	chores  []func()
}

// announce does what waited for the commit, as execution.announce does.
func (n *news) announce(s *Server) {
	for _, notice := range n.notices {
		s.announce(notice)
	}
	for _, effect := range n.effects {
		effect()
	}
}

// follow does what may wait for transactions.
func (n *news) follow() {
	for _, chore := range n.chores {
		chore()
	}
}

func newBlock(s *session, m *multi) *block {
	b := &block{session: s, multi: m, db: s.client.DB.Load(), serving: s.server.waiters.Serving()}
	b.outcomes = make([]outcome, m.n)
	b.replies = reply.NewList(2, reply.Array)
	b.exec = s.server.executions.Get().(*execution)
	return b
}

func (b *block) run(ctx context.Context) reply.Reply {
	defer b.giveBack()
	job := &b.job
	job.Fn, job.After, job.Scope.Keys = b.attempt, b.release, b.session.watcher.Keys()
	m := b.multi
	job.Write = m.write || m.transactional && b.session.server.heard().Has('m') // see execution.missed
	job.Scope.All = m.all || m.scripted && !job.Write                           // only an Update may touch keys that a script has not declared
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
	for i := range b.outcomes {
		args = at.next(args[:0])
		if b.outcomes[i].over {
			b.repeat(i)
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
	b.aborted, b.flushed = false, false
	b.serving.Undo()
	b.session.client.DB.Store(b.db)
	b.replies.Done().Release()
	b.replies = reply.NewList(2, reply.Array)
	clear(b.news)
	b.news, b.changes = b.news[:0], nil
}

// execution readies the execution of a command. The argument list is used again for the next one.
func (b *block) execution(i int, args [][]byte) *execution {
	b.exec.stage(b.session, args)
	if !b.exec.scripted() {
		return b.exec
	}
	e := b.multi.script(b.session, i, args)
	e.DB, e.Proto = int(b.session.client.DB.Load()), int(b.session.client.Proto.Load())
	e.script.within = b.multi.slots
	return e
}

// step runs a command inside the block's transaction. An error ends the attempt.
func (b *block) step(i int, e *execution, tx store.Tx) error {
	o := &b.outcomes[i]
	o.db = int32(e.DB)
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

// take takes over what a command has led to.
func (b *block) take(i int, e *execution) {
	o := &b.outcomes[i]
	o.took, o.leftDB, o.counted, o.problem = e.took, int32(e.leftDB), e.Counted, ""
	o.hits, o.misses = e.track.hits, e.track.misses
	if e.reply.IsError() {
		o.problem = e.reply.ErrorText()
	}
	b.serving.Note(e.track.ready)
	e.track.ready = e.track.ready[:0]
	b.changes = append(b.changes, e.track.changes...)
	b.flushed = b.flushed || e.track.flushed
	if len(e.Notices)+len(e.Effects)+len(e.Chores) > 0 {
		n := news{i, slices.Clone(e.Notices), slices.Clone(e.Effects), slices.Clone(e.Chores)}
		b.news = append(b.news, n)
		if o.over {
			o.news = &n
		}
	}
	e.forgo()
	clear(e.Chores)
	e.Chores = e.Chores[:0]
	b.answer(i, e.reply)
	e.reply = reply.Reply{}
}

// answer adds a reply in the protocol of the moment.
func (b *block) answer(i int, r reply.Reply) {
	if r.Large() && !b.outcomes[i].over {
		b.replies.Reply(r)
		return
	}
	b.room = r.Append(b.room[:0], int(b.session.client.Proto.Load()))
	r.Release()
	b.replies.Encoded(b.room)
	if b.outcomes[i].over {
		if b.answers == nil {
			b.answers = map[int][]byte{}
		}
		b.answers[i] = bytes.Clone(b.room)
	}
}

// repeat has a command that is over stand where it stood.
func (b *block) repeat(i int) {
	o := &b.outcomes[i]
	b.session.client.DB.Store(o.leftDB)
	b.replies.Encoded(b.answers[i])
	if o.news != nil {
		b.news = append(b.news, *o.news)
	}
}

// release lets what waited for the commit happen: see execution.release.
func (b *block) release() {
	s := b.session.server
	b.session.reach(&b.job)
	show := b.viewer()
	for i := range b.news {
		show(b.news[i].command + 1)
		b.news[i].announce(s)
	}
	show(len(b.outcomes))
	s.invalidate(b.session.client, b.changes, b.flushed)
	b.serving.Deliver()
}

// viewer returns what lets MONITOR see the commands in their order, those before a place in the queue that it has not
// seen. It must be before what a script leaves, which has lines of its own.
func (b *block) viewer() (show func(before int)) {
	if !b.session.server.monitors.Active() {
		return func(int) {}
	}
	at, i := b.multi.reader(), 0
	return func(before int) {
		for ; i < before; i++ {
			e := b.multi.scripts[i]
			if args := at.next(b.exec.Args[:0]); e == nil {
				e = b.exec
				e.stage(b.session, args)
			}
			b.session.server.show(e, int(b.outcomes[i].leftDB))
		}
	}
}

// complete ends those commands that have run although the transaction has failed.
func (b *block) complete() {
	for i := range b.outcomes {
		if n := b.outcomes[i].news; n != nil {
			n.announce(b.session.server)
			n.follow()
		}
	}
}

// finish counts the commands and joins their replies. A client whose replies are lost is not told that the commands
// have failed, as they have not.
func (b *block) finish() reply.Reply {
	at, e := b.multi.reader(), b.exec
	for i := range b.outcomes {
		o := &b.outcomes[i]
		e.stage(b.session, at.next(e.Args[:0]))
		if e.DB = int(o.db); e.transactional() {
			e.track.hits, e.track.misses = o.hits, o.misses
			e.track.count()
		}
		e.shown = true // by release
		e.took, e.leftDB, e.Counted = o.took, int(o.leftDB), o.counted
		if o.problem != "" {
			e.reply = reply.Fail(o.problem)
		}
		b.session.server.note(b.session, e)
	}
	for i := range b.news {
		b.news[i].follow()
	}
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
