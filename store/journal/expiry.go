package journal

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

// passage is how far the index of the base is hidden. Engine.overlay guards it.
type passage struct {
	changes uint64    // how often the base has changed
	behind  store.Due // the last key of those at the front that layers hide
}

// Expired finds keys whose time has passed. They are hints: one that a newer layer has changed is looked at again
// when it is expired.
func (e *Engine) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Due, error) {
	s, done, err := e.beginExpiring()
	if err != nil {
		return nil, err
	}
	defer done()
	return s.first(ctx, nowMillis, n)
}

// Soonest lists what expires first, whether it has expired or not.
func (e *Engine) Soonest(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	s, done, err := e.beginExpiring()
	if err != nil {
		return dst, err
	}
	defer done()
	found, err := s.first(ctx, math.MaxInt64, n)
	if err != nil {
		return dst, err
	}
	err = e.base.View(ctx, store.Whole(), func(low store.Tx) error {
		for _, d := range found {
			if c, ok := s.stack.Candidate(d.Key); ok {
				dst = append(dst, c)
				continue
			}
			h, _, err := low.(store.BaseTx).Row(d.Key)
			if err != nil {
				return err
			}
			dst = append(dst, store.Candidate{Key: d.Key, Bytes: h.Bytes, ExpireAt: d.ExpireAt})
		}
		return nil
	})
	return dst, err
}

// expiring walks what a shard has with an expiry, over pinned layers. For one goroutine.
type expiring struct {
	engine *Engine
	stack  *memtable.Stack // pinned
	passage
}

// beginExpiring pins the layers. The passage is right only if the base has not changed between the two looks: a
// generation that settled in between would be neither among the layers nor behind the passage.
func (e *Engine) beginExpiring() (s *expiring, done func(), err error) {
	for {
		before := e.passed()
		g, err := e.pin()
		if err != nil {
			return nil, nil, err
		}
		if now := e.passed(); now.changes == before.changes {
			return &expiring{e, g, now}, g.Unpin, nil
		}
		g.Unpin()
	}
}

func (e *Engine) passed() passage {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	return e.expiries
}

// rebase forgets what layers hid of a base that has changed. The caller holds overlay.
func (e *Engine) rebase() { e.expiries = passage{changes: e.expiries.changes + 1} }

// pass notes that the base's index is hidden up to a key, unless the base has changed meanwhile.
func (s *expiring) pass(d store.Due) {
	e := s.engine
	e.overlay.Lock()
	defer e.overlay.Unlock()
	if e.expiries.changes == s.changes {
		e.expiries.behind = d
	}
}

// first lists the first n keys that expire before a time.
func (s *expiring) first(ctx context.Context, before int64, n int) ([]store.Due, error) {
	due := s.stack.Expiring(before, n)
	below, err := s.below(ctx, before, n)
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
func (s *expiring) below(ctx context.Context, before int64, n int) (due []store.Due, err error) {
	index, ok := s.engine.base.(store.ExpiryIndex)
	if !ok {
		return nil, nil
	}
	at, ask, seen := s.behind, n, 0
	for len(due) < n {
		found, err := index.Expiring(ctx, at, before, ask)
		if err != nil {
			return due, err
		}
		passed := at
		for _, d := range found {
			switch {
			case !s.stack.Hides(d.Key):
				due = append(due, d)
			case len(due) == 0:
				passed = d
			}
		}
		if passed.ExpireAt != at.ExpireAt || !bytes.Equal(passed.Key.Name, at.Key.Name) || passed.Key.DB != at.Key.DB {
			s.pass(passed)
		}
		if len(found) < ask {
			break
		}
		seen += ask // the more was hidden, the more may be
		at, ask = found[len(found)-1], max(n-len(due), min((seen-len(due))/2, hiddenPage))
	}
	return due[:min(n, len(due))], nil
}
