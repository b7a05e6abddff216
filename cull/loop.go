// Package cull does a store's background work: it removes keys whose time has passed, sweeps what nothing refers to
// any more, syncs each second where that was promised, and moves write-ahead logs into their databases before they
// grow large.
//
// It knows an engine by the optional interfaces of package store only, and leaves out what an
// engine does not have. Work comes in small steps under a budget of time, because every step
// keeps a writer busy that requests wait for.
package cull

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"larder/store"
)

// Options say how much a Loop does, and when. The zero value of a field stands for its default.
type Options struct {
	// Tick is the time between two cycles, 100 ms by default: Redis's hz of 10.
	Tick time.Duration
	// Budget is the time a cycle may expire keys, and counted from its beginning sweep: a quarter of a tick by default,
	// and twice that for what the cycle before has left. A step that has begun is finished, so a cycle can last
	// longer by one step.
	Budget time.Duration
	// Keys is how many keys a step expires, 64 by default.
	Keys int
	// Rows is about how many rows a step sweeps over all shards, 512 by default.
	Rows int
	// SyncEvery is the time between two syncs while they are on, one second by default.
	SyncEvery time.Duration
	// CheckpointBytes is the size of a shard's write-ahead log from which on it is checkpointed, 16 MiB
	// by default, and CheckpointAge the time after which a smaller one is, a minute by default.
	CheckpointBytes int64
	CheckpointAge   time.Duration
	// Through is the engine expiry goes through, if not the one that is kept up: one that tells
	// listeners about expired keys.
	Through store.Engine
	// Served tells how many commands clients have been served so far; nil if that is not counted. While there are
	// hardly any, expiry may take most of a tick.
	Served func() int64
	// Report hears of errors, from the loop's goroutines. The loop goes on after them.
	Report func(chore string, err error)
	// Now is the time budgets and intervals are measured by; time.Now by default. Keys expire by the engine's
	// own clock.
	Now func() time.Time
}

// Stats counts what a Loop did since it was made. Any goroutine may read it.
type Stats struct {
	Expired     atomic.Int64 // keys removed
	Cycles      atomic.Int64
	CapReached  atomic.Int64 // cycles whose time was over before all expired keys were removed
	Busy        atomic.Int64 // time cycles spent on expiry, in nanoseconds
	Sweeps      atomic.Int64 // sweeping steps that had something to do
	Syncs       atomic.Int64
	Checkpoints atomic.Int64
	Failures    atomic.Int64 // chores that returned an error
}

// Loop works in the background between Start and Stop. Its methods may be called from any
// goroutine, but Cycle and Disk only from one each.
type Loop struct {
	engine store.Engine
	o      Options
	stats  Stats

	idle    atomic.Bool // active expiry is off
	syncing atomic.Bool
	full    atomic.Bool // a chore found no space: a checkpoint is due

	lastSync, lastCheckpoint time.Time // Disk's own
	sights                   []sight   // Disk's own: see resting
	looks                    int       // Disk's own: how often it has seen the same
	restUntil                time.Time // Cycle's own: sweeping has failed
	behind                   bool      // Cycle's own: the last one had more to sweep than time
	late                     bool      // Cycle's own: the last one had more to expire than time
	servedBefore             int64     // Cycle's own: Served at the last one

	stop context.CancelFunc
	done sync.WaitGroup
}

// New makes a loop that keeps up e. It does nothing yet; active expiry is on, syncing is off.
func New(e store.Engine, o Options) *Loop {
	o.Tick = or(o.Tick, 100*time.Millisecond)
	o.Budget = or(o.Budget, o.Tick/4)
	o.Keys = or(o.Keys, 64)
	o.Rows = or(o.Rows, 512)
	o.SyncEvery = or(o.SyncEvery, time.Second)
	o.CheckpointBytes = or(o.CheckpointBytes, 16<<20)
	o.CheckpointAge = or(o.CheckpointAge, time.Minute)
	if o.Through == nil {
		o.Through = e
	}
	if o.Report == nil {
		o.Report = func(string, error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Loop{engine: e, o: o, lastSync: o.Now(), lastCheckpoint: o.Now()}
}

func or[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// SetActive turns active expiry on or off, DEBUG SET-ACTIVE-EXPIRE. Keys then vanish when they are looked at.
func (l *Loop) SetActive(on bool) { l.idle.Store(!on) }

// SetSyncing turns the regular sync on or off: it belongs to appendfsync everysec.
func (l *Loop) SetSyncing(on bool) { l.syncing.Store(on) }

// Stats are the loop's counters.
func (l *Loop) Stats() *Stats { return &l.stats }

// Start begins to work on two goroutines, so that a slow disk does not hold up expiry. It is called
// once.
func (l *Loop) Start() {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.done.Go(func() { l.every(ctx, l.Cycle) })
	l.done.Go(func() { l.every(ctx, l.Disk) })
}

// Stop ends the work and waits for the step in progress. It does not sync.
func (l *Loop) Stop() {
	if l.stop != nil {
		l.stop()
	}
	l.done.Wait()
}

func (l *Loop) every(ctx context.Context, chore func(context.Context)) {
	tick := time.NewTicker(l.o.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			chore(ctx)
		}
	}
}

// failed counts and reports an error, but not one that Stop brought about.
func (l *Loop) failed(ctx context.Context, chore string, err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, &store.Error{Code: store.CodeFull}) {
		l.full.Store(true)
	}
	if ctx.Err() == nil {
		l.stats.Failures.Add(1)
		l.o.Report(chore, err)
	}
	return true
}
