package memtable_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/memtable"
	"larder/store/storetest"
)

// single is the least engine over a memtable: one group for each transaction, no log, and a settle now and then, in one
// piece or with transactions in between, or taken back. Views keep layers apart at random. For one goroutine.
type single struct {
	base       *memory.Engine
	clock      func() int64
	random     *rand.Rand
	stack      *memtable.Stack
	layer      *memtable.Layer
	writer     memtable.Writer
	lsn        uint64
	next, made store.ID
	held       []*memtable.Stack // pinned
	exact      bool              // blind writes look up what they replace
}

func newSingle(clock func() int64, seed uint64) *single {
	return &single{base: memory.New(memory.AsBase(), memory.WithClock(clock)), clock: clock,
		random: rand.New(rand.NewPCG(seed, 7)), stack: memtable.NewStack(), layer: memtable.NewLayer(), next: 1, made: 1}
}

func (e *single) Close() error { return e.base.Close() }

// over runs fn over the present layers, with the base alone beside it.
func (e *single) over(fn func(top, low store.BaseTx) error) error {
	r, err := e.base.OwnReader()
	if err != nil {
		return err
	}
	defer r.Close()
	low, err := r.Begin(e.clock())
	if err != nil {
		return err
	}
	top, err := e.stack.Over(low, e.base.Hash, math.MaxUint64)
	if err != nil {
		return err
	}
	return fn(top, low)
}

func (e *single) View(_ context.Context, _ store.Scope, fn func(store.Tx) error) error {
	e.stack.Pin()
	defer e.stack.Unpin()
	return e.over(func(top, _ store.BaseTx) error { return fn(top) })
}

func (e *single) Update(ctx context.Context, _ store.Scope, fn func(store.Tx) error) error {
	tx := &written{Writer: &e.writer, engine: e}
	err := e.over(func(top, low store.BaseTx) error {
		e.layer.Reset()
		e.writer.Begin(e.layer, memtable.Under{Stack: e.stack, Low: top, Hash: e.base.Hash, Made: e.made,
			Exact: e.exact || e.random.IntN(2) == 0})
		defer e.writer.Leave()
		if err := fn(tx); err != nil {
			e.writer.TakeBack(memtable.Point{})
			return err
		}
		e.layer.DropLoose()
		e.stack.Discount(e.layer, low)
		return nil
	})
	switch {
	case tx.beyond:
		return e.direct(ctx, fn)
	case err != nil:
		return err
	}
	e.push()
	return e.settleSometimes(ctx)
}

func (e *single) push() {
	e.lsn++
	next, taken := e.stack.Push(e.layer, e.lsn)
	if e.stack = next; taken {
		e.layer = memtable.NewLayer()
	}
	switch e.random.IntN(6) {
	case 0:
		e.stack.Pin()
		e.held = append(e.held, e.stack)
	case 1, 2:
		e.release()
	}
}

func (e *single) release() {
	for _, s := range e.held {
		s.Unpin()
	}
	e.held = nil
}

// settleSometimes freezes what has grown, and goes on with what is frozen in one of the ways in which that may happen.
func (e *single) settleSometimes(ctx context.Context) error {
	switch e.random.IntN(8) {
	case 0:
		return e.settle(ctx)
	case 1:
		e.freeze()
	case 2:
		if e.stack.Frozen() {
			return e.handDown(ctx) // the base has it, and the layers are there still
		}
	case 3:
		if e.stack.Frozen() && !e.handedDown() {
			e.stack = e.stack.Thaw().Compact()
		}
	}
	return nil
}

func (e *single) freeze() {
	if !e.stack.Frozen() && !e.stack.Empty() {
		e.stack, e.made = e.stack.Freeze(), e.next
	}
}

func (e *single) handedDown() bool { return e.base.Settled().LSN >= e.stack.FrozenLast() }

func (e *single) handDown(ctx context.Context) error {
	if e.handedDown() {
		return nil
	}
	return e.base.Settle(ctx, func(tx store.BaseTx) error {
		if err := tx.SetMark(store.Mark{LSN: e.stack.FrozenLast(), NextID: e.next}); err != nil {
			return err
		}
		return e.stack.Apply(tx)
	})
}

// settle hands all layers down.
func (e *single) settle(ctx context.Context) error {
	for e.freeze(); e.stack.Frozen(); e.freeze() {
		if err := e.handDown(ctx); err != nil {
			return err
		}
		e.stack = e.stack.Settled()
	}
	return nil
}

// direct runs a transaction on the base.
func (e *single) direct(ctx context.Context, fn func(store.Tx) error) error {
	if err := e.settle(ctx); err != nil {
		return err
	}
	e.lsn++
	return e.base.Settle(ctx, func(tx store.BaseTx) error {
		tx.SetNow(e.clock())
		d := &straight{BaseTx: tx, engine: e, loose: map[store.ID]bool{}}
		if err := fn(d); err != nil {
			return err
		}
		for id := range d.loose {
			if err := tx.Orphan(id); err != nil {
				return err
			}
		}
		e.made = e.next
		return tx.SetMark(store.Mark{LSN: e.lsn, NextID: e.next})
	})
}

func (e *single) newID() store.ID {
	e.next++
	return e.next - 1
}

// straight is a transaction on the base, with ids of the engine's.
type straight struct {
	store.BaseTx
	engine *single
	loose  map[store.ID]bool
}

func (s *straight) NewID(store.Key) (store.ID, error) {
	id := s.engine.newID()
	s.loose[id] = true
	return id, nil
}

func (s *straight) PutHead(k store.Key, h store.Head) error {
	delete(s.loose, h.ID)
	return s.BaseTx.PutHead(k, h)
}

// written is the writes of store.Tx by a Writer.
type written struct {
	*memtable.Writer
	engine *single
	points []memtable.Point
	beyond bool // it must run on the base
}

func (w *written) NewID(store.Key) (store.ID, error) {
	id := w.engine.newID()
	w.Give(id)
	return id, nil
}

func (w *written) PutHead(k store.Key, h store.Head) error { return w.Put(k, h) }

func (w *written) Drop(keys ...store.Key) (int, error) {
	gone, expired, err := w.hide(keys, func(store.Head) bool { return true })
	return gone - expired, err
}

func (w *written) Expire(keys ...store.Key) (int, error) {
	gone, _, err := w.hide(keys, func(h store.Head) bool { return h.Expired(w.Now().UnixMilli()) })
	return gone, err
}

func (w *written) hide(keys []store.Key, doomed func(store.Head) bool) (gone, expired int, err error) {
	for _, k := range keys {
		h, there, err := w.Row(k)
		switch {
		case err != nil:
			return gone, expired, err
		case !there || !doomed(h):
			continue
		case h.Expired(w.Now().UnixMilli()):
			expired++
		}
		if err := w.Hide(k, &h); err != nil {
			return gone, expired, err
		}
		gone++
	}
	return gone, expired, nil
}

func (w *written) Move(from, to store.Key, h store.Head) error {
	if err := w.Unlink(from); err != nil {
		return err
	}
	return w.PutHead(to, h)
}

func (w *written) PutItems(id store.ID, p store.Part, items ...store.Item) (ch store.Change, err error) {
	rows := w.Rows(id, p)
	for _, it := range items {
		more, err := rows.Put(w.Normal(p, it), it.New)
		if err != nil {
			return ch, err
		}
		ch = ch.Plus(more)
	}
	return ch, nil
}

func (w *written) DropItems(id store.ID, p store.Part, fields ...[]byte) (ch store.Change, err error) {
	for _, f := range fields {
		less, _, err := w.Rows(id, p).Hide(w.Normal(p, store.Item{Field: f}))
		if err != nil {
			return ch, err
		}
		ch = ch.Plus(less)
	}
	return ch, nil
}

func (w *written) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	if memtable.Single(p, r) {
		ch, _, err := w.Rows(id, p).Hide(store.Item{Pos: r.Min.Pos})
		return ch, err
	}
	n, err := w.Count(id, p, r)
	if err != nil || n == 0 {
		return store.Change{}, err
	}
	return w.HideRange(id, p, r, n)
}

func (w *written) Flush(db int) error {
	if w.Moved() {
		return w.Swap(db, db)
	}
	w.Empty(db)
	return nil
}

func (w *written) Swap(int, int) error {
	w.beyond = true
	return store.ErrAgain
}

func (w *written) Savepoint() (store.Savepoint, error) {
	w.points = append(w.points, w.Here())
	return store.Savepoint(len(w.points) - 1), nil
}

func (w *written) Rollback(to store.Savepoint) error {
	w.TakeBack(w.points[to])
	w.points = w.points[:to+1]
	return nil
}

func (w *written) Release(from store.Savepoint) error {
	w.points = w.points[:from]
	return nil
}

// TestRandomHistories compares the layers over a base with an engine that has none, whatever is frozen, settled, taken
// back or kept apart meanwhile.
func TestRandomHistories(t *testing.T) {
	for seed := uint64(1); seed <= 6; seed++ {
		var e *single
		storetest.RunRandom(t, seed, storetest.Times(1200, 5000),
			func(_ *testing.T, clock func() int64) store.Engine { return memory.New(memory.WithClock(clock)) },
			func(_ *testing.T, clock func() int64) store.Engine {
				e = newSingle(clock, seed)
				return e
			})
	}
}
