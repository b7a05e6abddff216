package shard

import (
	"context"
	"sync"
	"sync/atomic"

	"larder/store"
	"larder/store/memtable"
	"larder/store/wal"
)

// Shard is one shard: its file, its layers, its part of the room. As a store.Engine it shows that shard alone, for
// upkeep and check. For any goroutine.
//
// Locks, in the order they are taken: writing, then overlay, then the log's own. writing
// makes groups of transactions come one after the other; overlay guards which generations
// there are and is only held for moments.
type Shard struct {
	order *Order
	log   *wal.Log
	base  store.Base
	index int
	room  *room
	limit int64 // bytes that one transaction, or replay before it settles, may add
	// logLimit is the size of the log past which generations settle even while busy.
	logLimit atomic.Int64
	began    *atomic.Pointer[func()] // what OnSettle was given

	writing  sync.Mutex
	group    *memtable.Layer // the leader's
	rec      recorder
	nextID   store.ID
	firstID  store.ID      // ids from here on were made in the active generation
	lastSeen uint64        // the newest LSN at the last tend
	toldAt   atomic.Uint64 // LSN behind which handOver has told what it knew
	limbo    limbo

	fill  fill
	exact atomic.Bool // see Exact

	walked atomic.Pointer[walked] // where walkSample goes on

	overlay sync.Mutex
	now     *memtable.Stack
	// expiries is how far the layers hide the base's index of expiries.
	expiries passage
	settles  chan struct{} // closed when the frozen generation is gone; nil without one
	failed   error         // why the last settle failed
	resting  bool          // it has failed, and the next attempt waits
	closed   bool

	Settles    atomic.Int64 // generations written to the base
	SettleTime atomic.Int64 // nanoseconds
	Stalls     atomic.Int64 // groups that waited for a settle
	Direct     atomic.Int64 // transactions too large for the memtable
	Staged     atomic.Int64 // those that were staged, and have published heads of this shard
}

func newShard(log *wal.Log, base store.Base, index int, limit int64) *Shard {
	mark := base.Settled()
	next := max(mark.NextID, 1)
	s := &Shard{log: log, base: base, index: index, limit: limit, nextID: next, firstID: next,
		now: memtable.NewStack(), group: memtable.NewLayer()}
	s.recount()
	return s
}

func (s *Shard) newID() store.ID {
	id := s.nextID
	s.nextID++
	return id
}

// noteID keeps the counter above ids that a replayed record uses.
func (s *Shard) noteID(id store.ID) { s.nextID = max(s.nextID, id+1) }

// View sees this shard alone.
func (s *Shard) View(ctx context.Context, scope store.Scope, fn func(store.Tx) error) error {
	return s.order.viewOf(ctx, s, scope, fn)
}

// pin takes hold of the present layers, which are not written to any more until it is let go.
func (s *Shard) pin() (*memtable.Stack, error) {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	s.now.Pin()
	return s.now, nil
}

// present is the layers as they are; for the holder of writing, the only goroutine that changes the growing ones.
func (s *Shard) present() *memtable.Stack {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	return s.now
}

// Update sees this shard alone.
func (s *Shard) Update(ctx context.Context, scope store.Scope, fn func(store.Tx) error) error {
	return s.order.updateOf(ctx, s, scope, fn)
}

func anyWrites(jobs []*store.Job) bool {
	for _, j := range jobs {
		if j.Write {
			return true
		}
	}
	return false
}

func fail(jobs []*store.Job, err error) {
	for _, j := range jobs {
		j.Err = err
	}
}

// Close settles what is in the memtable. The log is closed by the Engine, the base by its opener.
func (s *Shard) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed {
		return nil
	}
	err := s.drain()
	if err == nil {
		s.release(false) // the log need not keep anything for this shard
	}
	s.overlay.Lock()
	s.closed = true
	s.overlay.Unlock()
	return err
}

func (s *Shard) isClosed() bool {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	return s.closed
}

// Bytes are the bytes of the generations in memory.
func (s *Shard) Bytes() int64 {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	return s.now.Bytes() + s.now.FrozenBytes()
}
