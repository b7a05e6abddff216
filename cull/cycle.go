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
	until := began.Add(l.o.Budget)
	spent := l.expire(ctx, until)
	if l.behind { // sweeping keeps no client waiting, only files and another core
		until = until.Add(l.o.Budget)
	}
	l.behind = l.sweep(ctx, until)
	spent = l.behind || spent
	if spent {
		l.stats.CapReached.Add(1)
	}
	l.stats.Cycles.Add(1)
	l.stats.Busy.Add(int64(l.o.Now().Sub(began)))
}

// goesOn reports whether there is time for another step.
func (l *Loop) goesOn(ctx context.Context, until time.Time) bool {
	return ctx.Err() == nil && l.o.Now().Before(until)
}

// expire reports whether it ended for lack of time. A step that removes nothing ends it too: hints that
// are only stale would be given again for ever.
func (l *Loop) expire(ctx context.Context, until time.Time) (spent bool) {
	e, ok := l.engine.(store.Expirer)
	if !ok || l.idle.Load() {
		return false
	}
	for l.goesOn(ctx, until) {
		now, err := l.engineNow(ctx)
		if l.failed(ctx, "expire", err) {
			return false
		}
		keys, err := e.Expired(ctx, now, l.o.Keys)
		if l.failed(ctx, "expire", err) || len(keys) == 0 {
			return false
		}
		if l.expireKeys(ctx, keys) == 0 {
			return false
		}
		if len(keys) < l.o.Keys {
			return false
		}
	}
	return true
}

// engineNow asks the engine, whose clock decides.
func (l *Loop) engineNow(ctx context.Context) (millis int64, err error) {
	err = l.engine.View(ctx, store.Scope{}, func(tx store.Tx) error {
		millis = tx.Now().UnixMilli()
		return nil
	})
	return millis, err
}

// expireKeys runs a job for each key, in one batch: a transaction over all of them would have to hold many
// shards at once.
func (l *Loop) expireKeys(ctx context.Context, keys []store.Key) (removed int64) {
	counts := make([]int, len(keys))
	jobs := make([]*store.Job, len(keys))
	for i, k := range keys {
		jobs[i] = &store.Job{Scope: store.One(k), Write: true, Fn: func(tx store.Tx) (err error) {
			counts[i], err = tx.Expire(k)
			return err
		}}
	}
	store.Batch(ctx, l.o.Through, jobs)
	for i, j := range jobs {
		if !l.failed(ctx, "expire", j.Err) {
			removed += int64(counts[i])
		}
	}
	l.stats.Expired.Add(removed)
	return removed
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
