package shard

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"larder/store"
)

// rotated returns the lanes, from another one on each time: when a call has room for one shard's
// answers only, all get their turn.
func (f *Fanout) rotated() []*lane {
	at := int(f.turn.Add(1)) % len(f.lanes)
	return slices.Concat(f.lanes[at:], f.lanes[:at])
}

// Expired asks each shard for its part of n, one key at least, so that they expire side by side. What one does not
// use the next may. A shard that fails does not keep the others from it: it is heard of once they have nothing due.
func (f *Fanout) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Due, error) {
	var due []store.Due
	var errs []error
	for i, l := range f.rotated() {
		e, ok := l.engine.(store.Expirer)
		if !ok {
			continue
		}
		left := len(f.lanes) - i
		more, err := e.Expired(ctx, nowMillis, max((n-len(due)+left-1)/left, 1))
		errs = append(errs, err)
		due = append(due, more...)
	}
	if len(due) == 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortStableFunc(due, func(a, b store.Due) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	return due[:min(n, len(due))], nil
}

// Sweep gives each shard its part of n. A shard that fails does not keep the others from it.
func (f *Fanout) Sweep(ctx context.Context, n int) (more bool, err error) {
	err = f.all(func(l *lane) error {
		e, ok := l.engine.(store.Sweeper)
		if !ok {
			return nil
		}
		left, err := e.Sweep(ctx, max(1, n/len(f.lanes)))
		more = more || left && err == nil
		return err
	})
	return more, err
}

// Checkpoint goes through the shards one after the other, to keep the disk free for requests.
func (f *Fanout) Checkpoint(ctx context.Context) error {
	return f.all(func(l *lane) error {
		if e, ok := l.engine.(store.Checkpointer); ok {
			return e.Checkpoint(ctx)
		}
		return nil
	})
}

// Rest goes through the shards as Checkpoint does.
func (f *Fanout) Rest(ctx context.Context) error {
	return f.all(func(l *lane) error {
		if e, ok := l.engine.(store.Rester); ok {
			return e.Rest(ctx)
		}
		return nil
	})
}

// Sync syncs every shard.
func (f *Fanout) Sync(ctx context.Context) error {
	return f.all(func(l *lane) error {
		if e, ok := l.engine.(store.Syncer); ok {
			return e.Sync(ctx)
		}
		return nil
	})
}

// all calls fn for every shard and joins the errors.
func (f *Fanout) all(fn func(*lane) error) error {
	var errs []error
	for _, l := range f.lanes {
		errs = append(errs, fn(l))
	}
	return errors.Join(errs...)
}

// Sizes has a row for each shard, in order; zero for an engine that does not tell.
func (f *Fanout) Sizes(ctx context.Context) ([]store.Size, error) {
	var rows []store.Size
	err := f.all(func(l *lane) error {
		e, ok := l.engine.(store.Sizer)
		if !ok {
			rows = append(rows, store.Size{})
			return nil
		}
		mine, err := e.Sizes(ctx)
		rows = append(rows, mine...)
		return err
	})
	return rows, err
}

// Keyspaces adds up the shards; the average TTL is weighted by the keys that have one.
func (f *Fanout) Keyspaces(ctx context.Context) ([]store.Keyspace, error) {
	var total []store.Keyspace
	err := f.all(func(l *lane) error {
		e, ok := l.engine.(store.Keyspacer)
		if !ok {
			return nil
		}
		rows, err := e.Keyspaces(ctx)
		for _, r := range rows {
			total = addKeyspace(total, r)
		}
		return err
	})
	return total, err
}

// addKeyspace keeps total ordered by database.
func addKeyspace(total []store.Keyspace, r store.Keyspace) []store.Keyspace {
	at, found := slices.BinarySearchFunc(total, r.DB, func(k store.Keyspace, db int) int { return k.DB - db })
	if !found {
		return slices.Insert(total, at, r)
	}
	k := &total[at]
	if n := k.Expires + r.Expires; n > 0 {
		k.AvgTTLMillis = int64((float64(k.AvgTTLMillis)*float64(k.Expires) + float64(r.AvgTTLMillis)*float64(r.Expires)) / float64(n))
	}
	k.Keys, k.Expires, k.Bytes = k.Keys+r.Keys, k.Expires+r.Expires, k.Bytes+r.Bytes
	return total
}
