package waiting

import (
	"context"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// Command is a blocked command, as its session knows it.
type Command interface {
	// Gone reports whether its client is gone.
	Gone() bool
	// Again readies a run inside a transaction that somebody else has. It runs line, if that is not nil, in place of the
	// words that the client has sent.
	Again(line [][]byte) Run
}

// Run is a run of a blocked command inside the transaction that serves it. It belongs to the goroutine of that, and
// ends with Commit or Drop.
type Run interface {
	// Within runs it. block says what it goes on waiting for if it has found nothing, ready what it has made ready for
	// others.
	Within(tx store.Tx) (block *cmd.Block, ready []store.Key, err error)
	// Commit publishes what it has led to, once that is committed, and returns the reply and how long it took.
	Commit() (reply.Reply, time.Duration)
	// Drop gives it up: it has found nothing, or its transaction has come to nothing.
	Drop()
}

// Serving is what a transaction does for those who wait for the keys it has made ready. It belongs to the goroutine
// that runs the transaction.
type Serving struct {
	lines  *Lines
	ready  []store.Key
	served []service
	paused []store.Key // to be served when the pause is over
}

// service is a waiter and the run of its command inside the transaction that serves it.
type service struct {
	waiter *Waiter
	run    Run
}

// Serving makes what one transaction needs to serve.
func (ws *Lines) Serving() *Serving { return &Serving{lines: ws} }

// Undo gives up what an attempt of the transaction has claimed.
func (v *Serving) Undo() {
	for _, s := range v.served {
		s.run.Drop()
		v.lines.release(s.waiter)
	}
	clear(v.served)
	v.ready, v.served, v.paused = v.ready[:0], v.served[:0], nil
}

// Fail gives up what the transaction has claimed, for good. Others may have passed over those
// claimed, so their keys are looked at again.
func (v *Serving) Fail() {
	var keys []store.Key
	for _, s := range v.served {
		keys = append(keys, store.CloneKeys(s.waiter.block.Keys)...)
	}
	v.Undo()
	if len(keys) > 0 {
		go v.lines.Serve(keys)
	}
}

// Note adds keys that may have become ready, each once until it is served.
func (v *Serving) Note(keys []store.Key) { v.note(keys, 0) }

func (v *Serving) note(keys []store.Key, from int) {
	for _, k := range keys {
		known := false
		for _, o := range v.ready[from:] {
			known = known || o.Equal(k)
		}
		if !known {
			v.ready = append(v.ready, k)
		}
	}
}

// Run serves those who wait, at the end of a transaction and inside it.
func (v *Serving) Run(tx store.Tx) error {
	if len(v.ready) == 0 {
		return nil
	}
	if v.lines.pause.Active() {
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
func (v *Serving) serveKey(tx store.Tx, i int) error {
	lines, key := v.lines, v.ready[i]
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
func (v *Serving) serve(tx store.Tx, w *Waiter, next int) (served bool, err error) {
	run := w.command.Again(w.block.Resume)
	v.served = append(v.served, service{w, run})
	block, ready, err := run.Within(tx)
	if err != nil {
		return false, err
	}
	if block != nil {
		v.lines.lookLater(w, block.Again)
		v.served = v.served[:len(v.served)-1]
		run.Drop()
		return false, nil
	}
	v.note(ready, next)
	return true, nil
}

// Deliver answers those who were served, once the transaction is committed.
func (v *Serving) Deliver() {
	for _, s := range v.served {
		answer, took := s.run.Commit()
		v.lines.answer(s.waiter, answer, took)
	}
	if len(v.paused) > 0 {
		go v.lines.serveAfterPause(store.CloneKeys(v.paused))
	}
}

// Serve serves those who wait for keys in a transaction made for it.
func (ws *Lines) Serve(keys []store.Key) {
	if len(keys) == 0 {
		return
	}
	v := ws.Serving()
	job := store.Job{Write: true, Scope: store.One(keys...), After: v.Deliver}
	job.Fn = func(tx store.Tx) error {
		v.Undo()
		v.ready = append(v.ready, keys...)
		return v.Run(tx)
	}
	store.Run(context.Background(), ws.engine, &job)
	if job.Err != nil {
		ws.failed(job.Err)
		v.Undo()
	}
}

// serveAfterPause serves those who wait for keys that were written while writers are held up.
func (ws *Lines) serveAfterPause(keys []store.Key) {
	for {
		left, changed := ws.pause.Holds(true)
		if left <= 0 {
			break
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-ws.done:
			timer.Stop()
			return
		}
		timer.Stop()
	}
	ws.Serve(keys)
}

// Lost serves those who wait for keys that were evicted or have expired.
func (ws *Lines) Lost(keys []store.Key) { ws.Serve(ws.Gone(nil, keys...)) }
