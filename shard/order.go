package shard

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"larder/store"
	"larder/store/wal"
)

// Order runs the transactions of an Engine. There is one queue of writers and one order of commits, the log's: a
// client that has seen a write sees every write before it, on whatever shard. Redis's one thread gives that to every
// program. For any goroutine.
//
// A writer of several shards is nothing special: the group that it runs in opens a shard when a transaction first
// touches it, has one record for all of them, and makes their layers visible in one step. A View pins the layers of
// its shards between two such steps, so it is one moment of all of them.
type Order struct {
	log    *wal.Log
	shards []*Shard
	mode   atomic.Int32 // a SyncMode
	clock  clock
	line   line
	pace   pace
	views  sync.Pool // of *view
	closed atomic.Bool

	group   group // the leader's
	payload []byte
	prints  prints         // the leader's
	pending *chan struct{} // closed when what the group has led to has happened, with a record or without; the leader's
	// newest is the last record that is visible. It changes while publishing is held exclusively.
	newest atomic.Uint64
	// moment counts how often something became visible.
	moment atomic.Uint64
	// happening is the moment of the last writer whose effects have begun.
	happening atomic.Uint64
	// dbs are the numbers of databases that a View sees. They change while publishing is held exclusively.
	dbs atomic.Pointer[numbering]
	// shown is the time of the newest record, or of what needed none.
	shown atomic.Int64
	// effects is closed when what the newest record has led to has happened. See lead.
	effects atomic.Pointer[chan struct{}]
	// publishing is held exclusively while layers of several shards become visible, and shared while they are pinned.
	publishing sync.RWMutex
	// bases is held exclusively while a transaction commits on several bases, and shared while a View takes snapshots.
	bases sync.RWMutex
	// unhappened is what Views wait for with Always.
	unhappened unhappened
	// staging is held by the one transaction that is being staged: it has readers of the files for as long as it takes.
	staging sync.Mutex
}

func newOrder(log *wal.Log, shards int, nowMillis func() int64) *Order {
	if nowMillis == nil {
		nowMillis = func() int64 { return time.Now().UnixMilli() }
	}
	o := &Order{log: log, shards: make([]*Shard, shards), clock: clock{read: nowMillis}}
	o.group = newGroup(o)
	o.dbs.Store(&numbering{})
	none := make(chan struct{})
	close(none)
	o.effects.Store(&none)
	o.pending = &none
	return o
}

// careful reports whether a record must be synced before its writer, or a reader that has seen it, gets a reply.
func (o *Order) careful() bool { return SyncMode(o.mode.Load()) == Always }

// Happening is the Moment of the last job whose After has begun, of those that had a turn.
func (o *Order) Happening() uint64 { return o.happening.Load() }

// shardOf is the shard where a key is looked for.
func (o *Order) shardOf(name []byte) int {
	if len(o.shards) == 1 {
		return 0
	}
	return int(store.Slot(name)) * len(o.shards) >> store.SlotBits
}

// reach adds the shards of a scope to a set by shard.
func (o *Order) reach(set []bool, s *store.Scope) {
	for _, k := range s.Keys {
		set[o.shardOf(k.Name)] = true
	}
	for i := range set {
		set[i] = set[i] || s.All
	}
}

// Update runs fn in the next group.
func (o *Order) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return o.update(ctx, s, nil, fn)
}

// updateOf is an Update that sees one shard alone.
func (o *Order) updateOf(ctx context.Context, s *Shard, scope store.Scope, fn func(store.Tx) error) error {
	return o.update(ctx, scope, s, func(tx store.Tx) error {
		tx.(*Tx).only = s
		return fn(tx)
	})
}

func (o *Order) update(ctx context.Context, s store.Scope, only *Shard, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := o.line.ticket()
	defer o.line.giveBack(t)
	t.own = store.Job{Scope: s, Write: true, Fn: fn}
	t.ones[0] = &t.own
	o.write(t, t.ones[:], only)
	return t.own.Err
}

// Batch runs jobs in order: in one group if one of them writes, else in one View. What has run in a View leaves nothing
// behind, so all of it runs again if one must write after all: none sees less than those before it.
func (o *Order) Batch(ctx context.Context, jobs []*store.Job) {
	if err := ctx.Err(); err != nil {
		fail(jobs, err)
		return
	}
	if !anyWrites(jobs) && o.viewAll(ctx, jobs) {
		return
	}
	for _, j := range jobs {
		j.Write = j.Write || j.May
	}
	t := o.line.ticket()
	defer o.line.giveBack(t)
	o.write(t, jobs, nil)
}

// write waits for room before it takes a place in the queue of writers, so that no other writer waits behind it.
func (o *Order) write(t *ticket, jobs []*store.Job, only *Shard) {
	if o.closed.Load() || only != nil && only.isClosed() {
		fail(jobs, store.ErrClosed)
		return
	}
	if err := o.waitForRoom(jobs, only); err != nil {
		fail(jobs, err)
		return
	}
	t.jobs = jobs
	o.run(t)
}

func (o *Order) waitForRoom(jobs []*store.Job, only *Shard) error {
	if only != nil {
		_, err := only.waitForRoom()
		return err
	}
	set := make([]bool, len(o.shards))
	for _, j := range jobs {
		o.reach(set, &j.Scope)
		if j.Write && len(j.Scope.Keys) == 0 { // what it writes nobody knows
			o.reach(set, &store.Scope{All: true})
		}
	}
	for i, touched := range set {
		if !touched {
			continue
		}
		if _, err := o.shards[i].waitForRoom(); err != nil {
			return err
		}
	}
	return nil
}

// Close settles what every shard holds. The log is closed by the Engine.
func (o *Order) Close() error {
	if o.closed.Swap(true) {
		return nil
	}
	var errs []error
	for _, s := range o.shards {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// clock is the time of transactions: it never goes back, and while a group runs it stands still for
// readers, or one of them would see a key expire that the group then persists. For any goroutine.
type clock struct {
	read   func() int64
	latest atomic.Int64
	group  atomic.Int64 // Now of the group that runs; 0 without one, -1 while it is being fixed
}

// now reads the clock, but never answers less than before.
func (c *clock) now() int64 {
	now := c.read()
	for {
		last := c.latest.Load()
		if now <= last {
			return last
		}
		if c.latest.CompareAndSwap(last, now) {
			return now
		}
	}
}

// begin fixes the time of a group. A View that has found no group has read the clock before.
func (c *clock) begin() int64 {
	c.group.Store(-1)
	now := c.now()
	c.group.Store(now)
	return now
}

func (c *clock) end() { c.group.Store(0) }

// view is the time of a View, and never later than that of a group which is not visible yet when it is called.
func (c *clock) view() int64 {
	now := c.now()
	for {
		switch group := c.group.Load(); {
		case group == 0:
			return now
		case group > 0:
			return min(now, group)
		}
		runtime.Gosched() // the leader is about to say it
	}
}
