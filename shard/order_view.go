package shard

import (
	"context"
	"slices"
	"time"

	"larder/store"
	"larder/store/memtable"
)

// view is one moment of the shards of a scope. It belongs to its goroutine.
type view struct {
	order   *Order
	shards  []bool // that the scope needs
	readers []store.Reader
	pinned  []*memtable.Stack
	tops    []store.BaseTx
	newest  uint64 // the last record that it may see
	moment  uint64 // see Order
	effects *chan struct{}
	dbs     numbering
	tx      Tx
	one     store.Job
	ones    [1]*store.Job
	// beyond says that the present job needs a shard that the scope does not tell: where a renamed key's items are.
	beyond bool
	// careful is of a View that waits for what it has read, with Always: its prints are read, unless it has read too
	// much, which is all.
	careful, all bool
	read         []uint64
	noting       []noting // by shard
}

// readMost is how many keys and ids a View notes.
const readMost = 256

func (v *view) note(print uint64) {
	if v.all = v.all || len(v.read) == readMost; !v.all {
		v.read = append(v.read, print)
	}
}

func (v *view) expiring(int64) {}

func (v *view) whole() error {
	v.all = true
	return nil
}

// View reads the layers over snapshots of the files, all as they were at one position of the log.
func (o *Order) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	v := o.view()
	o.reach(v.shards, &s)
	return v.runOne(ctx, s, nil, fn)
}

// viewOf is a View that sees the keys of one shard alone.
func (o *Order) viewOf(ctx context.Context, s *Shard, scope store.Scope, fn func(store.Tx) error) error {
	v := o.view()
	v.shards[s.index] = true
	return v.runOne(ctx, scope, s, fn)
}

// runOne runs fn and gives the view back.
func (v *view) runOne(ctx context.Context, s store.Scope, only *Shard, fn func(store.Tx) error) error {
	defer v.order.views.Put(v)
	v.one = store.Job{Scope: s, Fn: fn}
	v.ones[0] = &v.one
	v.runAll(ctx, v.ones[:], only)
	v.await()
	v.one.Fn = nil
	return v.one.Err
}

// viewAll runs jobs that only read in one View; false if one of them must write, and nothing has happened.
func (o *Order) viewAll(ctx context.Context, jobs []*store.Job) (done bool) {
	v := o.view()
	defer o.views.Put(v)
	for _, j := range jobs {
		o.reach(v.shards, &j.Scope)
	}
	v.runAll(ctx, jobs, nil)
	if slices.ContainsFunc(jobs, (*store.Job).MustWrite) {
		v.effects = nil
		return false
	}
	v.await()
	for _, j := range jobs {
		if j.Err == nil && j.After != nil {
			j.After()
		}
	}
	return true
}

// runAll begins again, at a later moment, with a job that needs another shard.
func (v *view) runAll(ctx context.Context, jobs []*store.Job, only *Shard) {
	defer v.close()
	v.careful, v.all, v.read = v.order.careful(), false, v.read[:0]
	for len(jobs) > 0 {
		v.release()
		now, err := v.open(ctx)
		if err != nil {
			fail(jobs, err)
			return
		}
		jobs = v.run(jobs, only, now)
	}
}

// run returns the jobs from the one on that needs another shard.
func (v *view) run(jobs []*store.Job, only *Shard, nowMillis int64) []*store.Job {
	for i, j := range jobs {
		v.tx.begin(v.order, v, v.dbs, time.UnixMilli(nowMillis), &j.Scope, false)
		v.tx.only, v.beyond = only, false
		if j.Err, j.Moment = j.Fn(&v.tx), v.moment; v.beyond {
			return jobs[i:]
		}
	}
	return nil
}

func (v *view) void() bool { return v.beyond }

func (o *Order) view() *view {
	if v, ok := o.views.Get().(*view); ok {
		return v
	}
	n := len(o.shards)
	return &view{order: o, shards: make([]bool, n), readers: make([]store.Reader, n), pinned: make([]*memtable.Stack, n),
		tops: make([]store.BaseTx, n), noting: make([]noting, n)}
}

// open takes the readers, which may take time, and then fixes the moment.
func (v *view) open(ctx context.Context) (nowMillis int64, err error) {
	if v.order.closed.Load() {
		return 0, store.ErrClosed
	}
	for i, needed := range v.shards {
		if !needed {
			continue
		}
		if v.readers[i], err = v.order.shards[i].base.Reader(ctx); err != nil {
			return 0, err
		}
	}
	for err = memtable.ErrMoved; err == memtable.ErrMoved; {
		nowMillis, err = v.fix()
	}
	return nowMillis, err
}

// fix pins the layers of all shards between two publications and takes the files' snapshots. A snapshot of a
// file that has settled in between may be newer than the layers: errMoved.
func (v *view) fix() (nowMillis int64, err error) {
	o := v.order
	o.bases.RLock()
	defer o.bases.RUnlock()
	v.unpin()
	nowMillis = o.clock.view()
	o.publishing.RLock()
	for i, needed := range v.shards {
		if needed && err == nil {
			v.pinned[i], err = o.shards[i].pin()
		}
	}
	nowMillis = max(nowMillis, o.shown.Load()) // for a group may have come and gone since the clock was read
	v.newest, v.moment, v.effects, v.dbs = o.newest.Load(), o.moment.Load(), o.effects.Load(), o.numbering()
	o.publishing.RUnlock()
	for i, g := range v.pinned {
		if g == nil || err != nil {
			continue
		}
		var low store.BaseTx
		if low, err = v.readers[i].Begin(nowMillis); err == nil {
			v.tops[i], err = g.Over(low, o.shards[i].base.Hash, v.newest)
		}
		if v.careful {
			v.noting[i] = noting{BaseTx: v.tops[i], to: v, shard: i}
			v.tops[i] = &v.noting[i]
		}
	}
	return nowMillis, err
}

func (v *view) unpin() {
	for i, g := range v.pinned {
		if g != nil {
			g.Unpin()
			v.pinned[i] = nil
		}
	}
}

// await keeps a reply back until all has happened that the writes which the View has seen have led to: with Always
// those that it has read, whose records are synced then, or a power cut could belie the reply. The View holds no reader
// any more.
func (v *view) await() {
	if v.effects == nil {
		return
	}
	if effects := *v.effects; !v.careful {
		<-effects
	} else if last := v.last(effects); last != nil {
		v.order.log.AwaitSync(last.lsn)
		<-last.happened
	}
	v.effects = nil
}

// last is the newest deed that the View has read and that may not have happened yet, nil if there is none.
func (v *view) last(effects <-chan struct{}) *deed {
	newest := &deed{v.newest, effects}
	u := &v.order.unhappened
	since := u.since.Load()
	if v.all || since == 0 || v.newest < since {
		return newest
	}
	v.order.log.AwaitSync(since - 1)
	if last := u.newest(v.read); last == nil || last.lsn <= v.newest {
		return last
	}
	return newest // who has written it since may not be the last who had
}

func (v *view) close() {
	v.release()
	clear(v.shards)
}

func (v *view) release() {
	v.unpin()
	for i, r := range v.readers {
		if r != nil {
			_ = r.Close() // the read that met an error has answered it
		}
		v.readers[i], v.tops[i], v.noting[i] = nil, nil, noting{}
	}
}

// at is a shard as the View sees it. One that the scope does not tell, since only a head says where the items are, has
// the job begin again.
func (v *view) at(shard int) (store.BaseTx, error) {
	if v.tops[shard] == nil {
		v.shards[shard], v.beyond = true, true
		return nil, store.ErrAgain
	}
	return v.tops[shard], nil
}
