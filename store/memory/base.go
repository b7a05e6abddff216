package memory

import (
	"context"

	"larder/store"
)

var _ store.Base = (*Engine)(nil)
var _ store.BaseTx = (*tx)(nil)
var _ store.ExpiryIndex = (*Engine)(nil)
var _ store.Lender = (*Engine)(nil)

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
	t.st.nextID = max(t.st.nextID, m.NextID)
	m.NextID = t.st.nextID
	t.st.mark = m
	return nil
}

// SetNow is what the clock of the engine in front says.
func (t *tx) SetNow(nowMillis int64) { t.now = nowMillis }

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

// Told forgets the notes of ids of other bases.
func (t *tx) Told(ids ...store.ID) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, id := range ids {
		t.st.orphans.Delete(id)
	}
	return nil
}

// Adopt has nothing to do: PutHead sees it.
func (t *tx) Adopt(store.ID) error { return t.writable() }

// Rank has nothing to do: counting walks.
func (t *tx) Rank(store.ID) error { return t.writable() }

// Estranged are orphans like others, but for the sweep.
func (e *Engine) Estranged(_ context.Context, n int) (ids []store.ID, err error) {
	e.current.Load().orphans.Ascend(store.Foreign, func(id store.ID, _ struct{}) bool {
		if len(ids) < n {
			ids = append(ids, id)
		}
		return len(ids) < n
	})
	return ids, nil
}

// Borrowed goes through all heads.
func (e *Engine) Borrowed(_ context.Context, home int, fn func(store.ID)) error {
	e.current.Load().heads.Scan(func(r *headRow) bool {
		if at, own := r.head.ID.Home(); at == home {
			fn(own)
		}
		return true
	})
	return nil
}

// baseReader reads the state last published. For one goroutine.
type baseReader struct {
	engine *Engine
	tx     *tx
}

// Reader waits for nothing: states are immutable.
func (e *Engine) Reader(ctx context.Context) (store.Reader, error) {
	if err := e.usable(ctx); err != nil {
		return nil, err
	}
	return &baseReader{engine: e}, nil
}

// OwnReader is like any other.
func (e *Engine) OwnReader() (store.Reader, error) { return e.Reader(context.Background()) }

// Begin takes the state last published.
func (b *baseReader) Begin(nowMillis int64) (store.BaseTx, error) {
	_ = b.Close()
	b.tx = newTx(b.engine, b.engine.current.Load(), nowMillis, store.Whole(), false)
	return b.tx, nil
}

// Close spoils what the transaction has lent.
func (b *baseReader) Close() error {
	if b.tx != nil {
		b.tx.end()
		b.tx = nil
	}
	return nil
}
