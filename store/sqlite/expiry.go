package sqlite

import (
	"cmp"
	"context"
	"math"
	"slices"

	"larder/store"
)

// Expiring reads the index of expiries database by database, so that keys of flushed ones do not stand in the way.
func (e *Engine) Expiring(ctx context.Context, behind store.Due, before int64, n int) (all []store.Due, err error) {
	err = e.read(ctx, func(t *tx) error {
		all = nil
		for i := range t.ledger.spaces {
			sp := &t.ledger.spaces[i]
			latest := before
			if len(all) == n && n > 0 { // of this database only what is earlier, or as early, is wanted
				latest = min(before, all[n-1].ExpireAt+1)
			}
			if all, err = t.expiring(all, sp, behind, latest, n); err != nil {
				return err
			}
			slices.SortStableFunc(all, func(a, b store.Due) int {
				return cmp.Or(cmp.Compare(a.ExpireAt, b.ExpireAt), cmp.Compare(a.Key.DB, b.Key.DB))
			})
			all = all[:min(n, len(all))]
		}
		return nil
	})
	return all, err
}

// expiring appends the first n keys of a database behind a place. Those of equal expiry come in the order of databases,
// and in each in that of heads, which the index has for nothing.
func (t *tx) expiring(all []store.Due, sp *space, behind store.Due, before int64, n int) ([]store.Due, error) {
	h, name := int64(math.MaxInt64), []byte(nil)
	switch {
	case sp.db > behind.Key.DB:
		h = -1
	case sp.db == behind.Key.DB:
		h, name = t.engine.hash.head(behind.Key.Name), behind.Key.Name
	}
	return t.expiringFrom(all, sp, behind.ExpireAt, h, name, before, n)
}

// expiringFrom appends the first n keys of a database behind a place in the index that expire before a time.
func (t *tx) expiringFrom(all []store.Due, sp *space, at, h int64, name []byte, before int64, n int) ([]store.Due,
	error) {
	s := t.conn.s.headExpiring
	s.BindInts(1, sp.ns, at, h)
	s.BindBlob(4, name)
	s.BindInts(5, before, int64(n))
	defer s.Reset()
	for {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return all, t.fail(err)
		}
		all = append(all, store.Due{Key: store.Key{DB: sp.db, Name: s.Clone(0)}, ExpireAt: s.Int(1)})
	}
}
