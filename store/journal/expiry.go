package journal

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"

	"larder/store"
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
			if l, _ := newest(s.layers, d.Key); l != nil {
				dst = append(dst, l.candidate())
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
	layers []*layer // oldest first
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
		top := g.top()
		if now := e.passed(); now.changes == before.changes {
			return &expiring{e, slices.Concat(g.frozen, g.active), now}, func() { top.pins.Add(-1) }, nil
		}
		top.pins.Add(-1)
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
	var due []store.Due
	for i, l := range s.layers {
		due = l.expiring(due, s.layers[i+1:], before, n)
	}
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
			case !hidden(s.layers, d.Key):
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

// expiring appends the first n keys of a layer that expire before a time and that no newer layer hides.
func (l *layer) expiring(due []store.Due, newer []*layer, before int64, n int) []store.Due {
	var last *headEntry // of those at the front that are hidden
	at, from := len(due), l.passed.Load()
	walk := func(e *headEntry) bool {
		if e.expireAt >= before || len(due)-at >= n {
			return false
		}
		switch {
		case !hidden(newer, e.key()):
			due = append(due, store.Due{Key: e.key(), ExpireAt: e.expireAt})
		case len(due) == at:
			last = e
		}
		return true
	}
	if from == nil {
		l.ttl.Scan(walk)
	} else {
		l.ttl.Ascend(from, walk)
	}
	if last != nil {
		mark := newHeadEntry(last.key(), last.pos) // the entry itself may get another expiry
		mark.expireAt = last.expireAt
		l.passed.Store(mark)
	}
	return due
}

// uncover has the next walk through a layer's expiries begin where an entry stands that the layer has got.
func (l *layer) uncover(e *headEntry) {
	if from := l.passed.Load(); from != nil && ttlOrder(e, from) {
		l.passed.Store(nil)
	}
}

func hidden(layers []*layer, k store.Key) bool {
	for _, l := range layers {
		if l.head(k) != nil || l.emptied[k.DB] {
			return true
		}
	}
	return false
}
