package resp

import (
	"context"
	"time"

	"larder/resp/reply"
	"larder/store"
)

// serving is what a transaction does for those who wait for the keys it has made ready; see
// blocking.go. It belongs to the goroutine that runs the transaction.
type serving struct {
	server *Server
	ready  []store.Key
	served []service
	paused []store.Key // to be served when the pause is over
}

// service is a waiter and the run of its command inside the transaction that serves it.
type service struct {
	waiter *waiter
	run    *execution
}

// undo gives up what an attempt of the transaction has claimed.
func (v *serving) undo() {
	for _, s := range v.served {
		s.run.reply.Release()
		s.run.forgo()
		v.server.recycle(s.run)
		v.server.waiters.release(s.waiter)
	}
	clear(v.served)
	v.ready, v.served, v.paused = v.ready[:0], v.served[:0], nil
}

// fail gives up what the transaction has claimed, for good. Others may have passed over those
// claimed, so their keys are looked at again.
func (v *serving) fail() {
	var keys []store.Key
	for _, s := range v.served {
		keys = append(keys, cloneKeys(s.waiter.block.Keys)...)
	}
	v.undo()
	if len(keys) > 0 {
		go v.server.serveKeys(keys)
	}
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
func (v *serving) run(tx store.Tx) error {
	if len(v.ready) == 0 {
		return nil
	}
	if v.server.pause.on.Load() && v.server.pause.active() {
		v.paused = v.ready
		return nil
	}
	for i := 0; i < len(v.ready); i++ { // it may grow: who is served may push
		if err := v.serveKey(tx, i); err != nil {
			return err
		}
	}
	return nil
}

// serveKey goes along the line of a key as long as the key is there. Who finds nothing goes on waiting, and is there
// for whoever writes next: that may be before this transaction has come to its end for those who wait.
func (v *serving) serveKey(tx store.Tx, i int) error {
	lines, key := v.server.waiters, v.ready[i]
	var at *place
	served := true
	for {
		heads, err := tx.Heads(nil, key)
		var next *place
		if err == nil && (heads[0].Exists() || lines.loss.Load() > 0) {
			next = lines.claim(key, heads[0].Type, at)
		}
		if !served { // not before the next is known: a place that is left leads nowhere
			lines.release(at.waiter)
		}
		if next == nil {
			return err
		}
		at = next
		if served, err = v.serve(tx, at.waiter, i+1); err != nil {
			return err
		}
	}
}

// serve runs a claimed waiter's command again, inside the transaction. It reports whether there was something for it.
func (v *serving) serve(tx store.Tx, w *waiter, next int) (served bool, err error) {
	run := v.server.executions.Get().(*execution)
	run.standIn(w.exec)
	if w.block.Resume != nil {
		run.Args = w.block.Resume
	}
	v.served = append(v.served, service{w, run})
	if w.exec.grows && v.server.budget.Spent(leastRoom) { // judged anew, as in 7.2
		run.reply, run.refused = reply.Fail(outOfMemory), true
		return true, nil
	}
	if err := run.within(tx); err != nil {
		return false, err
	}
	if run.Block != nil {
		v.server.waiters.lookLater(w, run.Block.Again)
		v.served = v.served[:len(v.served)-1]
		v.server.recycle(run)
		return false, nil
	}
	v.note(run.track.ready, next)
	return true, nil
}

// standIn makes an execution run another one's command line, whose owner waits meanwhile.
func (e *execution) standIn(w *execution) {
	e.Args, e.Client, e.Owner, e.Spec, e.entry = w.Args, w.Client, w.Owner, w.Spec, w.entry
	e.DB, e.Proto, e.Heard = w.DB, int(w.Client.Proto.Load()), e.track.server.heard()
	e.Keep, e.Nested, e.standsIn, e.Block, e.refused = false, false, true, nil, false
	e.job.Write, e.took = true, 0
	e.forgo()
}

// deliver answers those who were served, once the transaction is committed.
func (v *serving) deliver() {
	s := v.server
	for _, it := range v.served {
		if it.waiter.exec.refused = it.run.refused; !it.run.refused {
			it.run.track.count()
		}
		it.run.release()
		s.waiters.serve(it.waiter, it.run.reply, it.run.took)
		s.recycle(it.run)
	}
	if len(v.paused) > 0 {
		go s.serveAfterPause(cloneKeys(v.paused))
	}
}

// recycle keeps an execution that stood in for another.
func (s *Server) recycle(e *execution) {
	e.Block = nil
	e.forget()
	s.executions.Put(e)
}

// serveKeys serves those who wait for keys in a transaction made for it.
func (s *Server) serveKeys(keys []store.Key) {
	if len(keys) == 0 {
		return
	}
	v := &serving{server: s}
	job := store.Job{Write: true, Scope: store.One(keys...), After: v.deliver}
	job.Fn = func(tx store.Tx) error {
		v.undo()
		v.ready = append(v.ready, keys...)
		return v.run(tx)
	}
	store.Run(context.Background(), s.engine, &job)
	if job.Err != nil {
		s.log.Error("blocked clients could not be served", "error", job.Err)
		v.undo()
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
