package resp

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tidwall/redcon"

	"larder/resp/access"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/guard"
	"larder/resp/unread"
	"larder/resp/waiting"
	"larder/resp/watch"
	"larder/store"
)

const (
	// batchMax bounds the commands of a pipeline that wait for each other's commit.
	batchMax = 1024
	// keepBatch bounds the room for a batch that a connection keeps for its next pipeline.
	keepBatch = 128
)

// session serves one connection: it belongs to redcon's goroutine of that connection.
type session struct {
	server *Server
	conn   redcon.Conn
	guard  *guard.Conn
	client *cmd.Client
	user   atomic.Pointer[access.User]
	// failures are the wrong passwords in a row, penalty what the client waits for the reply to the last ones.
	failures int
	penalty  time.Duration
	// trusted is what the guard was last told of the client's authentication.
	trusted bool
	batch   []*execution // the first n of them in use
	n       int
	jobs    []*store.Job
	multi   *multi                         // nil outside MULTI
	watcher watch.Watcher                  // what it watches
	waiting atomic.Pointer[waiting.Waiter] // the command that waits

	replies    unread.Writer
	out        *unread.Output // what reaches the client besides replies
	subscriber *broker.Subscriber
	// moment is that of the last transaction: see store.Job.
	moment uint64

	arrived time.Time // of the pipeline, if the client has a deadline

	wrote    bool // the pipeline has a command that writes
	replyOff bool // CLIENT REPLY OFF
	skip     int  // after CLIENT REPLY SKIP, how many commands until one is not answered
}

// context ends with the server; a command under way is not cut short by its client.
func (s *session) context() context.Context { return context.Background() }

// serve runs a whole pipeline: the commands that redcon has parsed from what the socket
// held. Consecutive commands on keys go to the engine together, which runs them in their
// order; every other command is a barrier. Replies keep the order.
func (s *session) serve(first redcon.Command) {
	s.arrive()
	s.hold()
	defer s.letGo()
	rest := s.conn.ReadPipeline()
	s.take(s.guard.Args(first.Args))
	for _, c := range rest {
		if s.client.Killed.Load() {
			break
		}
		s.take(s.guard.Args(c.Args))
	}
	s.flush()
	s.giveBack()
	if s.client.Killed.Load() {
		s.leave() // before the last reply: who has read it counts on the client being gone
		s.replies.Send()
		s.out.Finish()
		s.conn.Close()
	}
}

// hold begins a pipeline. What was pushed before goes before the replies to come: whoever knows
// that something has happened and asks about it must hear of it first.
func (s *session) hold() { s.out.Hold() }

// letGo sends the replies there are and lets messages through, until hold. After reads other sessions get a turn first:
// their replies then go out together with these, and a client that has several connections wakes once for all. Writers
// come out of their group together anyhow, and to wait once more would keep them from the next.
func (s *session) letGo() {
	if !s.wrote {
		runtime.Gosched()
	}
	s.wrote = false
	s.replies.LetGo()
}

// take lets a command on keys wait in the batch, and runs any other at once, behind
// what waits.
func (s *session) take(args [][]byte) {
	if len(args) == 0 {
		return
	}
	e := s.next()
	e.prepare(s, args)
	if e.entry == nil && isHTTP(args[0]) {
		s.hangUp()
		return
	}
	if !s.mayGo(e) {
		return
	}
	if e.entry != nil && e.entry.Spec.Has(cmd.RunsQueue) {
		s.beforeExec(e)
	}
	if !e.refused && s.server.budget.Limited() {
		s.fit(e)
	}
	if s.multi != nil && (e.refused || !e.Spec.Has(cmd.InMulti)) {
		s.enqueue(e)
	}
	s.n++
	if e.refused || e.queued || e.transactional() && !s.pushed() && !e.Spec.Has(cmd.Blocking) {
		if s.n == batchMax {
			s.flush()
		}
		return
	}
	at := s.n - 1
	s.n = at
	s.flush()
	s.batch[0], s.batch[at] = e, s.batch[0]
	s.n = 1
	s.remember(e)
	s.flush()
	s.remembered(e)
}

// pushed reports whether a command may push something to its own client, which must come right behind its reply: then
// the next command waits for that.
func (s *session) pushed() bool { return s.client.Tracking.Load() != nil || s.client.Subscribed() }

func (s *session) next() *execution {
	if s.n == len(s.batch) {
		s.batch = append(s.batch, s.server.executions.Get().(*execution))
	}
	return s.batch[s.n]
}

// giveBack returns all executions but one to the server, so that a connection that has sent
// a long pipeline does not keep its memory.
func (s *session) giveBack() {
	if len(s.batch) < 2 {
		return
	}
	for _, e := range s.batch[1:] {
		s.server.executions.Put(e)
	}
	clear(s.batch[1:])
	clear(s.jobs)
	s.batch = s.batch[:1]
	if cap(s.batch) > keepBatch {
		s.batch, s.jobs = []*execution{s.batch[0]}, nil
	}
}

// flush runs what waits and encodes the replies in order.
func (s *session) flush() {
	if s.n == 0 {
		return
	}
	if s.n == 1 {
		s.server.execute(context.Background(), s.batch[0])
		if !s.await(s.batch[0]) {
			s.batch[0].forget()
			s.n = 0
			return
		}
	} else {
		s.runBatch()
	}
	s.atone()
	for _, e := range s.batch[:s.n] {
		s.finish(e)
	}
	s.n = 0
}

func (s *session) runBatch() {
	s.jobs = s.jobs[:0]
	for _, e := range s.batch[:s.n] {
		if !e.refused && !e.queued {
			s.jobs = append(s.jobs, &e.job)
		}
	}
	store.Batch(context.Background(), s.engine(), s.jobs)
	for _, e := range s.batch[:s.n] {
		if !e.refused && !e.queued {
			e.settle()
		}
	}
}

// finish counts a command and writes its reply.
func (s *session) finish(e *execution) {
	e.leave()
	s.wrote = s.wrote || e.job.Write
	s.server.note(s, e)
	e.release()
	e.Follow()
	if s.client.Authenticated.Load() != s.trusted {
		s.trusted = !s.trusted
		s.guard.Restrict(!s.trusted)
	}
	s.replies.AddAhead()
	if !s.silent() || e.reply.OutOfBand() {
		s.replies.Add(e.reply, int(s.client.Proto.Load()))
	}
	s.replies.AddBehind()
	s.tellQueue()
	e.reply.Release()
	e.forget()
}

// tellQueue publishes the state of MULTI for CLIENT LIST.
func (s *session) tellQueue() {
	queued, bytes := int32(-1), int64(0)
	if s.multi != nil {
		queued, bytes = int32(s.multi.n), s.multi.bytes
	}
	if s.client.Queued.Load() != queued {
		s.client.Queued.Store(queued)
		s.client.QueuedBytes.Store(bytes)
	}
}

// reach is told of each transaction: see unread.Writer.
func (s *session) reach(j *store.Job) {
	s.moment = j.Moment
	s.replies.Reach(j)
}

// note feeds the statistics.
func (s *Server) note(session *session, e *execution) {
	s.stats.Commands.Add(1)
	session.client.Commands.Add(1)
	session.client.LastActive.Store(time.Now().UnixMilli())
	failed := e.reply.IsError()
	if failed && !e.Counted {
		s.stats.Errors.Count(e.reply.ErrorText())
	}
	switch {
	case e.entry == nil, e.queued:
		return
	case e.refused:
		e.entry.Stats.Rejected.Add(1)
		return
	}
	s.show(e, e.leftDB)
	e.entry.Stats.Ran(e.took, failed, s.observers.TimesCommands.Load())
	if s.stats.Slow.Wants(e.took) && !e.Spec.Has(cmd.NoSlowlog) {
		s.stats.Slow.Add(e.Spec.Public(e.Args), e.took, session.client.Addr, session.client.Info().Name)
	}
	if e.Spec.Has(cmd.Fast) {
		s.stats.Events.Record("fast-command", e.took)
	} else {
		s.stats.Events.Record("command", e.took)
	}
}

// show lets MONITOR see a command, once: one that waits is seen when it begins to, and one that runs a script before
// the script's commands.
func (s *Server) show(e *execution, db int) {
	if s.visible(e) {
		s.observers.Monitors.Show(db, e.session.origin(), e.Spec.Public(e.Args))
		e.shown = true
	}
}

// visible reports whether MONITOR is yet to see a command.
func (s *Server) visible(e *execution) bool {
	return !e.shown && s.observers.Monitors.Active() && (e.Spec.Flags&(cmd.NoMonitor|cmd.Admin) == 0 || e.scripted())
}
