package shard

import (
	"context"
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
	tx      Tx
}

// View reads the layers over snapshots of the files, all as they were at one position of the log.
func (o *Order) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	v := o.view()
	defer o.views.Put(v)
	defer v.await()
	defer v.close()
	o.reach(v.shards, &s)
	now, err := v.open(ctx)
	if err != nil {
		return err
	}
	v.tx.begin(o, v, time.UnixMilli(now), &s, false)
	return fn(&v.tx)
}

// viewOf is a View that sees one shard alone.
func (o *Order) viewOf(ctx context.Context, s *Shard, scope store.Scope, fn func(store.Tx) error) error {
	v := o.view()
	defer o.views.Put(v)
	defer v.await()
	defer v.close()
	v.shards[s.index] = true
	now, err := v.open(ctx)
	if err != nil {
		return err
	}
	v.tx.begin(o, v, time.UnixMilli(now), &scope, false)
	v.tx.only = s
	return fn(&v.tx)
}

// viewAll runs jobs that only read in one View.
func (o *Order) viewAll(ctx context.Context, jobs []*store.Job) {
	v := o.view()
	defer o.views.Put(v)
	v.runAll(ctx, jobs)
	v.await()
	for _, j := range jobs {
		if j.Err == nil && j.After != nil {
			j.After()
		}
	}
}

func (v *view) runAll(ctx context.Context, jobs []*store.Job) {
	defer v.close()
	for _, j := range jobs {
		v.order.reach(v.shards, &j.Scope)
	}
	now, err := v.open(ctx)
	if err != nil {
		fail(jobs, err)
		return
	}
	for _, j := range jobs {
		v.tx.begin(v.order, v, time.UnixMilli(now), &j.Scope, false)
		j.Err, j.Moment = j.Fn(&v.tx), v.moment
	}
}

func (o *Order) view() *view {
	if v, ok := o.views.Get().(*view); ok {
		return v
	}
	n := len(o.shards)
	return &view{order: o, shards: make([]bool, n), readers: make([]store.Reader, n), pinned: make([]*memtable.Stack, n),
		tops: make([]store.BaseTx, n)}
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
	v.newest, v.moment, v.effects = o.newest.Load(), o.moment.Load(), o.effects.Load()
	o.publishing.RUnlock()
	for i, g := range v.pinned {
		if g == nil || err != nil {
			continue
		}
		var low store.BaseTx
		if low, err = v.readers[i].Begin(nowMillis); err == nil {
			v.tops[i], err = g.Over(low, o.shards[i].base.Hash, v.newest)
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

// await keeps a reply back until all has happened that the writes which the View has seen have led to, and, with Always,
// until they are synced: else a power cut could belie the reply. The View holds no reader any more.
func (v *view) await() {
	if v.effects == nil {
		return
	}
	if v.order.careful() {
		v.order.log.AwaitSync(v.newest)
	}
	<-*v.effects
	v.effects = nil
}

func (v *view) close() {
	v.unpin()
	for i, r := range v.readers {
		if r != nil {
			_ = r.Close() // the read that met an error has answered it
		}
		v.readers[i], v.tops[i], v.shards[i] = nil, nil, false
	}
}

// at is a shard as the View sees it. A shard that the scope does not need is not there.
func (v *view) at(shard int) (store.BaseTx, error) {
	if v.tops[shard] == nil {
		return nil, store.ErrScope
	}
	return v.tops[shard], nil
}
