package cull

import (
	"context"
	"time"

	"larder/store"
)

// Cycle expires and sweeps until there is nothing left to do or the budget is spent. The loop calls
// it at every tick.
func (l *Loop) Cycle(ctx context.Context) {
	began := l.o.Now()
	l.late = l.expire(ctx, began.Add(l.allowance()))
	if l.late {
		l.stats.CapReached.Add(1)
	}
	l.stats.Busy.Add(int64(l.o.Now().Sub(began)))
	until := began.Add(l.o.Budget)
	if l.behind { // sweeping keeps no client waiting, only files and another core
		until = until.Add(l.o.Budget)
	}
	l.behind = l.sweep(ctx, until)
	l.stats.Cycles.Add(1)
}

// goesOn reports whether there is time for another step.
func (l *Loop) goesOn(ctx context.Context, until time.Time) bool {
	return ctx.Err() == nil && l.o.Now().Before(until)
}

// sweep does one step at least, so that a server busy with expiry does not collect orphans for ever.
func (l *Loop) sweep(ctx context.Context, until time.Time) (spent bool) {
	e, ok := l.engine.(store.Sweeper)
	if !ok || ctx.Err() != nil || l.o.Now().Before(l.restUntil) {
		return false
	}
	for {
		more, err := e.Sweep(ctx, l.o.Rows)
		if l.failed(ctx, "sweep", err) {
			l.restUntil = l.o.Now().Add(l.o.SyncEvery) // no sooner is there a checkpoint, which may help
			return false
		}
		if !more {
			return false
		}
		l.stats.Sweeps.Add(1)
		if !l.goesOn(ctx, until) {
			return true
		}
	}
}
