package resp

import (
	"context"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/store"
)

// Budget keeps the data within `maxmemory`. For any goroutine.
type Budget interface {
	// Limited reports whether there is a limit at all; every command asks.
	Limited() bool
	// Tight reports whether so many bytes more would pass it.
	Tight(need int64) bool
	// Admit makes room for a write and reserves it until Release; false means that there is none.
	Admit(ctx context.Context, need int64) bool
	Release(need int64)
	// Spent reports whether there is no room for so many bytes, nor any to be made. It waits for nobody.
	Spent(need int64) bool
	// Used is the bytes of data.
	Used() int64
	// Evictions tells what INFO shows: keys evicted, and how long the limit was passed since the
	// start, and is now.
	Evictions() (keys int64, total, current time.Duration)
	// CullTime is what evicting has taken since the start.
	CullTime() time.Duration
}

// boundless is the budget of a server without one.
type boundless struct{}

func (boundless) Limited() bool                                    { return false }
func (boundless) Tight(int64) bool                                 { return false }
func (boundless) Admit(context.Context, int64) bool                { return true }
func (boundless) Release(int64)                                    {}
func (boundless) Spent(int64) bool                                 { return false }
func (boundless) Used() int64                                      { return 0 }
func (boundless) Evictions() (int64, time.Duration, time.Duration) { return 0, 0, 0 }
func (boundless) CullTime() time.Duration                          { return 0 }

// outOfMemory is Redis's refusal.
const outOfMemory = "OOM command not allowed when used memory > 'maxmemory'."

// leastRoom is what a command that makes a key adds at least. Data that leaves less is over its limit, as Redis, which
// counts what the process takes, is over a limit of a few bytes before there are any.
const leastRoom = store.KeyMin

// fit refuses a command for which there is no room. One that writes reserves what it may add at
// most by its arguments, or for EXEC those of the queue.
func (s *session) fit(e *execution) {
	need, deny := s.demand(e)
	scripts := s.scripts(e)
	if !deny && scripts == nil {
		return
	}
	if s.admit(e, need, scripts) || !deny { // who is not refused learns from its script that there is no room
		return
	}
	e.refused, e.reply = true, reply.Fail(outOfMemory)
	if e.Spec.Name == "EXEC" {
		s.abort(e)
	}
}

// reserve makes room for a command and reserves it. It reports false if there is none.
func (s *session) reserve(e *execution, need int64) bool {
	budget := s.server.budget
	if budget.Tight(need) {
		at := s.n
		s.flush() // what waits in the batch holds room, and may give some back
		s.batch[0], s.batch[at] = e, s.batch[0]
		need = max(need-s.server.replaced(&e.Call), 0)
	}
	if !budget.Admit(s.context(), need) {
		return false
	}
	e.room = need
	return true
}

// demand tells how much a command may add, and whether it must be refused without room for it. Inside
// MULTI all are but those that end it, as in Redis: a queue takes memory too.
func (s *session) demand(e *execution) (need int64, deny bool) {
	switch {
	case s.multi == nil:
		return e.demand()
	case e.Spec.Name == "EXEC":
		return s.multi.need, s.multi.deny
	}
	return leastRoom, e.Spec.Flags&(cmd.EndsMulti|cmd.NoMulti) == 0
}

// demand is what a command needs by itself. What a script may add only its commands know.
func (e *execution) demand() (need int64, deny bool) {
	switch {
	case !e.grows:
		return 0, false
	case e.scripted():
		return 0, true
	}
	return e.cost(), true
}

// cost is what the arguments of a command come to as data.
func (e *execution) cost() int64 { return costOf(e.Args, len(e.keys)) }

func costOf(args [][]byte, keys int) int64 {
	n := int64(keys) * leastRoom
	for _, a := range args[1:] {
		n += int64(len(a))
	}
	return n
}

// overwritten are the keys whose content a command gives back, as far as its row says that it does.
func overwritten(c *cmd.Call) (keys []store.Key) {
	for i := range c.Spec.Keys {
		flags := c.Spec.Keys[i].Flags
		if flags&cmd.KeyVariable != 0 && c.Spec.KeyUse != nil {
			flags = c.Spec.KeyUse(c.Args)
		}
		if flags&cmd.KeyOW != 0 {
			c.Spec.Keys[i].Each(c.Args, func(at int) { keys = append(keys, c.Key(at)) })
		}
	}
	return keys
}

// replaced is what a command gives back by overwriting its keys.
func (s *Server) replaced(c *cmd.Call) (bytes int64) {
	keys := overwritten(c)
	if len(keys) == 0 {
		return 0
	}
	err := s.engine.View(context.Background(), store.One(keys...), func(tx store.Tx) (err error) {
		bytes, err = weigh(tx, keys)
		return err
	})
	if err != nil {
		return 0
	}
	return bytes
}

// weigh adds up what keys hold.
func weigh(tx store.Tx, keys []store.Key) (bytes int64, err error) {
	heads, err := tx.Heads(nil, keys...)
	for i := range heads {
		bytes += heads[i].Bytes
	}
	return bytes, err
}

// leave gives back the room a command has taken.
func (e *execution) leave() {
	if e.room != 0 {
		e.track.server.budget.Release(e.room)
		e.room = 0
	}
}

// Uses is what the server has seen of the use of keys.
func (s *Server) Uses() *stat.Recency { return s.recency }

// Eviction is the engine that evictions must go through: it announces what they remove.
func (s *Server) Eviction() store.Engine { return &eviction{s.engine, s} }

// eviction is an engine for cull. For any goroutine.
type eviction struct {
	store.Engine
	server *Server
}

// Batch runs jobs and announces, after the commit, the keys they removed.
func (x *eviction) Batch(ctx context.Context, jobs []*store.Job) {
	runs := make([]evictionTx, len(jobs))
	wrapped := make([]*store.Job, len(jobs))
	for i, j := range jobs {
		wrapped[i] = &store.Job{Scope: j.Scope, Write: j.Write, Fn: func(tx store.Tx) error {
			paused := x.server.pause.Active()
			runs[i] = evictionTx{expiryTx: expiryTx{Tx: tx, paused: paused}, server: x.server}
			return j.Fn(&runs[i])
		}, After: func() {
			x.server.expired(runs[i].expired)
			x.server.evicted(runs[i].evicted)
		}}
	}
	store.Batch(ctx, x.Engine, wrapped)
	for i, j := range jobs {
		if j.Err = wrapped[i].Err; j.Err == nil {
			x.server.waiters.Lost(runs[i].expired)
			x.server.waiters.Lost(runs[i].evicted)
		}
	}
}

// evictionTx remembers which keys it removed. It belongs to one run of a job.
type evictionTx struct {
	expiryTx
	server  *Server
	evicted []store.Key
}

// Drop removes keys as a client would, as far as those are concerned who watch them.
func (t *evictionTx) Drop(keys ...store.Key) (int, error) {
	total := 0
	if t.paused {
		return 0, nil
	}
	for _, k := range keys {
		n, err := t.Tx.Drop(k)
		if err != nil {
			return total, err
		}
		if n > 0 {
			t.server.watches.Touch(k)
			t.evicted = append(t.evicted, k)
		}
		total += n
	}
	return total, nil
}

func (s *Server) evicted(keys []store.Key) {
	heard := s.heard()
	for _, k := range keys {
		s.cache.counts.Evicted(k.DB)
		s.caches.Invalidate(nil, []string{string(k.Name)})
		if heard.Has('e') {
			s.announce(cmd.Notice{Event: "evicted", DB: k.DB, Name: string(k.Name)})
		}
	}
}

// dataBytes is the bytes of all keys, exactly. They are counted at every write, but for keys that were overwritten blindly:
// without a limit what they replaced is looked up here.
func (s *Server) dataBytes(estimate int64) int64 {
	if s.budget.Limited() {
		return s.budget.Used()
	}
	if g, ok := s.engine.(store.Gauge); ok {
		if f := g.Fill(); f.Blind == 0 {
			return f.Data
		}
	}
	k, ok := s.engine.(store.Keyspacer)
	if !ok {
		return estimate
	}
	spaces, err := k.Keyspaces(context.Background())
	if err != nil {
		return estimate
	}
	sum := int64(0)
	for _, space := range spaces {
		sum += space.Bytes
	}
	return sum
}

// peak is the most that INFO has seen. For any goroutine.
type peak struct{ atomic.Int64 }

func (p *peak) note(n int64) int64 {
	for {
		most := p.Load()
		if n <= most || p.CompareAndSwap(most, n) {
			return max(n, most)
		}
	}
}
