package journal

import (
	"context"
	"sync"
	"sync/atomic"

	"larder/store"
	"larder/store/memtable"
	"larder/store/wal"
)

// Engine is one shard: its file, its layers, its part of the room. As a store.Engine it shows that shard alone, for
// upkeep and check. For any goroutine.
//
// Locks, in the order they are taken: writing, then overlay, then the log's own. writing
// makes groups of transactions come one after the other; overlay guards which generations
// there are and is only held for moments.
type Engine struct {
	order *Order
	log   *wal.Log
	base  store.Base
	shard int
	room  *room
	limit int64 // bytes that one transaction, or replay before it settles, may add
	// logLimit is the size of the log past which generations settle even while busy.
	logLimit atomic.Int64
	sync     *atomic.Int32
	began    *atomic.Pointer[func()] // what OnSettle was given

	writing  sync.Mutex
	group    *memtable.Layer // the leader's
	rec      recorder
	nextID   store.ID
	firstID  store.ID      // ids from here on were made in the active generation
	lastSeen uint64        // the newest LSN at the last tend
	toldAt   atomic.Uint64 // LSN behind which handOver has told what it knew

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
}

func newEngine(log *wal.Log, base store.Base, shard int, limit int64, mode *atomic.Int32) *Engine {
	mark := base.Settled()
	next := max(mark.NextID, 1)
	e := &Engine{log: log, base: base, shard: shard, limit: limit, sync: mode, nextID: next, firstID: next,
		now: memtable.NewStack(), group: memtable.NewLayer()}
	e.recount()
	return e
}

func (e *Engine) newID() store.ID {
	id := e.nextID
	e.nextID++
	return id
}

// noteID keeps the counter above ids that a replayed record uses.
func (e *Engine) noteID(id store.ID) { e.nextID = max(e.nextID, id+1) }

// View sees this shard alone.
func (e *Engine) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.order.viewOf(ctx, e, s, fn)
}

// pin takes hold of the present layers, which are not written to any more until it is let go.
func (e *Engine) pin() (*memtable.Stack, error) {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	if e.closed {
		return nil, store.ErrClosed
	}
	e.now.Pin()
	return e.now, nil
}

// present is the layers as they are; for the holder of writing, who alone changes the
// growing ones.
func (e *Engine) present() *memtable.Stack {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	return e.now
}

// Update sees this shard alone.
func (e *Engine) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.order.updateOf(ctx, e, s, fn)
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

// Close settles what is in the memtable. The log and the base are closed by the Journal.
func (e *Engine) Close() error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.closed {
		return nil
	}
	err := e.drain()
	e.overlay.Lock()
	e.closed = true
	e.overlay.Unlock()
	return err
}

func (e *Engine) isClosed() bool {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	return e.closed
}

// Bytes are the bytes of the generations in memory.
func (e *Engine) Bytes() int64 {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	return e.now.Bytes() + e.now.FrozenBytes()
}
