package scripting

import (
	"context"

	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/lua"
)

// Room is what a script may write. It belongs to its Run.
//
// A script may be refused its first write only, as in Redis: to refuse a later one would leave half of
// its work. So its first write is what needs room. Before the transaction the script reserves what its
// keys and arguments come to, for mostly that is what it writes. If its first write needs more, the attempt
// is void: the room is made where no transaction is open, for evicting needs transactions too, and
// the next attempt knows whether there is some.
type Room struct {
	holder *admission.Hold // of the script's command, or of the EXEC around it; nil if there was no limit
	have   int64           // its part of what the holder has reserved
	none   int64           // there is no room for so many bytes; 0 if nothing is known to be too much
	want   int64           // what the void attempt needed, until it is made
}

// Full reports whether the data was over its limit when the script began.
func (r *Room) Full() bool { return r.none != 0 && r.none <= admission.Least }

// Lacking reports whether the attempt was void because it lacked room.
func (r *Room) Lacking() bool { return r.want != 0 }

// Bytes is the part of the room.
func (r *Room) Bytes() int64 { return r.have }

// Grant gives the script a part of what a hold has reserved, or, if that is nothing, tells it that there is no room.
func (r *Room) Grant(h *admission.Hold, bytes int64) {
	*r = Room{holder: h, have: bytes}
	if bytes == 0 {
		r.none = admission.Least
	}
}

// fits reports whether there is room for a write of the script. It may end the attempt.
func (r *Run) fits(run *lua.Run, spec *cmd.Spec, args [][]byte) bool {
	if r.Room.holder == nil || run.AllowOOM() || run.HasWritten() {
		return true
	}
	need := r.need(spec, args)
	switch {
	case r.Room.Full(), r.Room.none != 0 && need >= r.Room.none:
		return false
	case need > r.Room.have && r.server.Budget.Limited():
		r.Room.want = need
		run.Abort()
	}
	return true
}

// need is what a command of the script may add beyond what it gives back.
func (r *Run) need(spec *cmd.Spec, args [][]byte) int64 {
	keys := 0
	for i := range spec.Keys {
		spec.Keys[i].Each(args, func(int) { keys++ })
	}
	need := admission.Cost(args, keys)
	if need <= r.Room.have {
		return need
	}
	old := admission.Overwritten(&cmd.Call{Spec: spec, Args: args, DB: int(r.own.Client.DB.Load())})
	if len(old) > 0 {
		if bytes, err := admission.Weigh(r.tx, old); err == nil { // if not, the script meets the error itself
			need = max(need-bytes, 0)
		}
	}
	return need
}

// Make makes the room that a void attempt wanted. No transaction may be open.
func (r *Room) Make(b admission.Budget) {
	want := r.want
	if want == 0 {
		return
	}
	r.want = 0
	rest := r.holder.Bytes() - r.have
	r.holder.Leave(b) // what one holds itself must not keep it waiting
	if r.holder.Take(context.Background(), b, rest+want) {
		r.have = want
		return
	}
	r.have, r.none = 0, want
	r.holder.Take(context.Background(), b, rest)
}
