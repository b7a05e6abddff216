package shard

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"

	"larder/store"
	"larder/store/memtable"
)

// Keys with an expiry stand in an index of the base and in a tree of each layer. What a newer layer has changed or
// removed stays in both until it settles, and since keys that are due are removed from the front, it gathers there.
// So each walk begins behind what it is known to pass over: what is hidden stays hidden as long as what lies
// below does not change. Asking the base for n again each time, and dropping what was hidden, found nothing any more
// once n keys had been removed.

// passage is how far the index of the base is hidden. Shard.overlay guards it.
type passage struct {
	changes uint64    // how often the base has changed
	behind  store.Due // the last key of those at the front that layers hide
}

// Expired finds keys whose time has passed. They are hints: one that a newer layer has changed is looked at again
// when it is expired.
func (s *Shard) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Due, error) {
	x, done, err := s.beginExpiring()
	if err != nil {
		return nil, err
	}
	defer done()
	due, err := x.first(ctx, nowMillis, n)
	for i := range due {
		s.order.outward(&due[i].Key)
	}
	return due, err
}

// Soonest lists what expires first, whether it has expired or not.
func (s *Shard) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	x, done, err := s.beginExpiring()
	if err != nil {
		return dst, err
	}
	defer done()
	found, err := x.first(ctx, math.MaxInt64, n)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	defer func() { s.outward(dst[at:]) }()
	err = s.base.View(ctx, store.Whole(), func(low store.Tx) error {
		for _, d := range found {
			if c, ok := x.stack.Candidate(d.Key); ok {
				dst = append(dst, c)
				continue
			}
			h, _, err := low.(store.BaseTx).Row(d.Key)
			if err != nil {
				return err
			}
			dst = append(dst, store.Candidate{Key: d.Key, Bytes: h.Bytes, ExpireAt: d.ExpireAt, Blessed: h.Notes.Blessed()})
		}
		return nil
	})
	return dst, err
}

// expiring walks what a shard has with an expiry, over pinned layers. For one goroutine.
type expiring struct {
	shard *Shard
	stack *memtable.Stack // pinned
	passage
}

// beginExpiring pins the layers. The passage is right only if the base has not changed between the two looks: a
// generation that settled in between would be neither among the layers nor behind the passage.
func (s *Shard) beginExpiring() (x *expiring, done func(), err error) {
	for {
		before := s.passed()
		g, err := s.pin()
		if err != nil {
			return nil, nil, err
		}
		if now := s.passed(); now.changes == before.changes {
			return &expiring{s, g, now}, g.Unpin, nil
		}
		g.Unpin()
	}
}

func (s *Shard) passed() passage {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	return s.expiries
}

// rebase forgets what layers hid of a base that has changed. The caller holds overlay.
func (s *Shard) rebase() { s.expiries = passage{changes: s.expiries.changes + 1} }

// pass notes that the base's index is hidden up to a key, unless the base has changed meanwhile.
func (x *expiring) pass(d store.Due) {
	s := x.shard
	s.overlay.Lock()
	defer s.overlay.Unlock()
	if s.expiries.changes == x.changes {
		s.expiries.behind = d
	}
}

// first lists the first n keys that expire before a time.
func (x *expiring) first(ctx context.Context, before int64, n int) ([]store.Due, error) {
	due := x.stack.Expiring(before, n)
	below, err := x.below(ctx, before, n)
	if err != nil {
		return nil, err
	}
	due = append(due, below...)
	slices.SortStableFunc(due, func(a, b store.Due) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
	return due[:min(n, len(due))], nil
}

// hiddenPage bounds how many keys more than wanted are asked for.
const hiddenPage = 4096

// below lists the first n keys of the base that no layer hides.
func (x *expiring) below(ctx context.Context, before int64, n int) (due []store.Due, err error) {
	index, ok := x.shard.base.(store.ExpiryIndex)
	if !ok {
		return nil, nil
	}
	at, ask, seen := x.behind, n, 0
	for len(due) < n {
		found, err := index.Expiring(ctx, at, before, ask)
		if err != nil {
			return due, err
		}
		passed := at
		for _, d := range found {
			switch {
			case !x.stack.Hides(d.Key):
				due = append(due, d)
			case len(due) == 0:
				passed = d
			}
		}
		if passed.ExpireAt != at.ExpireAt || !bytes.Equal(passed.Key.Name, at.Key.Name) || passed.Key.DB != at.Key.DB {
			x.pass(passed)
		}
		if len(found) < ask {
			break
		}
		seen += ask // the more was hidden, the more may be
		at, ask = found[len(found)-1], max(n-len(due), min((seen-len(due))/2, hiddenPage))
	}
	return due[:min(n, len(due))], nil
}
