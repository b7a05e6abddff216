package resp

import (
	"slices"
	"time"

	"larder/resp/cmd"
	"larder/resp/lua"
	"larder/resp/node"
	"larder/resp/reply"
	"larder/resp/table"
)

// Call runs a command of the script inside the script's transaction.
func (r *scriptRun) Call(run *lua.Run, args [][]byte) reply.Reply {
	entry, problem := r.server.table.Find(args)
	if refusal := r.refusal(run, entry, problem, args); refusal != "" {
		r.ledger.rejected(entry, refusal)
		return reply.Fail(refusal)
	}
	if r.room.want != 0 {
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
func (r *scriptRun) step() (answer reply.Reply) {
	if r.call.Tx == nil {
		return r.call.Spec.Run(&r.call)
	}
	r.again, r.failure = r.track.attempt(r.tx, func() bool {
		answer = r.call.Spec.Run(&r.call)
		return answer.IsError() && !r.call.Keep
	})
	return answer
}

// refusal is why the script may not call a command, in Redis's order and words; empty if it may.
func (r *scriptRun) refusal(run *lua.Run, entry *table.Entry, problem string, args [][]byte) string {
	switch {
	case entry == nil:
		return "ERR Unknown Redis command called from script"
	case problem != "":
		return "ERR Wrong number of args calling Redis command from script"
	case entry.Spec.Has(cmd.NoScript):
		return "ERR This Redis command is not allowed from script"
	case run.ReadOnly() && entry.Spec.Flags&(cmd.Write|cmd.MayReplicate) != 0:
		return "ERR Write commands are not allowed from read-only scripts."
	case entry.Spec.Has(cmd.DenyOOM) && !r.fits(run, entry.Spec, args):
		return outOfMemory
	case r.server.node != nil:
		return r.strays(entry.Spec, args)
	}
	return ""
}

// strays is what is wrong in a cluster with the slots of a command's keys, empty if nothing is. Redis says of keys in
// several slots what it says of a slot that another node has.
func (r *scriptRun) strays(spec *cmd.Spec, args [][]byte) string {
	slots := node.SlotsOf(spec, args)
	switch {
	case slots.Spread():
		return "ERR Script attempted to access a non local key in a cluster node"
	case r.plan.OneSlot && !r.slots.Follow(slots):
		return "ERR Script attempted to access keys that do not hash to the same slot"
	}
	return ""
}

// prepare readies the call of a command. Effects and notices of the last one have been taken.
func (r *scriptRun) prepare(run *lua.Run, entry *table.Entry, args [][]byte) {
	c, e, spec := &r.call, r.e, entry.Spec
	c.Spec, c.Args, c.Event, c.Heard = spec, args, spec.Event, e.Heard
	c.DB, c.Proto = int(e.Client.DB.Load()), run.Proto()
	c.Client, c.Owner, c.Nested, c.Keep = e.Client, e.session, true, false
	r.track.reset(r.tx, spec.LooksUp(args), entry.Uses && !e.Client.NoTouch.Load())
	c.Tx = nil
	if spec.Transactional() {
		c.Tx = &r.track
	}
	if e.Client.Tracking.Load() != nil && spec.Has(cmd.View) {
		r.remember()
	}
}

// remember notes the keys that a command of the script is about to read for a client that
// caches them.
func (r *scriptRun) remember() {
	var names [][]byte
	for i := range r.call.Spec.Keys {
		r.call.Spec.Keys[i].Each(r.call.Args, func(at int) { names = append(names, r.call.Args[at]) })
	}
	if len(names) > 0 {
		r.server.caches.Remember(r.e.Client, names)
	}
}

// finish takes what a command has led to, or ends the attempt if that is void.
func (r *scriptRun) finish(run *lua.Run, entry *table.Entry, took time.Duration, answer *reply.Reply) {
	switch {
	case r.again || r.track.void() || r.failure != nil:
		r.again = r.failure == nil
		run.Abort()
	case answer.IsError() && !r.call.Keep:
		r.show()
		r.ledger.ran(entry, took, answer.ErrorText())
	default:
		r.take()
		r.show()
		r.ledger.ran(entry, took, "")
	}
	clear(r.call.Effects)
	r.call.Effects, r.call.Notices = r.call.Effects[:0], r.call.Notices[:0]
	r.track.changes, r.track.flushed = r.track.changes[:0], false
}

// show keeps the command for MONITOR, with the database that it leaves selected, as a client's own is shown.
func (r *scriptRun) show() { r.ledger.show(r.call.Spec, int(r.e.Client.DB.Load()), r.call.Args) }

// take adds what a command has led to, in order, to what happens after the script's commit.
func (r *scriptRun) take() {
	c, e := &r.call, r.e
	r.ledger.count(&r.track)
	e.track.changes = append(e.track.changes, r.track.changes...)
	e.track.flushed = e.track.flushed || r.track.flushed
	e.track.ready = append(e.track.ready, r.track.ready...)
	if len(c.Notices) > 0 {
		notices := slices.Clone(c.Notices)
		e.After(func() {
			for _, n := range notices {
				r.server.announce(n)
			}
		})
	}
	e.Effects = append(e.Effects, c.Effects...)
}

// Allowed knows one user, who may run everything.
func (r *scriptRun) Allowed(args [][]byte) (allowed, known bool) {
	entry, _ := r.server.table.Find(args)
	return true, entry != nil
}

// Log keeps a message of redis.log for after the commit.
func (r *scriptRun) Log(level int, message string) { r.ledger.log(level, message) }
