package memory

import (
	"context"

	"larder/store"
)

var _ store.Base = (*Engine)(nil)
var _ store.BaseTx = (*tx)(nil)

// Snapshot has l pin before it looks at what was published last; it waits for nothing.
func (e *Engine) Snapshot(ctx context.Context, s store.Scope, l store.Looker) error {
	if err := l.Pin(); err != nil {
		return err
	}
	return e.View(ctx, s, func(t store.Tx) error { return l.Look(t.(*tx)) })
}

// Settle is an Update whose mark is published with it; memory has no stable storage.
func (e *Engine) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	return e.Update(ctx, store.Whole(), func(t store.Tx) error { return fn(t.(*tx)) })
}

// Settled is the mark last published.
func (e *Engine) Settled() store.Mark { return e.current.Load().mark }

// Hash orders keys inside a slot and hashed items.
func (e *Engine) Hash(b []byte) int64 { return int64(e.hash(b)) }

// Mark is the mark of the state this transaction sees.
func (t *tx) Mark() (store.Mark, error) { return t.st.mark, t.readable() }

// Keyspaces counts every key of the state this transaction sees.
func (t *tx) Keyspaces() ([]store.Keyspace, error) {
	return t.st.keyspaces(t.Now().UnixMilli()), t.readable()
}

// SetMark also moves the id counter on, so that ids stay unique.
func (t *tx) SetMark(m store.Mark) error {
	if err := t.writable(); err != nil {
		return err
	}
	t.st.mark = m
	t.st.nextID = max(t.st.nextID, m.NextID)
	return nil
}

// Row answers expired rows too.
func (t *tx) Row(k store.Key) (store.Head, bool, error) {
	if err := firstError(t.readable(), t.inScope(k)); err != nil {
		return store.Head{}, false, err
	}
	r := t.row(k)
	if r == nil {
		return store.Head{}, false, nil
	}
	return t.meet(r.head), true, nil
}

// Unlink forgets the row and owns its id no longer.
func (t *tx) Unlink(k store.Key) error {
	if err := firstError(t.writable(), t.inScope(k)); err != nil {
		return err
	}
	if r := t.row(k); r != nil {
		t.st.removeHead(k.DB, r)
		t.st.owned.Delete(r.head.ID)
	}
	return nil
}

// Orphan leaves items of ids to the sweep.
func (t *tx) Orphan(ids ...store.ID) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, id := range ids {
		t.st.orphan(id)
	}
	return nil
}
