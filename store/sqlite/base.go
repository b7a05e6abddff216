package sqlite

import (
	"context"
	"fmt"

	"larder/store"
	"larder/store/sqlite/capi"
)

var _ interface {
	store.Base
	store.Borrower
	store.Checker
	store.Checkpointer
	store.Drawer
	store.ExpiryIndex
	store.Gauge
	store.Lender
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
		if m, err = t.journalMark(); err == nil {
			m.Note, err = t.noted()
		}
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
		if err == nil && t.write {
			m.Note, err = t.noted()
		}
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

// putNote leaves no row where there is nothing to note.
func (t *tx) putNote(note string) error {
	sql := `DELETE FROM meta WHERE k = 'note'`
	if note != "" {
		sql = fmt.Sprintf(`INSERT INTO meta (k, v) VALUES ('note', '%s') ON CONFLICT (k) DO UPDATE SET v = excluded.v`, note)
	}
	_, err := t.conn.Query(sql, func(*capi.Stmt) {})
	return t.fail(err)
}

func (t *tx) noted() (note string, err error) {
	_, err = t.conn.Query(`SELECT v FROM meta WHERE k = 'note'`, func(s *capi.Stmt) { note = s.Text(0) })
	return note, t.fail(err)
}

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
	if err := t.putNote(m.Note); err != nil {
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

// Orphan hands ids to the sweep, and those of other files to Estranged.
func (t *tx) Orphan(ids ...store.ID) error {
	return t.every(ids, func(id store.ID) error { return t.orphan(id, 0) })
}

// Told forgets ids of other files.
func (t *tx) Told(ids ...store.ID) error {
	return t.every(ids, func(id store.ID) error { return t.forgetOrphan(int64(id)) })
}

// Adopt has nothing to do: the row that PutHead writes is enough.
func (t *tx) Adopt(store.ID) error { return t.writable() }

// Rank builds the blocks, unless they are there.
func (t *tx) Rank(id store.ID) error {
	err := t.every([]store.ID{id}, t.buildRanks)
	if err == nil {
		t.note(id, true)
	}
	return err
}

func (t *tx) every(ids []store.ID, write func(store.ID) error) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, id := range ids {
		if err := write(id); err != nil {
			return err
		}
	}
	return nil
}

// Borrowed goes through all heads.
func (e *Engine) Borrowed(ctx context.Context, home int, fn func(store.ID)) error {
	from := store.Abroad(home, 0)
	return e.read(ctx, func(t *tx) error {
		sql := fmt.Sprintf(`SELECT id FROM heads WHERE id >= %d AND id < %d`, from, from+store.Foreign)
		_, err := t.conn.Query(sql, func(s *capi.Stmt) {
			_, own := store.ID(s.Int(0)).Home()
			fn(own)
		})
		return err
	})
}

// Estranged reads what the orphans of other files are.
func (e *Engine) Estranged(ctx context.Context, n int) (ids []store.ID, err error) {
	err = e.read(ctx, func(t *tx) error {
		ids = ids[:0]
		sql := fmt.Sprintf(`SELECT id FROM orphans WHERE id >= %d ORDER BY id LIMIT %d`, store.Foreign, n)
		_, err := t.conn.Query(sql, func(s *capi.Stmt) { ids = append(ids, store.ID(s.Int(0))) })
		return err
	})
	return ids, err
}
