package shard

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"larder/store"
)

// rotated returns the shards, from another one on each time: when a call has room for one shard's
// answers only, all get their turn.
func (e *Engine) rotated() []*Shard {
	at := int(e.turn.Add(1)) % len(e.shards)
	return slices.Concat(e.shards[at:], e.shards[:at])
}

// Expired asks each shard for its part of n, one key at least, so that they expire side by side. What one does not
// use the next may. A shard that fails does not keep the others from it: it is heard of once they have nothing due.
func (e *Engine) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Due, error) {
	var due []store.Due
	var errs []error
	for i, s := range e.rotated() {
		left := len(e.shards) - i
		more, err := s.Expired(ctx, nowMillis, max((n-len(due)+left-1)/left, 1))
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
func (e *Engine) Sweep(ctx context.Context, n int) (more bool, err error) {
	err = e.all(func(s *Shard) error {
		left, err := s.Sweep(ctx, max(1, n/len(e.shards)))
		more = more || left && err == nil
		return err
	})
	return more, err
}

// Checkpoint goes through the shards one after the other, to keep the disk free for requests.
func (e *Engine) Checkpoint(ctx context.Context) error {
	return e.all(func(s *Shard) error { return s.Checkpoint(ctx) })
}

// Rest goes through the shards as Checkpoint does.
func (e *Engine) Rest(ctx context.Context) error {
	return e.all(func(s *Shard) error { return s.Rest(ctx) })
}

// Sync syncs every shard.
func (e *Engine) Sync(ctx context.Context) error {
	return e.all(func(s *Shard) error { return s.Sync(ctx) })
}

// all calls fn for every shard and joins the errors.
func (e *Engine) all(fn func(*Shard) error) error {
	var errs []error
	for _, s := range e.shards {
		errs = append(errs, fn(s))
	}
	return errors.Join(errs...)
}

// Sizes has a row for each shard, in order, of those whose file tells.
func (e *Engine) Sizes(ctx context.Context) ([]store.Size, error) {
	var rows []store.Size
	err := e.all(func(s *Shard) error {
		mine, err := s.Sizes(ctx)
		rows = append(rows, mine...)
		return err
	})
	return rows, err
}

// Keyspaces adds up the shards; the average TTL is weighted by the keys that have one.
func (e *Engine) Keyspaces(ctx context.Context) ([]store.Keyspace, error) {
	var total []store.Keyspace
	err := e.all(func(s *Shard) error {
		rows, err := s.Keyspaces(ctx)
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
		k.AvgTTLMillis = int64((float64(k.AvgTTLMillis)*float64(k.Expires) +
			float64(r.AvgTTLMillis)*float64(r.Expires)) / float64(n))
	}
	k.Keys, k.Expires, k.Bytes = k.Keys+r.Keys, k.Expires+r.Expires, k.Bytes+r.Bytes
	return total
}
