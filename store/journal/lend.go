package journal

import "larder/store"

// The room that the layers do not take on a server that is mostly read is lent to the base, whose caches make
// reading faster. It is lent when there is nothing to settle at a tick, and claimed back when a generation has grown
// to a quarter: a few writes now and then do not throw away what reading has gathered.
const (
	// lendShare: three halves of a generation's bound, out of two that may be in memory.
	lendShare  = 3
	claimShare = 4
)

// lend lends the overlay's room or claims it back. The caller holds writing.
func (e *Engine) lend(on bool) {
	b, ok := e.base.(store.Borrower)
	if !ok || e.lent == on {
		return
	}
	e.lent = on
	if on {
		b.Borrow(e.limit * lendShare / 2)
		return
	}
	b.Borrow(0)
}
