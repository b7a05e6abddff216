package shard

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"larder/store"
)

var (
	_ store.Gauge     = (*Engine)(nil)
	_ store.Sampler   = (*Engine)(nil)
	_ store.UseKeeper = (*Engine)(nil)
)

// Fill adds the shards up: the limit on the data is one for all of them.
func (e *Engine) Fill() (sum store.Fill) {
	for _, s := range e.shards {
		sum = sum.Plus(s.Fill())
	}
	return sum
}

// Exact passes on.
func (e *Engine) Exact(on bool) {
	for _, s := range e.shards {
		s.Exact(on)
	}
}

// Sample asks one shard, drawn in proportion to its keys, and the others if it has none after all.
func (e *Engine) Sample(ctx context.Context, dst []store.Candidate, n int, volatile bool) ([]store.Candidate, error) {
	at, first := len(dst), e.draw(volatile)
	for i := range e.shards {
		s := e.shards[(first+i)%len(e.shards)]
		var err error
		if dst, err = s.Sample(ctx, dst, n, volatile); err != nil || len(dst) > at {
			return dst, err
		}
	}
	return dst, nil
}

func (e *Engine) draw(volatile bool) int {
	weight := func(s *Shard) int64 {
		if volatile {
			return max(s.Fill().Volatile, 0)
		}
		return max(s.Fill().Keys, 0)
	}
	total := int64(0)
	for _, s := range e.shards {
		total += weight(s)
	}
	pick := rand.Int64N(max(total, 1))
	for i, s := range e.shards {
		if pick -= weight(s); pick < 0 {
			return i
		}
	}
	return 0
}

// Soonest merges the shards' answers.
func (e *Engine) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	at := len(dst)
	for _, s := range e.shards {
		var err error
		if dst, err = s.Soonest(ctx, dst, n); err != nil {
			return dst, err
		}
	}
	slices.SortFunc(dst[at:], func(a, b store.Candidate) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	return dst[:min(len(dst), at+n)], nil
}

// KeepUses gives each shard its own.
func (e *Engine) KeepUses(ctx context.Context, uses []store.Use) error {
	parts := make([][]store.Use, len(e.shards))
	for _, u := range uses {
		i := e.shardOf(u.Key.Name)
		parts[i] = append(parts[i], u)
	}
	var errs []error
	for i, part := range parts {
		if len(part) > 0 {
			errs = append(errs, e.shards[i].KeepUses(ctx, part))
		}
	}
	return errors.Join(errs...)
}
