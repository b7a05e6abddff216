package resp

import (
	"slices"
	"strings"

	"larder/resp/cmd"
	"larder/resp/node"
	"larder/resp/reply"
)

// multi is the queue between MULTI and EXEC: the command lines, and what has to be known of all of them before any
// runs. Executions are made when EXEC comes to them, as each takes a kilobyte. It belongs to its session.
type multi struct {
	lines
	broken bool  // a command was refused: EXEC aborts
	bytes  int64 // of arguments, with 8 for each as Redis counts them
	// transactional: one of them works on keys; write: one of them may write; all: one covers all keys; scripted: one
	// runs a script.
	transactional, write, all, scripted bool
	scripts                             map[int]*execution // those that were made so far; see script
	pausable                            bool               // one of them counts as a write for a pause
	deny                                bool               // one of them must be refused without room for it
	need                                int64              // room for those that must
	slots                               node.Slots         // of the keys of all
}

// add keeps a command for EXEC. It was prepared as if it were to run now.
func (m *multi) add(e *execution) {
	m.lines.add(e.Args)
	for _, a := range e.Args {
		m.bytes += int64(len(a)) + 8
	}
	if e.transactional() || e.scripted() {
		m.transactional = true
		m.write, m.all = m.write || e.job.Write, m.all || e.job.Scope.All
	}
	if e.session.server.node != nil {
		m.slots.Add(e.Spec, e.Args)
	}
	// what it publishes has its place among what writers do
	m.write = m.write || e.Spec.Has(cmd.MayReplicate) && !e.scripted()
	m.scripted = m.scripted || e.scripted()
	m.pausable = m.pausable || e.mayWrite()
	if need, deny := e.demand(); deny {
		m.need, m.deny = m.need+need, true
	}
}

// script makes the execution of the script that is the ith command. It has one of its own, as it remembers what earlier
// attempts have found out.
func (m *multi) script(s *session, i int, args [][]byte) *execution {
	if e := m.scripts[i]; e != nil {
		return e
	}
	if m.scripts == nil {
		m.scripts = map[int]*execution{}
	}
	e := s.server.executions.Get().(*execution)
	e.stage(s, slices.Clone(args))
	e.scope()
	e.prepareScript()
	m.scripts[i] = e
	return e
}

// runs are the executions of all scripts.
func (m *multi) runs(s *session) (found []*execution) {
	if !m.scripted {
		return nil
	}
	at, args := m.reader(), [][]byte(nil)
	for i := range m.n {
		args = at.next(args[:0])
		if entry, _ := s.server.table.Find(args); entry.Spec.Has(cmd.Scripted) {
			found = append(found, m.script(s, i, args))
		}
	}
	return found
}

// each prepares the commands one after the other, with their keys, and calls f with each.
func (m *multi) each(s *session, f func(*execution)) {
	e := s.server.executions.Get().(*execution)
	at := m.reader()
	for range m.n {
		e.stage(s, at.next(e.Args[:0]))
		if e.transactional() || e.scripted() {
			e.scope()
		} else {
			e.keys = e.keys[:0]
		}
		f(e)
	}
	s.server.putBack(e)
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
		{Name: "EXEC", Arity: 1, Flags: flags&^cmd.Fast&^cmd.AllowBusy | cmd.NoSlowlog | cmd.EndsMulti | cmd.RunsQueue,
			Nests: true, Run: own((*session).exec), Group: "transactions", Since: "1.2.0",
			Summary: "Executes all commands in a transaction.", Complexity: "Depends on commands in the transaction"},
		{Name: "DISCARD", Arity: 1, Flags: flags | cmd.EndsMulti, Run: own((*session).discard),
			Group: "transactions", Since: "2.0.0",
			Summary: "Discards a transaction.", Complexity: "O(N), when N is the number of queued commands"},
		{Name: "WATCH", Arity: -2, Flags: flags, Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyRO)},
			Run:   own((*session).watch),
			Group: "transactions", Since: "2.2.0", Usage: "key [key ...]",
			Summary: "Monitors changes to keys to determine the execution of a transaction.", Complexity: "O(1) for every key."},
		{Name: "UNWATCH", Arity: 1, Flags: flags &^ cmd.InMulti,
			Run:   own(func(s *session, _ *cmd.Call) reply.Reply { s.watcher.Forget(); return reply.OK() }),
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
	s.watcher.Forget()
	return reply.OK()
}

// watch is WATCH.
func (s *session) watch(c *cmd.Call) reply.Reply {
	if s.multi != nil {
		return reply.Fail("ERR WATCH inside MULTI is not allowed")
	}
	if err := s.watcher.Watch(s.context(), s.server.engine, c.KeysFrom(1)...); err != nil {
		return reply.Err(err)
	}
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
	default:
		e.queued, e.reply = true, reply.Word("QUEUED")
		if !s.multi.broken && !(s.watcher.Lost()) { // else EXEC runs nothing
			s.multi.add(e)
			s.bound()
		}
	}
}

// bound closes the connection of a client whose queue has become too large: it counts as input that waits,
// as later versions of Redis have it; 7.0 lets it grow.
func (s *session) bound() {
	used, _ := s.guard.QueryBuffer()
	if s.multi.bytes+used > s.server.guard.QueryBuffer.Load() {
		s.server.log.Warn("Closing client that reached max query buffer length", "client", s.client.Addr)
		s.client.Close()
	}
}

// abort is an EXEC that may not run: the transaction is over all the same.
func (s *session) abort(e *execution) {
	e.reply = reply.Fail("EXECABORT Transaction discarded because of: " + strings.TrimPrefix(e.reply.ErrorText(), "ERR "))
	s.multi = nil
	s.watcher.Forget()
}

// beforeExec ends a transaction whose EXEC may not run, or whose keys lie in several slots of a cluster.
func (s *session) beforeExec(e *execution) {
	switch {
	case e.refused:
		s.abort(e)
	case s.multi != nil && s.multi.slots.Spread():
		e.refused, e.reply = true, reply.Fail(node.CrossSlot)
		s.multi = nil
		s.watcher.Forget()
	}
}

// exec is EXEC: one transaction over the keys of all queued commands and the watched ones.
func (s *session) exec(c *cmd.Call) reply.Reply {
	m := s.multi
	if m == nil {
		return reply.Fail("ERR EXEC without MULTI")
	}
	defer s.watcher.Forget()
	s.multi = nil
	if m.broken {
		return reply.Fail("EXECABORT Transaction discarded because of previous errors.")
	}
	return newBlock(s, m).run(s.context())
}
