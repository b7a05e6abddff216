package memtable

import "larder/store"

// Expiring lists the first n keys of each layer that expire before a time and that no newer layer hides.
func (s *Stack) Expiring(before int64, n int) (due []store.Due) {
	layers := s.all()
	for i, l := range layers {
		due = l.expiring(due, layers[i+1:], before, n)
	}
	return due
}

// Hides reports whether a layer hides what the base says of a key.
func (s *Stack) Hides(k store.Key) bool { return hidden(s.active, k) || hidden(s.frozen, k) }

// Candidate is the newest entry of a key, ok false if no layer has one.
func (s *Stack) Candidate(k store.Key) (c store.Candidate, ok bool) {
	e, _ := s.find(k)
	if e == nil {
		return c, false
	}
	return e.candidate(), true
}

// expiring appends the first n keys of a layer that expire before a time and that no newer layer hides.
func (l *Layer) expiring(due []store.Due, newer []*Layer, before int64, n int) []store.Due {
	var last *headEntry // of those at the front that are hidden
	at, from := len(due), l.passed.Load()
	walk := func(e *headEntry) bool {
		if e.wake >= before || len(due)-at >= n {
			return false
		}
		switch {
		case !hidden(newer, e.key()):
			due = append(due, store.Due{Key: e.key(), ExpireAt: e.wake})
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
		mark.wake = last.wake
		l.passed.Store(mark)
	}
	return due
}

// uncover has the next walk through a layer's expiries begin where an entry stands that the layer has got.
func (l *Layer) uncover(e *headEntry) {
	if from := l.passed.Load(); from != nil && ttlOrder(e, from) {
		l.passed.Store(nil)
	}
}

func hidden(layers []*Layer, k store.Key) bool {
	for _, l := range layers {
		if l.head(k) != nil || l.emptied[k.DB] {
			return true
		}
	}
	return false
}
