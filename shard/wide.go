package shard

import (
	"context"
	"errors"
	"slices"

	"larder/store"
)

// reach is the part of a transaction that each shard has.
type reach struct {
	fanout *Fanout
	shards []int // ascending
	scopes []store.Scope
	all    bool
}

func (f *Fanout) reach(s store.Scope) reach {
	r := reach{fanout: f, all: s.All}
	keys := make([][]store.Key, len(f.lanes))
	for _, k := range s.Keys {
		i := f.shardOf(k.Name)
		keys[i] = append(keys[i], k)
	}
	for i := range f.lanes {
		if s.All || len(keys[i]) > 0 {
			r.shards = append(r.shards, i)
			r.scopes = append(r.scopes, store.Scope{Keys: keys[i], All: s.All})
		}
	}
	return r
}

func (r *reach) lane(level int) *lane { return r.fanout.lanes[r.shards[level]] }

// enter takes the gates of all shards; the answer lets them go.
func (r *reach) enter(exclusive bool) (leave func()) {
	for _, i := range r.shards {
		if gate := &r.fanout.lanes[i].gate; exclusive {
			gate.Lock()
		} else {
			gate.RLock()
		}
	}
	return func() {
		for _, i := range r.shards {
			if gate := &r.fanout.lanes[i].gate; exclusive {
				gate.Unlock()
			} else {
				gate.RUnlock()
			}
		}
	}
}

// patience is how often a View tries to take its snapshots without keeping Updates out.
const patience = 3

// attempts is how often an Update too large to be recorded is begun.
const attempts = 5

// wideView is one attempt at a View over several shards. One goroutine at a time uses it.
type wideView struct {
	reach
	fn func(store.Tx) error
	tx *wideTx

	exclusive bool // the gates are held exclusively
	firm      bool // the gates are held until the end
	acked     []uint64
	leave     func()
	again     bool // an engine entered again after the gates were let go
}

func (f *Fanout) viewMany(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	r := f.reach(s)
	firm := false
	for attempt := 0; ; attempt++ {
		v := &wideView{reach: r, fn: fn, firm: firm, exclusive: firm || attempt >= patience}
		err := v.run(ctx)
		if !errors.Is(err, errAgain) {
			return err
		}
		firm = firm || v.again
	}
}

func (v *wideView) run(ctx context.Context) error {
	v.leave = v.enter(v.exclusive)
	defer v.release()
	if err := ctx.Err(); err != nil {
		return err
	}
	for level := range v.shards {
		v.acked = append(v.acked, v.lane(level).acked.Load())
	}
	v.tx = newWideTx(&v.reach)
	return v.descend(ctx, 0)
}

func (v *wideView) release() {
	if v.leave != nil {
		v.leave()
		v.leave = nil
	}
}

func (v *wideView) descend(ctx context.Context, level int) error {
	if level == len(v.shards) {
		return v.look()
	}
	return v.lane(level).engine.View(ctx, v.scopes[level], func(tx store.Tx) error {
		if v.leave == nil {
			v.again = true
			return errAgain
		}
		v.tx.set(v.shards[level], tx)
		return v.descend(ctx, level+1)
	})
}

// look runs fn when all snapshots are taken.
func (v *wideView) look() error {
	for level, n := range v.acked {
		if v.lane(level).acked.Load() != n && !v.exclusive {
			return errAgain
		}
	}
	if !v.firm {
		v.release()
	}
	v.tx.begin()
	return v.fn(v.tx)
}

// wideUpdate is an Update over several shards. One goroutine at a time uses it.
type wideUpdate struct {
	reach
	fn func(store.Tx) error
	tx *wideTx

	ran       bool // fn has run: from now on its record stands for it
	err       error
	committed []bool // by level
}

func (f *Fanout) updateMany(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	r := f.reach(s)
	if j, ok := r.lane(0).engine.(store.Joiner); ok {
		return r.join(ctx, j, s, fn)
	}
	for range attempts {
		u := &wideUpdate{reach: r, fn: fn}
		if err := u.run(ctx); !errors.Is(err, errAgain) {
			return err
		}
	}
	return &store.Error{Message: "a large transaction over several shards could not be finished in one run"}
}

// join leaves it to the engines to commit together. They are not told the scope, so it is held here;
// and they may run fn again as often as they like, because nothing is stored before the end.
func (r *reach) join(ctx context.Context, j store.Joiner, s store.Scope, fn func(store.Tx) error) error {
	defer r.enter(true)()
	if err := ctx.Err(); err != nil {
		return err
	}
	peers := make([]store.Engine, len(r.shards))
	for level := range peers {
		peers[level] = r.lane(level).engine
	}
	return j.Join(ctx, peers, func(txs []store.Tx) error {
		t := newWideTx(r)
		for level, tx := range txs {
			t.set(r.shards[level], tx)
		}
		t.confine(s)
		t.begin()
		return fn(t)
	})
}

func (u *wideUpdate) run(ctx context.Context) error {
	defer u.enter(true)()
	if err := ctx.Err(); err != nil {
		return err
	}
	u.tx = newWideTx(&u.reach)
	u.tx.record = newRecord(len(u.fanout.lanes))
	u.committed = make([]bool, len(u.shards))
	err := u.descend(context.WithoutCancel(ctx), 0)
	if err != nil && u.halfway() {
		return cutShort(err)
	}
	return err
}

// halfway reports whether some shards have committed.
func (u *wideUpdate) halfway() bool {
	return slices.Contains(u.committed, true)
}

// cutShort keeps the code, so that a full disk is still called that.
func cutShort(err error) error {
	code := store.CodeInternal
	var cause *store.Error
	if errors.As(err, &cause) {
		code = cause.Code
	}
	return &store.Error{Code: code, Message: "a transaction over several shards was cut short, some of it is stored", Err: err}
}

// descend opens the transactions from level on, inside those before it, and runs fn in the innermost.
func (u *wideUpdate) descend(ctx context.Context, level int) error {
	if level == len(u.shards) {
		u.tx.begin()
		u.err = u.fn(u.tx)
		u.ran = true
		return u.err
	}
	err := u.lane(level).engine.Update(ctx, u.scopes[level], func(tx store.Tx) error {
		if u.ran {
			return u.again(level, tx)
		}
		u.tx.set(u.shards[level], tx)
		return u.descend(ctx, level+1)
	})
	u.committed[level] = err == nil
	if err != nil && u.err == nil {
		u.err = err
	}
	return err
}

// again serves an engine that runs its part once more after fn has run.
func (u *wideUpdate) again(level int, tx store.Tx) error {
	if u.err != nil {
		return u.err
	}
	if u.tx.record.overflown {
		if u.halfway() {
			return &store.Error{Message: "the record of a large transaction over several shards was not kept"}
		}
		return errAgain
	}
	return u.tx.record.replay(u.shards[level], tx)
}
