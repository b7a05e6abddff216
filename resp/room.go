package resp

import (
	"larder/resp/admission"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// fit refuses a command for which there is no room. One that writes reserves what it may add at
// most by its arguments, or for EXEC those of the queue.
func (s *session) fit(e *execution) {
	need, deny := s.demand(e)
	scripts := s.scripts(e)
	if !deny && scripts == nil {
		return
	}
	if s.admit(e, need, scripts) || !deny { // who is not refused learns from its script that there is no room
		return
	}
	e.refused, e.reply = true, reply.Fail(admission.OutOfMemory)
	if e.Spec.Has(cmd.RunsQueue) {
		s.abort(e)
	}
}

// reserve makes room for a command and reserves it. It reports false if there is none.
func (s *session) reserve(e *execution, need int64) bool {
	budget := s.server.budget
	if budget.Tight(need) {
		at := s.n
		s.flush() // what waits in the batch holds room, and may give some back
		s.batch[0], s.batch[at] = e, s.batch[0]
		need = max(need-admission.Replaced(s.server.engine, &e.Call), 0)
	}
	return e.room.Take(s.context(), budget, need)
}

// demand tells how much a command may add, and whether it must be refused without room for it. Inside
// MULTI all are but those that end it, as in Redis: a queue takes memory too.
func (s *session) demand(e *execution) (need int64, deny bool) {
	switch {
	case s.multi == nil:
		return e.demand()
	case e.Spec.Has(cmd.RunsQueue):
		return s.multi.need, s.multi.deny
	}
	return admission.Least, e.Spec.Flags&(cmd.EndsMulti|cmd.NoMulti) == 0
}

// demand is what a command needs by itself. What a script may add only its commands know.
func (e *execution) demand() (need int64, deny bool) {
	switch {
	case !e.grows:
		return 0, false
	case e.scripted():
		return 0, true
	}
	return e.cost(), true
}

// cost is what the arguments of a command come to as data.
func (e *execution) cost() int64 { return admission.Cost(e.Args, len(e.keys)) }

// scripts are those that a command runs: itself, or what EXEC has in its queue.
func (s *session) scripts(e *execution) []*execution {
	switch {
	case s.multi == nil && e.scripted():
		return []*execution{e}
	case s.multi != nil && e.Spec.Has(cmd.RunsQueue):
		return s.multi.runs(s)
	}
	return nil
}

// admit reserves room for a command and for the scripts that it runs: what their keys and arguments
// come to, or else the least. It reports false if there is none.
func (s *session) admit(e *execution, need int64, scripts []*execution) bool {
	wish, least := need, need+int64(len(scripts))*admission.Least
	for _, x := range scripts {
		x.script.Room.Grant(&e.room, x.wish())
		wish += x.script.Room.Bytes()
	}
	if s.reserve(e, wish) {
		return true
	}
	modest, each := wish > least && s.reserve(e, least), int64(0)
	if modest {
		each = admission.Least
	}
	for _, x := range scripts {
		x.script.Room.Grant(&e.room, each)
	}
	return modest
}

// wish is what a script is likely to add.
func (e *execution) wish() int64 {
	if e.Spec.Has(cmd.View) || !e.Spec.MayWrite(e.Args) {
		return admission.Least
	}
	return max(e.cost()-int64(len(e.Args[1])), admission.Least)
}
