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

// Soonest lists what expires first, whether it has expired or not. The index has hashes in between that only have
// fields that expire, or whose own time comes later than that of a field: it looks further until it has enough of the
// others.
func (s *Shard) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	x, done, err := s.beginExpiring()
	if err != nil {
		return dst, err
	}
	defer done()
	at := len(dst)
	for ask := n; ; ask *= 4 {
		found, err := x.first(ctx, math.MaxInt64, ask)
		if err == nil {
			dst, err = s.candidates(ctx, x, dst[:at], found)
		}
		if err != nil {
			return dst[:at], err
		}
		upTo := int64(math.MaxInt64)
		if len(found) == ask {
			upTo = found[ask-1].ExpireAt
		}
		mine := dst[at:]
		slices.SortStableFunc(mine, func(a, b store.Candidate) int { return cmp.Compare(a.ExpireAt, b.ExpireAt) })
		if len(found) < ask || len(mine) >= n && mine[n-1].ExpireAt <= upTo {
			dst = dst[:at+min(n, len(mine))]
			s.outward(dst[at:])
			return dst, nil
		}
	}
}

// candidates appends those of the keys found that have an expiry of their own.
func (s *Shard) candidates(ctx context.Context, x *expiring, dst []store.Candidate,
	found []store.Due) ([]store.Candidate, error) {
	at := len(dst)
	err := s.base.View(ctx, store.Whole(), func(low store.Tx) error {
		dst = dst[:at]
		for _, d := range found {
			c, ok := x.stack.Candidate(d.Key)
			if !ok {
				h, _, err := low.(store.BaseTx).Row(d.Key)
				if err != nil {
					return err
				}
				c = store.Candidate{Key: d.Key, Bytes: h.Bytes, ExpireAt: h.ExpireAt, Blessed: h.Notes.Blessed()}
			}
			if c.ExpireAt != 0 {
				dst = append(dst, c)
			}
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
