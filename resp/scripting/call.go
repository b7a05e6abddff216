package scripting

import (
	"errors"
	"time"

	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/lua"
	"larder/resp/node"
	"larder/resp/reply"
	"larder/resp/table"
)

// keptMost bounds what an attempt keeps for after its commit. A script that leaves more has
// it published on the way, and twice if that attempt turns out to be void.
const keptMost = 4096

// ErrRoom is the error of an attempt that lacks room, which is made before the next one.
var ErrRoom = errors.New("the script lacks room")

// Call runs a command of the script inside the script's transaction.
func (r *Run) Call(run *lua.Run, args [][]byte) reply.Reply {
	entry, problem := r.server.Commands.Find(args)
	if refusal := r.refusal(run, entry, problem, args); refusal != "" {
		r.called(entry, cmd.Called{Problem: refusal, Rejected: true})
		return reply.Fail(refusal)
	}
	if r.Room.Lacking() {
		return reply.Nothing() // the attempt lacks room
	}
	if entry.Spec.Has(cmd.Write) {
		run.Wrote()
	}
	r.prepare(run, entry, args)
	began := time.Now()
	answer := r.step()
	r.finish(run, entry, time.Since(began), &answer)
	return answer
}

// step runs the command that is prepared. One that fails after it wrote is taken back.
func (r *Run) step() (answer reply.Reply) {
	if r.call.Tx == nil {
		return r.call.Spec.Run(&r.call)
	}
	r.again, r.failure = r.track.Attempt(r.tx, func() bool {
		answer = r.call.Spec.Run(&r.call)
		return answer.IsError() && !r.call.Keep
	})
	return answer
}

// refusal is why the script may not call a command, in Redis's order and words; empty if it may.
func (r *Run) refusal(run *lua.Run, entry *table.Entry, problem string, args [][]byte) string {
	switch {
	case entry == nil:
		return "ERR Unknown Redis command called from script"
	case problem != "":
		return "ERR Wrong number of args calling Redis command from script"
	case entry.Spec.Has(cmd.NoScript):
		return "ERR This Redis command is not allowed from script"
	}
	if text := r.owner.Forbidden(entry.Spec, args); text != "" {
		return text
	}
	switch {
	case run.ReadOnly() && entry.Spec.Flags&(cmd.Write|cmd.MayReplicate) != 0:
		return "ERR Write commands are not allowed from read-only scripts."
	case entry.Spec.Has(cmd.DenyOOM) && !r.fits(run, entry.Spec, args):
		return admission.OutOfMemory
	case r.server.Clustered:
		return r.strays(entry.Spec, args)
	}
	return ""
}

// strays is what is wrong in a cluster with the slots of a command's keys, empty if nothing is. Redis says of keys in
// several slots what it says of a slot that another node has.
func (r *Run) strays(spec *cmd.Spec, args [][]byte) string {
	slots := node.SlotsOf(spec, args)
	switch {
	case slots.Spread():
		return "ERR Script attempted to access a non local key in a cluster node"
	case r.plan.OneSlot && !r.slots.Follow(slots):
		return "ERR Script attempted to access keys that do not hash to the same slot"
	}
	return ""
}

// prepare readies the call of a command.
func (r *Run) prepare(run *lua.Run, entry *table.Entry, args [][]byte) {
	c, own, spec := &r.call, r.own, entry.Spec
	c.Spec, c.Args, c.Event, c.Heard = spec, args, spec.Event, own.Heard
	c.DB, c.Proto = int(own.Client.DB.Load()), run.Proto()
	c.Client, c.Owner, c.Nested, c.Keep = own.Client, r.owner.Session(), true, false
	r.track.Begin(r.tx, spec.LooksUp(args), entry.Uses && !own.Client.NoTouch.Load(), false)
	c.Tx = nil
	if spec.Transactional() {
		c.Tx = &r.track
	}
	if own.Client.Tracking.Load() != nil && spec.Has(cmd.View) {
		r.remember()
	}
}

// remember notes the keys that a command of the script is about to read for a client that
// caches them.
func (r *Run) remember() {
	var names [][]byte
	for i := range r.call.Spec.Keys {
		r.call.Spec.Keys[i].Each(r.call.Args, func(at int) { names = append(names, r.call.Args[at]) })
	}
	if len(names) > 0 {
		r.server.Observers.Caches.Remember(r.own.Client, names)
	}
}

// finish takes what a command has led to, or ends the attempt if that is void.
func (r *Run) finish(run *lua.Run, entry *table.Entry, took time.Duration, answer *reply.Reply) {
	switch {
	case r.again || r.track.Void() || r.failure != nil:
		r.again = r.failure == nil
		run.Abort()
	case answer.IsError() && !r.call.Keep:
		r.show()
		r.called(entry, cmd.Called{Took: took, Problem: answer.ErrorText()})
	default:
		r.show() // before what it has led to
		r.own.Merge(&r.call.Outcome)
		r.called(entry, cmd.Called{Took: took})
	}
	r.call.Clear()
}

// show keeps the command for MONITOR, with the database that it leaves selected, as a client's own is shown. The words
// are the script's own copies.
func (r *Run) show() {
	spec := r.call.Spec
	if r.server.Observers.Monitors.Active() && spec.Flags&(cmd.NoMonitor|cmd.Admin) == 0 {
		r.own.Show(int(r.own.Client.DB.Load()), "lua", spec.Public(r.call.Args))
		r.keep()
	}
}

// called keeps a command for the statistics.
func (r *Run) called(entry *table.Entry, c cmd.Called) {
	if entry != nil {
		c.Stats = entry.Stats
	}
	if r.own.Calls = append(r.own.Calls, c); len(r.own.Calls) == keptMost {
		r.owner.Vent()
	}
}

// keep counts a line or a message that waits for the commit.
func (r *Run) keep() {
	if r.kept++; r.kept == keptMost {
		r.kept = 0
		r.owner.Vent()
	}
}

// Allowed is redis.acl_check_cmd.
func (r *Run) Allowed(args [][]byte) (allowed, known bool) {
	entry, _ := r.server.Commands.Find(args)
	return entry != nil && r.owner.May(entry.Spec, args), entry != nil
}

// Log keeps a message of redis.log for after the commit.
func (r *Run) Log(level int, message string) {
	r.own.Events = append(r.own.Events, cmd.Event{Message: &cmd.Message{Level: level, Text: message}})
	r.keep()
}
