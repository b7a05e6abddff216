package cull

import (
	"bytes"
	"context"
	"errors"
	"time"

	"larder/store"
)

const (
	// aloneCommands is up to how many commands in a tick the server counts as idle.
	aloneCommands = 64
	// aloneShare is the part of a tick that is left to others while the server is idle.
	aloneShare = 8
	// fieldsAtOnce is how many fields of a hash are removed in one transaction, during which no other writer runs. It
	// is as many items of a range as an engine fetches from disk beforehand; for more, other writers would wait while
	// the rest is read.
	fieldsAtOnce = 100
)

// allowance is how long a cycle may expire keys: most of a tick while hardly any client asks for something, twice the
// budget if the cycle before has left some.
func (l *Loop) allowance() time.Duration {
	served := l.served()
	alone := served >= 0 && served-l.servedBefore <= aloneCommands
	l.servedBefore = served
	switch {
	case alone:
		return l.o.Tick - l.o.Tick/aloneShare
	case l.late:
		return 2 * l.o.Budget
	}
	return l.o.Budget
}

// served is the number of commands served, -1 if they are not counted.
func (l *Loop) served() int64 {
	if l.o.Served == nil {
		return -1
	}
	return l.o.Served()
}

// expire reports whether it ended for lack of time.
func (l *Loop) expire(ctx context.Context, until time.Time) (spent bool) {
	r, ok := l.newRemover()
	if !ok || l.idle.Load() {
		return false
	}
	for l.goesOn(ctx, until) {
		_, more, err := r.step(ctx)
		if l.failed(ctx, "expire", err) || !more {
			return false
		}
	}
	return true
}

// Expire removes every key and every field of a hash whose time has passed, whether active expiry is on or not, and
// tells how many keys. For any goroutine.
func (l *Loop) Expire(ctx context.Context) (total int64, err error) {
	r, more := l.newRemover()
	count := r.removed
	r.removed = func(n int64) { count(n); total += n }
	for more && err == nil && ctx.Err() == nil {
		_, more, err = r.step(ctx)
	}
	return total, errors.Join(err, ctx.Err())
}

// Overdue is what has expired and is not removed yet.
type Overdue struct {
	Lag   time.Duration // since the time of the key that waits longest
	Stale float64       // estimated part of the keys with an expiry, from a sample
}

// staleSample is how many keys the estimate is drawn from.
const staleSample = 100

// Overdue looks at the store as it is, whatever the loop has done. For any goroutine.
func (l *Loop) Overdue(ctx context.Context) (o Overdue, err error) {
	e, ok := l.engine.(store.Expirer)
	if !ok {
		return o, nil
	}
	now, err := engineNow(ctx, l.engine)
	if err != nil {
		return o, err
	}
	due, err := e.Expired(ctx, now, 1)
	if err != nil || len(due) == 0 {
		return o, err
	}
	o.Lag = time.Duration(now-due[0].ExpireAt) * time.Millisecond
	s, ok := l.engine.(store.Sampler)
	if !ok {
		return o, nil
	}
	found, err := s.Sample(ctx, nil, staleSample, true)
	dead := 0
	for i := range found {
		if found[i].ExpireAt < now {
			dead++
		}
	}
	o.Stale = float64(dead) / float64(max(len(found), 1))
	return o, err
}

// remover removes expired keys step by step. For one goroutine.
type remover struct {
	engine  store.Engine
	from    store.Expirer
	through store.Engine
	keys    int // a step removes at most
	removed func(n int64)
	stuck   store.Due // the first hint of a step that removed nothing
}

func (l *Loop) newRemover() (*remover, bool) {
	from, ok := l.engine.(store.Expirer)
	return &remover{engine: l.engine, from: from, through: l.o.Through, keys: l.o.Keys,
		removed: func(n int64) { l.stats.Expired.Add(n) }}, ok
}

// step removes some keys and fields, and tells how many of both. There is nothing more to do if none is due, or if the
// same hint comes again after it was of no use: clients are paused, or it is only stale. Another one may have removed
// what a step was told of: that ends nothing.
func (r *remover) step(ctx context.Context) (removed int64, more bool, err error) {
	now, err := engineNow(ctx, r.engine)
	if err != nil {
		return 0, false, err
	}
	due, err := r.from.Expired(ctx, now, r.keys)
	if err != nil || len(due) == 0 {
		return 0, false, err
	}
	removed, err = r.expire(ctx, due)
	first := due[0]
	again := first.Key.DB == r.stuck.Key.DB && first.ExpireAt == r.stuck.ExpireAt &&
		bytes.Equal(first.Key.Name, r.stuck.Key.Name)
	r.stuck = store.Due{}
	if removed == 0 {
		r.stuck = first
	}
	return removed, err == nil && !(again && removed == 0), err
}

// expire runs a job for each key, in one batch: a transaction over all of them would have to hold many
// shards at once. Fields of a hash count as removed, and not as keys.
func (r *remover) expire(ctx context.Context, due []store.Due) (removed int64, err error) {
	counts, fields := make([]int, len(due)), make([]int64, len(due))
	jobs := make([]*store.Job, len(due))
	for i := range due {
		k := due[i].Key
		jobs[i] = &store.Job{Scope: store.One(k), Write: true, Fn: func(tx store.Tx) (err error) {
			fields[i] = 0
			if counts[i], err = store.Expire(tx, k); err != nil || counts[i] > 0 {
				return err
			}
			gone, err := store.ExpireFields(tx, k, fieldsAtOnce)
			fields[i] = gone.Fields
			return err
		}}
	}
	store.Batch(ctx, r.through, jobs)
	keys := int64(0)
	for i, j := range jobs {
		if j.Err != nil {
			err = j.Err
			continue
		}
		keys += int64(counts[i])
		removed += int64(counts[i]) + fields[i]
	}
	r.removed(keys)
	return removed, err
}

// engineNow asks an engine, whose clock decides.
func engineNow(ctx context.Context, e store.Engine) (millis int64, err error) {
	err = e.View(ctx, store.Scope{}, func(tx store.Tx) error {
		millis = tx.Now().UnixMilli()
		return nil
	})
	return millis, err
}
