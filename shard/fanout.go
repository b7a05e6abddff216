package shard

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"larder/store"
)

// Fanout is a store.Engine made of others. It may be used by many goroutines.
type Fanout struct {
	lanes []*lane
	// turn rotates the shard that upkeep begins with.
	turn atomic.Uint32
}

// lane is one shard: its engine and its gate. Any goroutine may use it.
type lane struct {
	engine store.Engine
	gate   sync.RWMutex
	acked  atomic.Uint64 // Updates on this shard alone that have returned
	_      [64]byte      // lanes are written by different cores
}

// New makes one engine of several; their order is part of the data. They should tell the time by one
// clock that never goes back, see Steady.
func New(engines []store.Engine) *Fanout {
	f := &Fanout{lanes: make([]*lane, len(engines))}
	for i, e := range engines {
		f.lanes[i] = &lane{engine: e}
	}
	return f
}

// Steady returns a clock in Unix milliseconds that follows base but never goes back, for all
// engines of a fanout: a transaction on one shard must not be earlier than one before it on another.
func Steady(base func() int64) func() int64 {
	var latest atomic.Int64
	return func() int64 {
		now := base()
		for {
			last := latest.Load()
			if now <= last {
				return last
			}
			if latest.CompareAndSwap(last, now) {
				return now
			}
		}
	}
}

// errAgain unwinds nested Views that must begin anew.
var errAgain = errors.New("shard: snapshots do not fit together")

func (f *Fanout) shardOf(name []byte) int {
	return int(store.Slot(name)) * len(f.lanes) >> 14
}

// only returns the shard of a scope that needs just one.
func (f *Fanout) only(s store.Scope) (*lane, bool) {
	at, ok := f.home(s)
	if !ok {
		return nil, false
	}
	return f.lanes[at], true
}

// home is the number of that shard.
func (f *Fanout) home(s store.Scope) (at int, ok bool) {
	if len(f.lanes) == 1 || len(s.Keys) == 0 && !s.All {
		return 0, true
	}
	if s.All {
		return 0, false
	}
	first := f.shardOf(s.Keys[0].Name)
	for _, k := range s.Keys[1:] {
		if f.shardOf(k.Name) != first {
			return 0, false
		}
	}
	return first, true
}

// View takes a snapshot of the shards its scope names.
func (f *Fanout) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if l, ok := f.only(s); ok {
		return l.view(ctx, s, fn)
	}
	return f.viewMany(ctx, s, fn)
}

// Update runs on the shards its scope names.
func (f *Fanout) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if l, ok := f.only(s); ok {
		return l.update(ctx, s, fn)
	}
	return f.updateMany(ctx, s, fn)
}

func (l *lane) update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	l.gate.RLock()
	defer l.gate.RUnlock()
	err := l.engine.Update(ctx, s, fn)
	l.acked.Add(1)
	return err
}

// view lets the gate go as soon as fn is entered: a long reply must not keep out the
// Updates over several shards, and with them everybody who comes after.
func (l *lane) view(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	g := glimpse{lane: l, fn: fn}
	if err := g.run(ctx, s); !g.stale {
		return err
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	return l.engine.View(ctx, s, fn)
}

// glimpse is a View that holds the gate until fn is entered. One goroutine at a time uses it.
type glimpse struct {
	lane    *lane
	fn      func(store.Tx) error
	entered bool
	stale   bool
}

func (g *glimpse) run(ctx context.Context, s store.Scope) error {
	g.lane.gate.RLock()
	defer func() {
		if !g.entered {
			g.lane.gate.RUnlock()
		}
	}()
	return g.lane.engine.View(ctx, s, g.enter)
}

func (g *glimpse) enter(tx store.Tx) error {
	if g.entered {
		g.stale = true
		return errAgain
	}
	g.entered = true
	g.lane.gate.RUnlock()
	return g.fn(tx)
}

// Close closes every engine, whatever the others say.
func (f *Fanout) Close() error {
	var errs []error
	for _, l := range f.lanes {
		errs = append(errs, l.engine.Close())
	}
	return errors.Join(errs...)
}
