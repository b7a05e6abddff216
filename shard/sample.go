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
	_ store.Gauge     = (*Fanout)(nil)
	_ store.Sampler   = (*Fanout)(nil)
	_ store.UseKeeper = (*Fanout)(nil)
)

// Fill adds the shards up: the limit on the data is one for all of them.
func (f *Fanout) Fill() (sum store.Fill) {
	for _, l := range f.lanes {
		sum = sum.Plus(l.fill())
	}
	return sum
}

func (l *lane) fill() store.Fill {
	if g, ok := l.engine.(store.Gauge); ok {
		return g.Fill()
	}
	return store.Fill{}
}

// Exact passes on.
func (f *Fanout) Exact(on bool) {
	for _, l := range f.lanes {
		if g, ok := l.engine.(store.Gauge); ok {
			g.Exact(on)
		}
	}
}

// Sample asks one shard, drawn in proportion to its keys, and the others if it has none after all.
func (f *Fanout) Sample(ctx context.Context, dst []store.Candidate, n int, volatile bool) ([]store.Candidate, error) {
	at, first := len(dst), f.draw(volatile)
	for i := range f.lanes {
		s, ok := f.lanes[(first+i)%len(f.lanes)].engine.(store.Sampler)
		if !ok {
			continue
		}
		var err error
		if dst, err = s.Sample(ctx, dst, n, volatile); err != nil || len(dst) > at {
			return dst, err
		}
	}
	return dst, nil
}

func (f *Fanout) draw(volatile bool) int {
	weight := func(l *lane) int64 {
		if volatile {
			return max(l.fill().Volatile, 0)
		}
		return max(l.fill().Keys, 0)
	}
	total := int64(0)
	for _, l := range f.lanes {
		total += weight(l)
	}
	pick := rand.Int64N(max(total, 1))
	for i, l := range f.lanes {
		if pick -= weight(l); pick < 0 {
			return i
		}
	}
	return 0
}

// Soonest merges the shards' answers.
func (f *Fanout) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	at := len(dst)
	for _, l := range f.lanes {
		s, ok := l.engine.(store.Sampler)
		if !ok {
			continue
		}
		var err error
		if dst, err = s.Soonest(ctx, dst, n); err != nil {
			return dst, err
		}
	}
	slices.SortFunc(dst[at:], func(a, b store.Candidate) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	return dst[:min(len(dst), at+n)], nil
}

// KeepUses gives each shard its own.
func (f *Fanout) KeepUses(ctx context.Context, uses []store.Use) error {
	parts := make([][]store.Use, len(f.lanes))
	for _, u := range uses {
		i := f.shardOf(u.Key.Name)
		parts[i] = append(parts[i], u)
	}
	var errs []error
	for i, part := range parts {
		if k, ok := f.lanes[i].engine.(store.UseKeeper); ok && len(part) > 0 {
			errs = append(errs, k.KeepUses(ctx, part))
		}
	}
	return errors.Join(errs...)
}
