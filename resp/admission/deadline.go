package admission

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
var errLate = &store.Error{Code: store.CodeLate,
	Message: "the deadline passed before the command began, it is not applied"}

// Punctual is an engine whose transactions begin in time or not at all. It belongs to its
// session's goroutine.
type Punctual struct {
	store.Engine
	Until time.Time
	Late  func() // is told of each that does not begin
}

// View: see run.
func (p *Punctual) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return p.run(ctx, &store.Job{Scope: s, Fn: fn})
}

// Update: see run.
func (p *Punctual) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return p.run(ctx, &store.Job{Scope: s, Write: true, Fn: fn})
}

// Batch runs jobs one by one: each may be late. What they lead to has its place in the order of commits all the same.
func (p *Punctual) Batch(ctx context.Context, jobs []*store.Job) {
	for _, j := range jobs {
		j.Err = p.run(ctx, j)
	}
}

// The fates of a transaction: it waits, and then begins or is dropped, never both.
const (
	waits int32 = iota
	begun
	dropped
)

// run leaves a dropped transaction to the goroutine it waits on, with a scope of its own: the
// command line it came from is gone by then.
func (p *Punctual) run(ctx context.Context, j *store.Job) error {
	left := time.Until(p.Until)
	if left <= 0 {
		return p.late()
	}
	var fate atomic.Int32
	fn := j.Fn
	own := store.Job{Scope: store.Scope{All: j.Scope.All, Keys: store.CloneKeys(j.Scope.Keys)}, Write: j.Write,
		After: j.After}
	own.Fn = func(tx store.Tx) error {
		if !fate.CompareAndSwap(waits, begun) && fate.Load() == dropped {
			return errLate
		}
		return fn(tx)
	}
	panicked := make(chan any, 1)
	go func() {
		defer func() { panicked <- recover() }()
		store.Run(ctx, p.Engine, &own)
	}()
	timer := time.NewTimer(left)
	defer timer.Stop()
	var problem any
	select {
	case problem = <-panicked:
	case <-timer.C:
		if fate.CompareAndSwap(waits, dropped) {
			return p.late()
		}
		problem = <-panicked
	}
	if problem != nil {
		panic(problem) // on the goroutine that knows what to do about it
	}
	j.Moment = own.Moment
	return own.Err
}

func (p *Punctual) late() error {
	p.Late()
	return errLate
}
