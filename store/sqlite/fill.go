package sqlite

import (
	"sync/atomic"

	"larder/store"
)

// fill is how much the file holds as of the last commit. For any goroutine; the parts may be of two
// neighbouring commits.
type fill struct{ data, keys, volatile, pending atomic.Int64 }

// set takes over the writer's counters, which a commit has made true.
func (f *fill) set(l *ledger) {
	sum := fillOf(l.spaces)
	f.data.Store(sum.Data)
	f.keys.Store(sum.Keys)
	f.volatile.Store(sum.Volatile)
	f.pending.Store(l.pending)
}

func fillOf(spaces []space) (sum store.Fill) {
	for i := range spaces {
		sum = sum.Plus(store.Fill{Data: spaces[i].bytes, Keys: spaces[i].size, Volatile: spaces[i].volatile})
	}
	return sum
}

// Fill is exact always: a write knows what it replaces.
func (e *Engine) Fill() store.Fill {
	f := &e.fill
	return store.Fill{Data: f.data.Load(), Keys: f.keys.Load(), Volatile: f.volatile.Load(), Pending: f.pending.Load()}
}

// Exact has nothing to change.
func (e *Engine) Exact(bool) {}
