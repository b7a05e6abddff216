package resp

import (
	"context"

	"larder/resp/cmd"
	"larder/resp/lua"
)

// Room for scripts
//
// A script may be refused its first write only, as in Redis: to refuse a later one would leave half of
// its work. So its first write is what needs room. Before the transaction the script reserves what its
// keys and arguments come to, for mostly that is what it writes. If its first write needs more, the attempt
// is void: the room is made where no transaction is open, for evicting needs transactions too, and
// the next attempt knows whether there is some.

// scriptRoom is what a script may write. It belongs to its scriptRun.
type scriptRoom struct {
	holder *execution // the script's own, or the EXEC around it; nil if there was no limit
	have   int64      // its part of what the holder has reserved
	none   int64      // there is no room for so many bytes; 0 if nothing is known to be too much
	want   int64      // what the void attempt needed, until it is made
}

// full reports whether the data was over its limit when the script began.
func (r *scriptRoom) full() bool { return r.none != 0 && r.none <= leastRoom }

// scripts are those that a command runs: itself, or what EXEC has in its queue.
func (s *session) scripts(e *execution) []*execution {
	switch {
	case s.multi == nil && e.scripted():
		return []*execution{e}
	case s.multi != nil && e.Spec.Name == "EXEC":
		return s.multi.runs(s)
	}
	return nil
}

// admit reserves room for a command and for the scripts that it runs: what their keys and arguments
// come to, or else the least. It reports false if there is none.
func (s *session) admit(e *execution, need int64, scripts []*execution) bool {
	wish, least := need, need+int64(len(scripts))*leastRoom
	for _, x := range scripts {
		x.script.room = scriptRoom{holder: e, have: x.wish()}
		wish += x.script.room.have
	}
	if s.reserve(e, wish) {
		return true
	}
	modest := wish > least && s.reserve(e, least)
	for _, x := range scripts {
		if modest {
			x.script.room.have = leastRoom
		} else {
			x.script.room.have, x.script.room.none = 0, leastRoom
		}
	}
	return modest
}

// wish is what a script is likely to add.
func (e *execution) wish() int64 {
	if e.Spec.Has(cmd.View) || !e.Spec.MayWrite(e.Args) {
		return leastRoom
	}
	return max(e.cost()-int64(len(e.Args[1])), leastRoom)
}

// fits reports whether there is room for a write of the script. It may end the attempt.
func (r *scriptRun) fits(run *lua.Run, spec *cmd.Spec, args [][]byte) bool {
	if r.room.holder == nil || run.AllowOOM() || run.HasWritten() {
		return true
	}
	need := r.need(spec, args)
	switch {
	case r.room.full(), r.room.none != 0 && need >= r.room.none:
		return false
	case need > r.room.have && r.server.budget.Limited():
		r.room.want = need
		run.Abort()
	}
	return true
}

// need is what a command of the script may add beyond what it gives back.
func (r *scriptRun) need(spec *cmd.Spec, args [][]byte) int64 {
	keys := 0
	for i := range spec.Keys {
		spec.Keys[i].Each(args, func(int) { keys++ })
	}
	need := costOf(args, keys)
	if need <= r.room.have {
		return need
	}
	old := overwritten(&cmd.Call{Spec: spec, Args: args, DB: int(r.e.Client.DB.Load())})
	if len(old) > 0 {
		if bytes, err := weigh(r.tx, old); err == nil { // if not, the script meets the error itself
			need = max(need-bytes, 0)
		}
	}
	return need
}

// makeRoom makes the room that a void attempt wanted. No transaction may be open.
func (r *scriptRun) makeRoom() {
	want := r.room.want
	if want == 0 {
		return
	}
	r.room.want = 0
	holder, budget := r.room.holder, r.server.budget
	rest := holder.room - r.room.have
	holder.leave() // what one holds itself must not keep it waiting
	if holder.room = rest + want; budget.Admit(context.Background(), holder.room) {
		r.room.have = want
		return
	}
	r.room.have, r.room.none = 0, want
	if holder.room = rest; !budget.Admit(context.Background(), rest) {
		holder.room = 0
	}
}

// lacksRoom reports whether the attempt is void because a script wants room.
func (b *block) lacksRoom() bool {
	for _, e := range b.multi.scripts {
		if e.script.room.want != 0 {
			return true
		}
	}
	return false
}

// makeRoom makes what the block's scripts wanted.
func (b *block) makeRoom() {
	for _, e := range b.multi.scripts {
		e.script.makeRoom()
	}
}
