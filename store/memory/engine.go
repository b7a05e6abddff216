// Package memory is the reference engine: everything in ordered trees, nothing clever, so that
// it is right by looking at it. Tests of data types and commands run on it, and other engines
// are compared with it.
//
// A transaction works on a copy of the whole state, made in O(1) because the trees copy
// on write; an Update publishes its copy if fn succeeds and forgets it if not. Views read
// what was published when they began and never wait.
//
// It is strict where other engines may be lenient, so that mistakes show in tests: slices
// lent to fn are overwritten when they stop being valid, ids must come from the same
// transaction, and two heads cannot name one id.
package memory

import (
	"context"
	"hash/maphash"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"larder/store"
)

// Engine keeps everything in memory. It may be used by many goroutines; Updates run one
// after the other.
type Engine struct {
	clock  func() int64
	hash   func([]byte) uint64
	base   bool // see AsBase
	reruns int

	latest  atomic.Int64 // the largest Now given out, in Unix milliseconds
	write   sync.Mutex   // held by the one Update in progress
	current atomic.Pointer[state]
	closed  atomic.Bool
}

// Option changes how an Engine is made.
type Option func(*Engine)

// WithClock makes the engine tell the time by now, in Unix milliseconds.
func WithClock(now func() int64) Option { return func(e *Engine) { e.clock = now } }

// AsBase makes the engine fit to be a Base of package shard, which knows of ids that the engine
// did not give out or that it meets in another order: what is checked of ids is left out.
func AsBase() Option { return func(e *Engine) { e.base = true } }

// WithReruns makes every transaction run fn n times more than needed, each on a state that is then
// forgotten: what fn leaves outside its transaction shows.
func WithReruns(n int) Option { return func(e *Engine) { e.reruns = n } }

// New returns an empty engine.
func New(opts ...Option) *Engine {
	seed := maphash.MakeSeed()
	e := &Engine{
		clock: func() int64 { return time.Now().UnixMilli() },
		hash:  func(b []byte) uint64 { return maphash.Bytes(seed, b) >> (64 - store.HashBits) },
	}
	for _, o := range opts {
		o(e)
	}
	e.current.Store(newState())
	return e
}

// now reads the clock, but never answers less than before.
func (e *Engine) now() int64 {
	now := e.clock()
	for {
		last := e.latest.Load()
		if now <= last {
			return last
		}
		if e.latest.CompareAndSwap(last, now) {
			return now
		}
	}
}

func (e *Engine) usable(ctx context.Context) error {
	if e.closed.Load() {
		return store.ErrClosed
	}
	return ctx.Err()
}

// View runs fn on the state last published.
func (e *Engine) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if err := e.usable(ctx); err != nil {
		return err
	}
	now, st := e.now(), e.current.Load()
	for range e.reruns {
		_ = e.attempt(st, now, s, false, fn)
	}
	return e.attempt(st, now, s, false, fn)
}

// Update runs fn on a copy of the state and publishes it if fn succeeds.
func (e *Engine) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.usable(ctx); err != nil {
		return err
	}
	now := e.now()
	for range e.reruns {
		_ = e.attempt(e.current.Load().copy(), now, s, true, fn)
	}
	next := e.current.Load().copy()
	if err := e.attempt(next, now, s, true, fn); err != nil {
		return err
	}
	e.current.Store(next)
	return nil
}

func (e *Engine) attempt(st *state, now int64, s store.Scope, write bool, fn func(store.Tx) error) error {
	t := newTx(e, st, now, s, write)
	defer t.end()
	return fn(t)
}

// Close makes every later transaction fail with ErrClosed. It waits for an Update in progress.
func (e *Engine) Close() error {
	e.write.Lock()
	defer e.write.Unlock()
	if e.closed.Swap(true) {
		return store.ErrClosed
	}
	return nil
}

// change runs upkeep that is not a transaction on a copy of the state and publishes it.
func (e *Engine) change(ctx context.Context, fn func(*state)) error {
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.usable(ctx); err != nil {
		return err
	}
	next := e.current.Load().copy()
	fn(next)
	e.current.Store(next)
	return nil
}

func (s *state) copy() *state {
	c := *s
	c.spaces = maps.Clone(s.spaces)
	c.heads, c.items, c.scores = s.heads.Copy(), s.items.Copy(), s.scores.Copy()
	c.owned, c.orphans = s.owned.Copy(), s.orphans.Copy()
	return &c
}
