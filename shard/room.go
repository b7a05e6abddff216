package shard

import (
	"runtime"
	"sync"

	"larder/store"
)

// The generations of all shards share one room. With a part of it for each shard most of the room lay idle: the
// shards filled and settled side by side, and a shard with the one hot key of a server had a fourth. Now the largest
// generation settles when the room gets full, and on a small machine one at a time, so that the others
// stand at different heights: of four shards the largest has two fifths of the room that is taken, twice as much as
// its own part, and one shard alone may have three eighths. The larger a generation, the more keys share a page that
// settling has to write.

const (
	// fullShare: the room is getting full, and the largest generation settles, when a fourth of it is left.
	fullShare = 4
	// leftShare: a fourth is left to the others by the shard that takes most, whose file may turn out to fail.
	leftShare = 4
	// brimShare is the part of the room by which what frees space may pass the bound.
	brimShare = 4
	// lendShare: three fourths of the room are lent while nothing lies in it.
	lendShare = 4
	// claimShare is the part of the room that may be taken before the loan is claimed back: a few writes now and then do
	// not throw away what reading has gathered.
	claimShare = 8
)

// room is what the generations of all shards may take together. For any goroutine; its lock is
// the innermost.
type room struct {
	bound    int64 // bytes
	settlers int   // how many generations settle at a time because of their size

	mu     sync.Mutex
	shards []occupant
	lent   bool          // see lend
	freed  chan struct{} // closed when a generation is gone; nil while nobody waits
}

// occupant is what a shard takes of the room.
type occupant struct {
	shard             *Shard
	growing, settling int64
	called            bool  // settleFull is on its way
	frozen            bool  // a generation settles
	resting           bool  // it has failed to settle, and waits before the next attempt
	failed            error // why the base does not take it
}

func newRoom(bound int64) *room { return &room{bound: bound, settlers: max(runtime.NumCPU()/2, 1)} }

func (r *room) join(s *Shard) { r.shards = append(r.shards, occupant{shard: s}) }

// follow notes what a shard's generations take now. The caller holds overlay.
func (r *room) follow(s *Shard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, before := &r.shards[s.index], r.taken()
	o.growing, o.settling, o.failed = s.now.Bytes(), s.now.FrozenBytes(), s.failed
	o.frozen, o.resting = s.settles != nil, s.resting
	if r.freed != nil && (r.taken() < before || o.failed != nil) {
		close(r.freed)
		r.freed = nil
	}
	if r.lent && r.taken() > r.bound/claimShare {
		r.lend(0)
	}
	r.callNext()
}

// answered tells that a shard has done what it was called for.
func (r *room) answered(shard int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shards[shard].called = false
	r.callNext()
}

// callNext has the next generation settle if one is due. The caller holds mu.
func (r *room) callNext() {
	if next := r.due(); next != nil {
		next.called = true
		go next.shard.settleFull()
	}
}

func (r *room) taken() (n int64) {
	for i := range r.shards {
		n += r.shards[i].growing + r.shards[i].settling
	}
	return n
}

// due is the shard whose generation should begin to settle, nil if none should. One that fails to
// settle does not keep the others from it.
func (r *room) due() *occupant {
	var largest *occupant
	settling := 0
	for i := range r.shards {
		o := &r.shards[i]
		switch {
		case o.frozen || o.called:
			if o.failed == nil {
				settling++
			}
		case !o.resting && o.growing > 0 && (largest == nil || o.growing > largest.growing):
			largest = o
		}
	}
	if largest == nil || settling >= r.settlers {
		return nil
	}
	// The more settle already, the less must be left before another begins.
	left := r.bound / fullShare * int64(r.settlers-settling) / int64(r.settlers)
	if r.taken() >= r.bound-left || largest.growing >= r.most()/2 {
		return largest
	}
	return nil
}

// most is what one shard may take, growing and settling.
func (r *room) most() int64 {
	if len(r.shards) == 1 {
		return r.bound
	}
	return r.bound - r.bound/leftShare
}

// wait answers nil if a shard may write, with what it may not write, or what is closed when there may be room again. A
// shard that cannot settle has its own part of the room and no more, and does not wait for more: before the file takes
// anything only what frees some passes.
func (r *room) wait(shard int) (freed <-chan struct{}, s strait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	own, taken := r.shards[shard], r.taken()
	part := r.bound / 2 / int64(len(r.shards))
	if taken < r.bound && own.growing+own.settling < r.most() && (own.failed == nil || own.growing < part) {
		return nil, strait{}
	}
	if failed := r.failure(shard); failed != nil {
		s.grow = errNoRoom(failed)
		if taken > r.bound+r.bound/brimShare {
			s.drop = s.grow
		}
		return nil, s
	}
	if r.freed == nil {
		r.freed = make(chan struct{})
	}
	return r.freed, strait{}
}

// failure is what keeps a shard from getting room: its own file's, or another's if it has nothing to settle itself.
func (r *room) failure(shard int) (failed error) {
	own := r.shards[shard]
	for i := range r.shards {
		if own.growing+own.settling == 0 && failed == nil {
			failed = r.shards[i].failed
		}
	}
	if own.failed != nil {
		failed = own.failed
	}
	return failed
}

// offer lends the room to the bases, whose caches make reading faster, when there is nothing in it.
func (r *room) offer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lent && r.taken() == 0 {
		r.lend(r.bound - r.bound/lendShare)
	}
}

// lend has the bases share so many bytes of the room, or none. The caller holds mu.
func (r *room) lend(bytes int64) {
	r.lent = bytes > 0
	for i := range r.shards {
		if b, ok := r.shards[i].shard.base.(store.Borrower); ok {
			b.Borrow(bytes / int64(len(r.shards)))
		}
	}
}
