package memory

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"larder/store"
)

// Fill looks at every key.
func (e *Engine) Fill() (sum store.Fill) {
	e.current.Load().databases(func(_ int, r *headRow) bool {
		one := store.Fill{Data: r.head.Bytes, Keys: 1}
		if r.head.ExpireAt != 0 {
			one.Volatile = 1
		}
		sum = sum.Plus(one)
		return true
	})
	return sum
}

// Exact has nothing to change.
func (e *Engine) Exact(bool) {}

func (e *Engine) candidates(ctx context.Context, volatile bool) (all []store.Candidate, err error) {
	st, err := e.published(ctx)
	if err != nil {
		return nil, err
	}
	st.databases(func(db int, r *headRow) bool {
		if !volatile || r.head.ExpireAt != 0 {
			all = append(all, store.Candidate{Key: store.Key{DB: db, Name: []byte(r.name)}, Bytes: r.head.Bytes,
				ExpireAt: r.head.ExpireAt,
				Blessed:  r.head.Notes.Blessed()})
		}
		return true
	})
	return all, nil
}

// Sample draws from all keys; it does not know when they were stored.
func (e *Engine) Sample(ctx context.Context, dst []store.Candidate, n int, volatile bool) ([]store.Candidate, error) {
	all, err := e.candidates(ctx, volatile)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return append(dst, all[:min(n, len(all))]...), err
}

// Soonest sorts all keys.
func (e *Engine) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	all, err := e.candidates(ctx, true)
	slices.SortFunc(all, func(a, b store.Candidate) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	return append(dst, all[:min(n, len(all))]...), err
}

var (
	_ store.Gauge   = (*Engine)(nil)
	_ store.Sampler = (*Engine)(nil)
)
