package journal

import (
	"sync/atomic"

	"larder/store"
)

// fill is how much a shard holds: what its base does and what the layers add. It is written
// under Engine.overlay and read by anybody.
type fill struct{ data, keys, volatile atomic.Int64 }

func (f *fill) add(d store.Fill) {
	f.data.Add(d.Data)
	f.keys.Add(d.Keys)
	f.volatile.Add(d.Volatile)
}

// Fill counts unsettled writes too. What a blind write replaces in the base is taken off
// once it settles, or at once while the count is exact.
func (e *Engine) Fill() store.Fill {
	return store.Fill{Data: e.fill.data.Load(), Keys: e.fill.keys.Load(), Volatile: e.fill.volatile.Load(), Pending: e.baseFill().Pending}
}

// Exact settles what was counted twice so far. If the base cannot take it, that stays too high until it can.
func (e *Engine) Exact(on bool) {
	if was := e.exact.Swap(on); was || !on {
		return
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	if !e.closed {
		_ = e.drain() // writers will hear of it
	}
}

func (e *Engine) baseFill() store.Fill {
	if g, ok := e.base.(store.Gauge); ok {
		return g.Fill()
	}
	return store.Fill{}
}

// recount takes the fill from the base and the layers anew, after those have changed, and forgets what the layers hid
// of the base. The caller holds overlay.
func (e *Engine) recount() {
	e.rebase()
	sum := e.baseFill().Plus(e.now.Grown())
	e.fill.data.Store(sum.Data)
	e.fill.keys.Store(sum.Keys)
	e.fill.volatile.Store(sum.Volatile)
}

// recountAll is recount after transactions that ran on the bases.
func recountAll(shards ...*Engine) {
	for _, e := range shards {
		e.overlay.Lock()
		e.recount()
		e.overlay.Unlock()
	}
}
