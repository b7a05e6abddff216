// Package scripting runs scripts and functions: their transactions, and the commands that they call.
package scripting

import (
	"context"

	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/cmd/scripts"
	"larder/resp/effects"
	"larder/resp/node"
	"larder/resp/reply"
	"larder/resp/table"
	"larder/store"
)

// Owner is the command that runs a script, as its front knows it. What the script leads to is put into the Outcome of
// the command's call.
type Owner interface {
	// Session is the Owner of the calls of the script's commands.
	Session() any
	// Engine is where the script has a transaction of its own.
	Engine() store.Engine
	// Serve serves those who wait for what is ready, at the end of the transaction and inside it.
	Serve(store.Tx) error
	// Abandon gives up what an attempt has done for others.
	Abandon()
	// Committed publishes the Outcome, in the order of commits.
	Committed(*store.Job)
	// Vent publishes of the Outcome what may be published before the commit, as it has grown large.
	Vent()
	// Forbidden is why the client's user may not run a command from a script, empty if he may. May asks the same, and
	// leaves no trace.
	Forbidden(*cmd.Spec, [][]byte) string
	May(*cmd.Spec, [][]byte) bool
	// Panicked is the reply to a defect of ours.
	Panicked(any) reply.Reply
}

// Server is what all scripts of a server share. For any goroutine.
type Server struct {
	Commands  *table.Table
	Observers *effects.Observers
	Budget    admission.Budget
	Clustered bool
	Closing   func() bool // the server is being closed
}

// Run is the run of an EVAL or its like: the attempts at its transaction, and what the
// script's commands are run with (call.go). It belongs to its command, which uses it
// again for the next script.
//
// Its transaction is an Update over the keys it has declared, and it may touch others. One that
// only reads is a View, and so over all keys. An attempt is void only if the engine gives it up and makes another one.
type Run struct {
	Room Room
	// Within are the slots of all keys of the EXEC around it.
	Within node.Slots

	server  *Server
	owner   Owner
	own     *cmd.Call // the owner's
	plan    *scripts.Plan
	job     store.Job
	slots   node.Slots // of the keys so far, if it has to keep to one
	again   bool       // this attempt is void, the engine makes the next
	failure error      // of the engine's: it ends the script
	tx      store.Tx
	track   effects.Tx
	call    cmd.Call // the script's command under way
	kept    int      // lines and messages that wait for the commit
	answer  reply.Reply
}

// New makes the runs of a command.
func New(s *Server, o Owner, own *cmd.Call) *Run {
	r := &Run{server: s, owner: o, own: own}
	r.job.Fn, r.job.After = r.transact, func() { o.Committed(&r.job) }
	r.track = s.Observers.NewTx(&r.call)
	return r
}

// reads reports whether a script that only reads must keep writers out while it runs: what a client that caches keys
// reads must be remembered before anybody else can change it, and only the script knows what that is; and who listens
// for keys that are missing must not hear of one behind the write that has made it.
func reads(c *cmd.Call) bool { return c.Client.Tracking.Load() != nil || c.Heard.Has('m') }

// Writes reports whether the transaction of a call that runs a script may write, as far as is known before.
func Writes(c *cmd.Call) bool { return !c.Spec.Has(cmd.View) || reads(c) }

// Script runs a plan in a transaction of its own over keys, or in that of the EXEC around it.
func (r *Run) Script(p *scripts.Plan, keys []store.Key) reply.Reply {
	r.plan = p
	if r.own.Tx != nil {
		r.attempt(r.own.Tx)
		return r.answer
	}
	r.job.Write = p.Write || reads(r.own)
	r.job.Scope = store.Scope{Keys: keys, All: !r.job.Write}
	for again := true; again; again = r.Room.Lacking() {
		r.Room.Make(r.server.Budget)
		store.Run(context.Background(), r.owner.Engine(), &r.job)
	}
	if err := r.job.Err; err != nil {
		r.answer.Release()
		r.own.Clear()
		r.owner.Abandon()
		if r.server.Closing() { // the connection ends; as with Redis's process, nothing is answered
			r.own.Client.Killed.Store(true)
			return reply.Nothing()
		}
		return reply.Err(err)
	}
	return r.answer
}

// transact is the body of the transaction; the engine may call it again.
func (r *Run) transact(tx store.Tx) error {
	r.attempt(tx)
	if err := r.Void(); err != nil {
		return err
	}
	if r.server.Closing() {
		return store.ErrClosed // a script that was killed for it has not done its work
	}
	return r.owner.Serve(tx)
}

// attempt runs the script once. What it led to happens after the commit.
func (r *Run) attempt(tx store.Tx) {
	own := r.own
	r.answer.Release()
	own.Clear()
	r.owner.Abandon()
	r.again, r.failure, r.kept = false, nil, 0
	r.tx = tx
	r.slots = r.declaredSlots()
	own.Client.DB.Store(int32(own.DB))
	defer func() {
		own.Client.DB.Store(int32(own.DB)) // what the script selected was for itself
		r.tx = nil
		r.track.End()
		if p := recover(); p != nil {
			r.answer = r.owner.Panicked(p)
		}
	}()
	r.answer = r.plan.Run(r)
}

// declaredSlots are the slots in a cluster that the script's command names, or the EXEC around it.
func (r *Run) declaredSlots() node.Slots {
	switch {
	case !r.server.Clustered:
		return node.Slots{}
	case r.own.Nested:
		return r.Within
	}
	return node.SlotsOf(r.own.Spec, r.own.Args)
}

// Begin begins an attempt inside the transaction of others, of which Void tells how it went.
func (r *Run) Begin() { r.again, r.failure = false, nil }

// Void is the error of an attempt that is void, nil if it is not.
func (r *Run) Void() error {
	switch {
	case r.again:
		return store.ErrAgain
	case r.Room.Lacking():
		return ErrRoom
	}
	return r.failure
}
