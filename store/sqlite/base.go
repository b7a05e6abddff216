package sqlite

import (
	"context"

	"larder/store"
)

var _ interface {
	store.Base
	store.Borrower
	store.Checker
	store.Checkpointer
	store.Drawer
	store.ExpiryIndex
	store.Gauge
	store.Rester
	store.Sizer
	store.Sweeper
	store.Trimmer
	store.UseKeeper
} = (*Engine)(nil)

var _ interface {
	store.BaseTx
	store.Hurrier
	store.Stamper
} = (*tx)(nil)

// Settle runs fn and syncs the log: what a journal's records said
// must be on stable storage here before the journal forgets them.
func (e *Engine) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	err := e.writer.update(ctx, func(t *tx) error {
		t.settling, t.snapshot = true, e.commits.Load()
		defer func() { t.settling = false }()
		return fn(t)
	})
	if err != nil {
		return err
	}
	return e.Sync(ctx)
}

// Settled reads the mark of the last Settle; the zero Mark if the file cannot be read, which
// every later transaction reports.
func (e *Engine) Settled() (m store.Mark) {
	_ = e.read(context.Background(), func(t *tx) (err error) {
		m, err = t.journalMark()
		return err
	})
	return m
}

// Fill is exact always: a write knows what it replaces.
func (e *Engine) Fill() store.Fill { return *e.fill.Load() }

// Exact has nothing to change.
func (e *Engine) Exact(bool) {}

// Hash is the seeded hash of this file.
func (e *Engine) Hash(b []byte) int64 { return e.hash.sum(b) }

// Mark is read once for each snapshot: readers ask for it while a generation settles.
func (t *tx) Mark() (store.Mark, error) {
	if err := t.readable(); err != nil {
		return store.Mark{}, err
	}
	if t.write || !t.conn.marked {
		m, err := t.journalMark()
		if err != nil {
			return m, err
		}
		t.conn.mark, t.conn.marked = m, true
	}
	return t.conn.mark, nil
}

func (t *tx) journalMark() (store.Mark, error) {
	lsn, err := t.metaNumber("lsn")
	if err != nil {
		return store.Mark{}, err
	}
	ids, err := t.metaNumber("ids")
	return store.Mark{LSN: uint64(lsn), NextID: store.ID(ids)}, err
}

func (t *tx) metaNumber(k string) (int64, error) {
	t.conn.s.metaGet.BindText(1, k)
	n, _, err := t.conn.count(t.conn.s.metaGet)
	return n, t.fail(err)
}

func (t *tx) metaPut(k string, n int64) error { return t.fail(t.conn.metaPut(k, n)) }

// SetMark also moves this engine's own ids behind the journal's.
func (t *tx) SetMark(m store.Mark) error {
	if err := t.writable(); err != nil {
		return err
	}
	w := &t.engine.writer
	w.nextID = max(w.nextID, int64(m.NextID))
	w.idLimit = w.nextID
	if err := t.metaPut("ids", w.nextID); err != nil {
		return err
	}
	return t.metaPut("lsn", int64(m.LSN))
}

// SetNow is what the journal's clock says.
func (t *tx) SetNow(nowMillis int64) { t.now = nowMillis }

// Row answers expired rows too.
func (t *tx) Row(k store.Key) (store.Head, bool, error) {
	if err := t.readable(); err != nil {
		return store.Head{}, false, err
	}
	row, err := t.lookup(k)
	if err != nil || !row.found {
		return store.Head{}, false, err
	}
	t.note(row.head.ID, row.head.Ranked)
	return row.head, true, nil
}

// Unlink leaves the id to whoever names it next, or orphans it.
func (t *tx) Unlink(k store.Key) error {
	_, err := t.remove(k, false)
	return err
}

// Orphan hands ids to the sweep.
func (t *tx) Orphan(ids ...store.ID) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.orphan(id, 0); err != nil {
			return err
		}
	}
	return nil
}
