package resp

import (
	"context"
	"slices"
	"time"

	"larder/resp/cmd"
	"larder/store"
)

// lateReach is how many of a line a transaction made for serving reaches for.
const lateReach = 32

// serving is what a transaction does for those who wait for the keys it has made ready; see
// blocking.go. It belongs to the goroutine that runs the transaction.
type serving struct {
	server *Server
	slots  map[uint16]struct{} // the transaction's scope, nil for all keys
	ready  []store.Key
	served []service
	late   []store.Key // to be served by a transaction of their own
	paused []store.Key // to be served when the pause is over
}

// service is a waiter and the run of its command inside the transaction that serves it.
type service struct {
	waiter *waiter
	run    *execution
}

// undo gives up what an attempt of the transaction has claimed. Others may have passed over
// those claimed, so their keys are looked at again in the end.
func (v *serving) undo() {
	for _, s := range v.served {
		for _, k := range s.waiter.block.Keys {
			v.late = append(v.late, cloneKey(k))
		}
		s.run.reply.Release()
		s.run.forgo()
		v.server.recycle(s.run)
		v.server.waiters.release(s.waiter)
	}
	clear(v.served)
	v.ready, v.served, v.paused = v.ready[:0], v.served[:0], nil
}

// note adds keys that may have become ready, each once until it is served.
func (v *serving) note(keys []store.Key, from int) {
	for _, k := range keys {
		known := false
		for _, o := range v.ready[from:] {
			known = known || sameKey(o, k)
		}
		if !known {
			v.ready = append(v.ready, k)
		}
	}
}

// run serves those who wait, at the end of a transaction and inside it.
func (v *serving) run(tx store.Tx, scope *store.Scope) error {
	if len(v.ready) == 0 {
		return nil
	}
	if v.server.pause.on.Load() && v.server.pause.active() {
		v.paused = v.ready
		return nil
	}
	v.bound(scope)
	for i := 0; i < len(v.ready); i++ { // it may grow: who is served may push
		if err := v.serveKey(tx, i); err != nil {
			return err
		}
	}
	return nil
}

func (v *serving) bound(scope *store.Scope) {
	v.slots = nil
	if scope.All {
		return
	}
	v.slots = make(map[uint16]struct{}, len(scope.Keys))
	for _, k := range scope.Keys {
		v.slots[store.Slot(k.Name)] = struct{}{}
	}
}

// covers reports whether the transaction may touch all keys of a command.
func (v *serving) covers(keys []store.Key) bool {
	if v.slots == nil {
		return true
	}
	for _, k := range keys {
		if _, ok := v.slots[store.Slot(k.Name)]; !ok {
			return false
		}
	}
	return true
}

// serveKey goes along the line of a key as long as the key is there.
func (v *serving) serveKey(tx store.Tx, i int) error {
	key := v.ready[i]
	var at *place
	for {
		heads, err := tx.Heads(nil, key)
		if err != nil || !heads[0].Exists() && v.server.waiters.loss.Load() == 0 {
			return err
		}
		at = v.server.waiters.claim(key, heads[0].Type, at)
		if at == nil {
			return nil
		}
		if !v.covers(at.waiter.exec.keys) {
			v.server.waiters.release(at.waiter)
			v.late = append(v.late, key)
			return nil
		}
		if err := v.serve(tx, at.waiter, i+1); err != nil {
			return err
		}
	}
}

// serve runs a waiter's command again, inside the transaction.
func (v *serving) serve(tx store.Tx, w *waiter, next int) error {
	run := v.server.executions.Get().(*execution)
	run.standIn(w.exec)
	if w.block.Resume != nil {
		run.Args = w.block.Resume
	}
	v.served = append(v.served, service{w, run})
	if err := run.within(tx); err != nil {
		return err
	}
	v.note(run.track.ready, next)
	return nil
}

// standIn makes an execution run another one's command line, whose owner waits meanwhile.
func (e *execution) standIn(w *execution) {
	e.Args, e.Client, e.Owner, e.Spec, e.entry = w.Args, w.Client, w.Owner, w.Spec, w.entry
	e.DB, e.Proto, e.Heard = w.DB, int(w.Client.Proto.Load()), e.track.server.heard()
	e.Keep, e.Nested, e.standsIn, e.Block = false, false, true, nil
	e.job.Write, e.took = true, 0
	e.forgo()
}

// deliver answers those who were served, once the transaction is committed, and has the
// others served for whom it was too narrow.
func (v *serving) deliver() {
	s := v.server
	for _, it := range v.served {
		if it.run.Block != nil { // there was nothing for it after all
			s.waiters.release(it.waiter)
		} else {
			it.run.track.count()
			it.run.release()
			s.waiters.serve(it.waiter, it.run.reply, it.run.took)
		}
		s.recycle(it.run)
	}
	if len(v.paused) > 0 {
		go s.serveAfterPause(cloneKeys(v.paused))
	}
	if len(v.late) > 0 {
		go s.serveKeys(cloneKeys(v.late)) // not here: see store.Job.After
	}
}

// fruitless reports whether there was nothing for anybody.
func (v *serving) fruitless() bool {
	return !slices.ContainsFunc(v.served, func(it service) bool { return it.run.Block == nil })
}

// recycle keeps an execution that stood in for another.
func (s *Server) recycle(e *execution) {
	e.Block = nil
	e.forget()
	s.executions.Put(e)
}

// serveKeys serves those who wait for keys in transactions made for it, until nobody is left
// for whom there is something. Those in front may wait for what a stream does not have yet: then a narrow
// transaction would never come to those behind.
func (s *Server) serveKeys(keys []store.Key) {
	for wide := false; len(keys) > 0; {
		v := &serving{server: s}
		job := store.Job{Write: true}
		job.Scope.All = wide
		job.Scope.Keys, _ = s.waiters.reach(keys, lateReach)
		job.Fn = func(tx store.Tx) error {
			v.undo()
			v.ready = append(v.ready, keys...)
			return v.run(tx, &job.Scope)
		}
		store.Run(context.Background(), s.engine, &job)
		if job.Err != nil {
			s.log.Error("blocked clients could not be served", "error", job.Err)
			v.undo()
			return
		}
		next := v.late
		v.late = nil
		wide = v.fruitless()
		v.deliver()
		keys = next
	}
}

// serveAfterPause serves those who wait for keys that were written while writers are held up.
func (s *Server) serveAfterPause(keys []store.Key) {
	for {
		left, changed := s.pause.holds(true)
		if left <= 0 {
			break
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-s.done:
			timer.Stop()
			return
		}
		timer.Stop()
	}
	s.serveKeys(keys)
}

// cloneKey makes a key that outlives the command line it stood in.
func cloneKey(k store.Key) store.Key {
	return store.Key{DB: k.DB, Name: append([]byte(nil), k.Name...)}
}

func cloneKeys(keys []store.Key) []store.Key {
	own := make([]store.Key, len(keys))
	for i, k := range keys {
		own[i] = cloneKey(k)
	}
	return own
}

// brings reports whether a command can make a key appear that somebody waits for.
func brings(s *cmd.Spec) bool {
	for i := range s.Keys {
		if s.Keys[i].Flags&(cmd.KeyInsert|cmd.KeyUpdate|cmd.KeyOW) != 0 {
			return true
		}
	}
	return false
}
