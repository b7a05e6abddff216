package resp

import (
	"context"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/scripts"
	"larder/resp/lua"
	"larder/resp/node"
	"larder/resp/reply"
	"larder/store"
)

// scriptRun is the run of an EVAL or its like: the attempts at its transaction, and what the
// script's commands are run with (script_host.go). It belongs to its execution, which uses it
// again for the next script.
//
// Its transaction is an Update over the keys it has declared, and it may touch others. One that
// only reads is a View, and so over all keys. An attempt is void only if the engine gives it up and makes another one.
type scriptRun struct {
	e       *execution
	server  *Server
	plan    *scripts.Plan
	job     store.Job
	room    scriptRoom
	slots   node.Slots // of the keys so far, if it has to keep to one
	within  node.Slots // of all keys of the EXEC around it
	again   bool       // this attempt is void, the engine makes the next
	failure error      // of the engine's: it ends the script
	tx      store.Tx
	track   trackTx
	call    cmd.Call // the script's command under way
	ledger  ledger
	publish func()
	answer  reply.Reply
}

func newScriptRun(e *execution) *scriptRun {
	r := &scriptRun{e: e, server: e.track.server}
	r.job.Fn, r.job.After = r.transact, r.committed
	r.track.server, r.track.call = r.server, &r.call
	r.ledger.server, r.ledger.owner = r.server, e
	r.publish = r.ledger.publish
	return r
}

// scripted reports whether the command runs a script.
func (e *execution) scripted() bool { return e.Spec.Has(cmd.Scripted) }

// prepareScript readies an execution whose command runs a script. What a client that caches
// keys reads must be remembered before anybody else can change it. Only the script knows
// what that is, so it keeps writers out while it runs.
func (e *execution) prepareScript() {
	e.Owner = e
	e.job.Write = !e.Spec.Has(cmd.View) || e.Client.Tracking.Load() != nil || e.missed()
	if e.script == nil {
		e.script = newScriptRun(e)
	}
	e.script.room = scriptRoom{}
}

// Script runs a plan in a transaction of its own, or in that of the EXEC around it.
func (h host) Script(c *cmd.Call, p *scripts.Plan) reply.Reply {
	r := c.Owner.(*execution).script
	r.plan = p
	if c.Tx != nil {
		r.attempt(c.Tx)
		return r.answer
	}
	return r.run()
}

// run makes a transaction for the script.
func (r *scriptRun) run() reply.Reply {
	r.job.Write = r.plan.Write || r.e.job.Write && (r.e.Client.Tracking.Load() != nil || r.e.missed())
	r.job.Scope = store.Scope{Keys: r.e.keys, All: !r.job.Write}
	for again := true; again; again = r.room.want != 0 {
		r.makeRoom()
		store.Run(context.Background(), r.e.session.engine(), &r.job)
	}
	if err := r.job.Err; err != nil {
		r.answer.Release()
		r.e.forgo()
		r.e.unserve()
		if r.server.closing() { // the connection ends; as with Redis's process, nothing is answered
			r.e.Client.Killed.Store(true)
			return reply.Nothing()
		}
		return reply.Err(err)
	}
	return r.answer
}

// committed is what follows the transaction.
func (r *scriptRun) committed() {
	r.e.session.reach(&r.job)
	r.e.release()
}

// transact is the body of the transaction; the engine may call it again.
func (r *scriptRun) transact(tx store.Tx) error {
	r.attempt(tx)
	if err := r.void(); err != nil {
		return err
	}
	if r.server.closing() {
		return store.ErrClosed // a script that was killed for it has not done its work
	}
	return r.e.serve(tx)
}

// attempt runs the script once. What it led to happens after the commit.
func (r *scriptRun) attempt(tx store.Tx) {
	e := r.e
	r.answer.Release()
	e.forgo()
	e.unserve()
	e.track.ready = e.track.ready[:0]
	r.again, r.failure = false, nil
	r.tx = tx
	r.ledger.clear()
	r.slots = r.declaredSlots()
	e.Client.DB.Store(int32(e.DB))
	defer func() {
		e.Client.DB.Store(int32(e.DB)) // what the script selected was for itself
		r.tx, r.track.Tx = nil, nil
		if p := recover(); p != nil {
			r.answer = e.panicked(p)
		}
	}()
	e.After(r.publish)
	r.answer = r.plan.Run(r)
}

// declaredSlots are the slots in a cluster that the script's command names, or the EXEC around it.
func (r *scriptRun) declaredSlots() node.Slots {
	switch {
	case r.server.node == nil:
		return node.Slots{}
	case r.e.Nested:
		return r.within
	}
	return node.SlotsOf(r.e.Spec, r.e.Args)
}

// scriptWithin runs a script inside the transaction of others. An error ends the attempt.
func (e *execution) scriptWithin(tx store.Tx) error {
	r := e.script
	r.again, r.failure = false, nil
	e.Tx = tx
	e.run()
	e.Tx = nil
	return r.void()
}

// void is the error of an attempt that is void, nil if it is not.
func (r *scriptRun) void() error {
	switch {
	case r.again:
		return store.ErrAgain
	case r.room.want != 0:
		return errUndo
	}
	return r.failure
}

// OverMemory reports whether there was no room for data, nor any to be made, when the script's command or
// the EXEC around it was about to run.
func (h host) OverMemory(c *cmd.Call) bool { return c.Owner.(*execution).script.room.full() }

// Busy is what commands are answered while a script is past its time.
func (h host) Busy() (text string, busy bool) {
	b, busy := h.scripts.Busy()
	if !busy {
		return "", false
	}
	return string(b.Fault()), true
}

// infoScripts are INFO's fields about scripts and functions, of the section on memory.
func (s *Server) infoScripts(t *infoText) {
	cached, source := s.scripts.CachedScripts()
	libraries, functions := s.scripts.Functions()
	code := 0
	for _, l := range s.scripts.Libraries() {
		code += len(l.Code)
	}
	total := int64(source + code)
	t.lines("used_memory_lua", source, "used_memory_vm_eval", source, "used_memory_lua_human", human(int64(source)),
		"used_memory_scripts_eval", source, "number_of_cached_scripts", cached,
		"number_of_functions", functions, "number_of_libraries", libraries, "used_memory_vm_functions", code, "used_memory_vm_total", total,
		"used_memory_vm_total_human", human(total), "used_memory_functions", code, "used_memory_scripts", total,
		"used_memory_scripts_human", human(total))
}

// newScripts makes the engine of scripts with its limits as configured.
func (s *Server) newScripts(vault lua.Vault) error {
	var err error
	s.scripts, err = lua.New(lua.Limits{
		Memory:    int(s.params.Bytes("lua-memory-limit")),
		BusyAfter: func() time.Duration { return time.Duration(s.busyMillis.Load()) * time.Millisecond },
	}, vault)
	return err
}
