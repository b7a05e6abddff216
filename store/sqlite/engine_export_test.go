package sqlite

import (
	"cmp"
	"context"
	"slices"

	"larder/store"
)

// What an engine of its own has, and a file behind one need not: package storetest asks for it.
var _ interface {
	store.Expirer
	store.Keyspacer
	store.Sampler
	store.Syncer
} = (*Engine)(nil)

// Expired reads the index of expiries.
func (e *Engine) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Due, error) {
	return e.Expiring(ctx, store.Due{}, nowMillis, n)
}

// Keyspaces leaves empty databases out.
func (e *Engine) Keyspaces(ctx context.Context) (list []store.Keyspace, err error) {
	err = e.read(ctx, func(t *tx) error {
		list, err = t.Keyspaces()
		return err
	})
	return list, err
}

// Soonest reads the index of expiries of every database.
func (e *Engine) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	at := len(dst)
	err := e.read(ctx, func(t *tx) (err error) {
		dst = dst[:at]
		for _, sp := range t.ledger.spaces {
			s := t.conn.s.sampleExpire
			s.BindInt(1, sp.ns)
			s.BindInt(2, 0)
			s.BindInt(3, int64(n))
			if dst, _, err = t.candidates(dst, len(dst)+n, s, sp.db, true); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(dst[at:], func(a, b store.Candidate) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	return dst[:min(len(dst), at+n)], err
}
