package shard

import (
	"sync/atomic"

	"larder/store"
)

// fill is how much a shard holds: what its base does and what the layers add. It is written
// under Shard.overlay and read by anybody.
type fill struct{ data, keys, volatile, blind atomic.Int64 }

func (f *fill) add(d store.Fill) {
	f.data.Add(d.Data)
	f.keys.Add(d.Keys)
	f.volatile.Add(d.Volatile)
	f.blind.Add(d.Blind)
}

// Fill counts unsettled writes too. What a blind write replaces in the base is taken off
// once it settles, or at once while the count is exact.
func (s *Shard) Fill() store.Fill {
	return store.Fill{Data: s.fill.data.Load(), Keys: s.fill.keys.Load(), Volatile: s.fill.volatile.Load(),
		Pending: s.baseFill().Pending, Blind: s.fill.blind.Load()}
}

// Exact settles what was counted twice so far. If the base cannot take it, that stays too high until it can.
func (s *Shard) Exact(on bool) {
	if was := s.exact.Swap(on); was || !on {
		return
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.closed {
		_ = s.drain() // writers will hear of it
	}
}

func (s *Shard) baseFill() store.Fill {
	if g, ok := s.base.(store.Gauge); ok {
		return g.Fill()
	}
	return store.Fill{}
}

// recount takes the fill from the base and the layers anew, after those have changed, and forgets what the layers hid
// of the base. The caller holds overlay.
func (s *Shard) recount() {
	s.rebase()
	sum := s.baseFill().Plus(s.now.Grown())
	s.fill.data.Store(sum.Data)
	s.fill.keys.Store(sum.Keys)
	s.fill.volatile.Store(sum.Volatile)
	s.fill.blind.Store(sum.Blind)
}

// recountAll is recount after transactions that ran on the bases.
func recountAll(shards ...*Shard) {
	for _, s := range shards {
		s.overlay.Lock()
		s.recount()
		s.overlay.Unlock()
	}
}
