package resp

import (
	"context"
	"sync/atomic"
	"time"

	"larder/store"
)

// Deadlines
//
// A client may say how long its commands may wait before they begin (CACHE DEADLINE): one that
// asks a cache would rather do without than wait behind a long transaction. What begins in
// time runs to its end. What does not is answered at once, and will never run: it stays in the
// engine's queues, whose order others rely on, but all it does when its turn comes is to find
// that nobody waits for it. One word of memory decides between the two, so it is certain.
//
// Clients without a deadline do not come here. Those with one pay a goroutine for each
// command, and their pipelines run one command after the other.

// errLate is the reply to a command that has not begun by its deadline.
var errLate = &store.Error{Code: store.CodeLate, Message: "the deadline passed before the command began, it is not applied"}

// engine is the engine for the session's commands.
func (s *session) engine() store.Engine {
	if millis := s.client.Deadline.Load(); millis > 0 {
		from := s.arrived
		if from.IsZero() {
			from = time.Now()
		}
		return &punctual{Engine: s.server.engine, until: from.Add(time.Duration(millis) * time.Millisecond), session: s}
	}
	return s.server.engine
}

// arrive notes when a pipeline has come, for those who have a deadline.
func (s *session) arrive() {
	if s.arrived = (time.Time{}); s.client.Deadline.Load() > 0 {
		s.arrived = time.Now()
	}
}

// punctual is an engine whose transactions begin in time or not at all. It belongs to its
// session's goroutine.
type punctual struct {
	store.Engine
	until   time.Time
	session *session
}

// View: see run.
func (p *punctual) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return p.run(s, fn, func(s store.Scope, fn func(store.Tx) error) error { return p.Engine.View(ctx, s, fn) })
}

// Update: see run.
func (p *punctual) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return p.run(s, fn, func(s store.Scope, fn func(store.Tx) error) error { return p.Engine.Update(ctx, s, fn) })
}

// The fates of a transaction: it waits, and then begins or is dropped, never both.
const (
	waits int32 = iota
	begun
	dropped
)

// run leaves a dropped transaction to the goroutine it waits on, with a scope of its own: the
// command line it came from is gone by then.
func (p *punctual) run(s store.Scope, fn func(store.Tx) error, engine func(store.Scope, func(store.Tx) error) error) error {
	left := time.Until(p.until)
	if left <= 0 {
		return p.late()
	}
	var fate atomic.Int32
	own := store.Scope{All: s.All, Keys: make([]store.Key, len(s.Keys))}
	for i, k := range s.Keys {
		own.Keys[i] = cloneKey(k)
	}
	type end struct {
		err      error
		panicked any
	}
	done := make(chan end, 1)
	go func() {
		var e end
		defer func() {
			e.panicked = recover()
			done <- e
		}()
		e.err = engine(own, func(tx store.Tx) error {
			if !fate.CompareAndSwap(waits, begun) && fate.Load() == dropped {
				return errLate
			}
			return fn(tx)
		})
	}()
	timer := time.NewTimer(left)
	defer timer.Stop()
	var e end
	select {
	case e = <-done:
	case <-timer.C:
		if fate.CompareAndSwap(waits, dropped) {
			return p.late()
		}
		e = <-done
	}
	if e.panicked != nil {
		panic(e.panicked) // on the goroutine that knows what to do about it
	}
	return e.err
}

func (p *punctual) late() error {
	p.session.server.cache.counts.TimedOut(int(p.session.client.DB.Load()))
	return errLate
}
