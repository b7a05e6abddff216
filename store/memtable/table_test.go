package memtable_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/memtable"
)

// table is the least that makes an engine of a memtable: layers over a base in memory, without a log. After each
// transaction the layers are frozen, applied to the base or given back, as chance will have it. For any goroutine.
type table struct {
	base   *memory.Engine
	clock  func() int64
	random *rand.Rand // the writer's

	writing  sync.Mutex
	group    *memtable.Layer
	w        memtable.Writer
	id, made store.ID
	apart    []*memtable.Stack // what is pinned, so that layers stay apart

	mu     sync.Mutex // guards what follows, for moments
	now    *memtable.Stack
	lsn    uint64 // of the newest transaction
	closed bool
}

func open(_ *testing.T, clock func() int64) store.Engine { return newTable(clock) }

func newTable(clock func() int64) *table {
	var latest atomic.Int64
	forwards := func() int64 {
		for {
			now, last := clock(), latest.Load()
			if now <= last {
				return last
			}
			if latest.CompareAndSwap(last, now) {
				return now
			}
		}
	}
	return &table{base: memory.New(memory.AsBase(), memory.WithClock(clock)), clock: forwards, random: rand.New(rand.NewPCG(7, 8)),
		group: memtable.NewLayer(), id: 1, made: 1, now: memtable.NewStack()}
}

// stack is the present one.
func (t *table) stack() (*memtable.Stack, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, store.ErrClosed
	}
	return t.now, nil
}

// pin is stack for one who reads it, with the newest transaction that he may see.
func (t *table) pin() (now *memtable.Stack, newest uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, 0, store.ErrClosed
	}
	t.now.Pin()
	return t.now, t.lsn, nil
}

// change has the layers changed while nobody may pin them.
func (t *table) change(next func() *memtable.Stack) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = next()
}

func (t *table) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	r, err := t.base.Reader(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		now, newest, err := t.pin()
		if err != nil {
			return err
		}
		low, err := r.Begin(t.clock())
		if err == nil {
			low, err = now.Over(low, t.base.Hash, newest)
		}
		if err == nil {
			err = fn(fenced{low, &s, s.All})
		}
		now.Unpin()
		if err != memtable.ErrMoved {
			return err
		}
	}
}

// fenced keeps a View inside its scope.
type fenced struct {
	store.BaseTx
	scope *store.Scope
	whole bool
}

func (f fenced) within(keys []store.Key) error {
	for _, k := range keys {
		same := func(s store.Key) bool { return store.Slot(s.Name) == store.Slot(k.Name) }
		if !f.whole && !slices.ContainsFunc(f.scope.Keys, same) {
			return store.ErrScope
		}
	}
	return nil
}

func (f fenced) all() error {
	if !f.whole {
		return store.ErrScope
	}
	return nil
}

func (f fenced) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if err := f.within(keys); err != nil {
		return nil, err
	}
	return f.BaseTx.Heads(dst, keys...)
}

func (f fenced) Size(db int) (int64, error) {
	if err := f.all(); err != nil {
		return 0, err
	}
	return f.BaseTx.Size(db)
}

func (f fenced) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if err := f.all(); err != nil {
		return nil, 0, err
	}
	return f.BaseTx.Scan(db, from, n)
}

func (f fenced) RandomKey(db int) ([]byte, bool, error) {
	if err := f.all(); err != nil {
		return nil, false, err
	}
	return f.BaseTx.RandomKey(db)
}

// finder is what a transaction over layers finds keys by.
type finder interface {
	Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error)
	Names(db int, s store.Span) ([][]byte, error)
}

func (f fenced) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if err := f.all(); err != nil {
		return nil, 0, err
	}
	return f.BaseTx.(finder).Tagged(db, tag, from, n)
}

func (f fenced) Names(db int, s store.Span) ([][]byte, error) {
	if err := f.all(); err != nil {
		return nil, err
	}
	return f.BaseTx.(finder).Names(db, s)
}

func (t *table) Update(ctx context.Context, _ store.Scope, fn func(store.Tx) error) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	err := t.attempt(fn)
	if err == store.ErrAgain {
		err = t.direct(fn)
	}
	if failed := t.turn(); err == nil {
		err = failed
	}
	return err
}

// attempt runs a transaction on a layer of its own.
func (t *table) attempt(fn func(store.Tx) error) error {
	now, err := t.stack()
	if err != nil {
		return err
	}
	r, err := t.base.OwnReader()
	if err != nil {
		return err
	}
	defer r.Close()
	low, err := r.Begin(t.clock())
	if err != nil {
		return err
	}
	top, err := now.Over(low, t.base.Hash, math.MaxUint64)
	if err != nil {
		return err
	}
	t.group.Reset()
	t.w.Begin(t.group, memtable.Under{Stack: now, Low: top, Hash: t.base.Hash, Made: t.made, Exact: t.random.IntN(2) == 0})
	defer t.w.Leave()
	tx := &writing{Writer: &t.w, t: t}
	if err := fn(tx); tx.large || err != nil {
		if tx.large {
			return store.ErrAgain
		}
		return err
	}
	t.group.DropLoose()
	if t.group.Empties() {
		now.Discount(t.group, low)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lsn++
	next, taken := t.now.Push(t.group, t.lsn)
	if t.now = next; taken {
		t.group = memtable.NewLayer()
	}
	return nil
}

// direct settles everything and runs a transaction on the base.
func (t *table) direct(fn func(store.Tx) error) error {
	if err := t.settle(); err != nil {
		return err
	}
	defer func() { t.made = t.id }()
	return t.base.Settle(context.Background(), func(low store.BaseTx) error {
		low.SetNow(t.clock())
		if err := fn(&straight{low, t}); err != nil {
			return err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.lsn++ // a View that has pinned before must not see it, and one that pins now begins again until it is there
		return low.SetMark(store.Mark{LSN: t.lsn, NextID: t.id})
	})
}

// turn does some of what a table is settled by, and keeps layers apart for a while.
func (t *table) turn() error {
	now, err := t.stack()
	if err != nil {
		return nil
	}
	switch t.random.IntN(12) {
	case 0, 1:
		if !now.Frozen() {
			t.freeze(now)
		}
	case 2:
		return t.apply()
	case 3:
		if now.Frozen() {
			t.change(func() *memtable.Stack { return now.Thaw().Compact() })
		}
	case 4, 5, 6:
		if pinned, _, err := t.pin(); err == nil {
			t.apart = append(t.apart, pinned)
		}
	case 7:
		t.release()
	}
	return nil
}

func (t *table) release() {
	if n := len(t.apart); n > 0 {
		i := t.random.IntN(n)
		t.apart[i].Unpin()
		t.apart = slices.Delete(t.apart, i, i+1)
	}
}

func (t *table) freeze(now *memtable.Stack) {
	t.change(now.Freeze)
	t.made = t.id
}

// apply writes the frozen layers to the base.
func (t *table) apply() error {
	now, err := t.stack()
	if err != nil || !now.Frozen() {
		return nil
	}
	mark := store.Mark{LSN: now.FrozenLast(), NextID: t.id}
	err = t.base.Settle(context.Background(), func(low store.BaseTx) error {
		if err := low.SetMark(mark); err != nil {
			return err
		}
		return now.Apply(low)
	})
	if err == nil {
		t.change(now.Settled)
	}
	return err
}

// settle leaves nothing in the layers.
func (t *table) settle() error {
	for range 2 {
		if err := t.apply(); err != nil {
			return err
		}
		now, err := t.stack()
		if err != nil || now.Empty() {
			return err
		}
		t.freeze(now)
	}
	return t.apply()
}

func (t *table) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return store.ErrClosed
	}
	t.closed = true
	return t.base.Close()
}

// writing is a transaction on a layer.
type writing struct {
	*memtable.Writer
	t      *table
	points []memtable.Point
	large  bool
}

func (w *writing) tooLarge() error {
	w.large = true
	return store.ErrAgain
}

func (w *writing) Void() bool { return w.large }

func (w *writing) NewID(store.Key) (store.ID, error) {
	id := w.t.id
	w.t.id++
	w.Give(id)
	return id, nil
}

func (w *writing) PutHead(k store.Key, h store.Head) error { return w.Put(k, h) }

func (w *writing) remove(keys []store.Key, gone func(*store.Head) (hide, count bool)) (n int, err error) {
	for _, k := range keys {
		h, there, err := w.Row(k)
		if err != nil {
			return n, err
		}
		hide, count := gone(&h)
		if !there || !hide {
			continue
		}
		if err := w.Hide(k, &h); err != nil {
			return n, err
		}
		if count {
			n++
		}
	}
	return n, nil
}

func (w *writing) Drop(keys ...store.Key) (int, error) {
	now := w.Now().UnixMilli()
	return w.remove(keys, func(h *store.Head) (bool, bool) { return true, !h.Expired(now) })
}

func (w *writing) Expire(keys ...store.Key) (int, error) {
	now := w.Now().UnixMilli()
	return w.remove(keys, func(h *store.Head) (bool, bool) { return h.Outlived(now), true })
}

func (w *writing) Move(from, to store.Key, h store.Head) error {
	if err := w.Unlink(from); err != nil {
		return err
	}
	return w.PutHead(to, h)
}

func (w *writing) PutItems(id store.ID, p store.Part, items ...store.Item) (total store.Change, err error) {
	rows := w.Rows(id, p)
	for _, it := range items {
		ch, err := rows.Put(w.Normal(p, it), it.New)
		if err != nil {
			return total, err
		}
		total = total.Plus(ch)
	}
	return total, nil
}

func (w *writing) DropItems(id store.ID, p store.Part, fields ...[]byte) (total store.Change, err error) {
	rows := w.Rows(id, p)
	for _, f := range fields {
		ch, _, err := rows.Hide(w.Normal(p, store.Item{Field: f}))
		if err != nil {
			return total, err
		}
		total = total.Plus(ch)
	}
	return total, nil
}

func (w *writing) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	if memtable.Single(p, r) {
		ch, _, err := w.Rows(id, p).Hide(store.Item{Pos: r.Min.Pos})
		return ch, err
	}
	n, err := w.Count(id, p, r)
	if err != nil || n == 0 {
		return store.Change{}, err
	}
	if memtable.Buries(p, r.Order) && n%2 == 0 {
		return w.Bury(id, p, r, n)
	}
	return w.HideRange(id, p, r, n)
}

func (w *writing) Flush(db int) error {
	if w.Moved() {
		return w.tooLarge()
	}
	w.Empty(db)
	return nil
}

func (w *writing) Swap(int, int) error { return w.tooLarge() }

func (w *writing) Savepoint() (store.Savepoint, error) {
	w.points = append(w.points, w.Here())
	return store.Savepoint(len(w.points) - 1), nil
}

func (w *writing) Rollback(to store.Savepoint) error {
	if to < 0 || int(to) >= len(w.points) {
		return &store.Error{Message: "no such savepoint"}
	}
	w.TakeBack(w.points[to])
	w.points = w.points[:to+1]
	return nil
}

func (w *writing) Release(from store.Savepoint) error {
	if from < 0 || int(from) >= len(w.points) {
		return &store.Error{Message: "no such savepoint"}
	}
	w.points = w.points[:from]
	return nil
}

// straight is a transaction on the base, whose ids come from the table.
type straight struct {
	store.BaseTx
	t *table
}

func (s *straight) NewID(store.Key) (store.ID, error) {
	id := s.t.id
	s.t.id++
	return id, nil
}
