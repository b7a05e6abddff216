package sqlite

import (
	"context"
	"errors"
	"sync"

	"larder/store"
)

// writer owns the only connection that writes. The goroutine that has locked mu owns all fields below it: one
// transaction runs at a time, on the goroutine of its caller. To share commits among callers is for the engine above,
// which hands down thousands of writes in one transaction anyhow.
type writer struct {
	mu      sync.Mutex
	engine  *Engine
	conn    *conn
	ledger  ledger
	nextID  int64
	idLimit int64 // ids below it are reserved in the file
	// unseen tells that the transaction has changed heads without its methods.
	unseen bool
}

// backup is what the counters were at some point of the transaction in progress.
type backup struct {
	ledger  ledger
	idLimit int64
}

// await returns once the transaction in progress has ended.
func (w *writer) await() {
	w.mu.Lock()
	defer w.mu.Unlock()
}

func (w *writer) save() backup { return backup{w.ledger.clone(), w.idLimit} }

// restore also has the cache forget what was staged since the transaction began: more than is undone, and right.
func (w *writer) restore(b backup) {
	w.ledger, w.idLimit = b.ledger, b.idLimit
	w.engine.rows.Discard()
}

// lock waits for the writer.
func (w *writer) lock(ctx context.Context) error {
	w.mu.Lock()
	err := ctx.Err()
	if w.engine.closed.Load() {
		err = store.ErrClosed
	}
	if err != nil {
		w.mu.Unlock()
	}
	return err
}

// exclusive runs fn on the writer's connection outside any transaction, alone.
func (w *writer) exclusive(ctx context.Context, fn func(*conn) error) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer w.mu.Unlock()
	return fn(w.conn)
}

// update runs fn in a transaction of its own, once. Unless that commits, be it that fn panics or ends its goroutine,
// nothing is kept.
func (w *writer) update(ctx context.Context, fn func(*tx) error) error {
	return w.exclusive(ctx, func(c *conn) (err error) {
		kept, before := false, w.save()
		defer func() {
			if !kept {
				w.undo(before)
			}
			w.engine.rows.End(kept)
		}()
		w.unseen = false
		if err = c.Exec(c.s.begin); err == nil {
			err = w.run(fn)
		}
		if err == nil {
			err = w.commit(c.tx.wrote)
		}
		kept = err == nil
		if errors.Is(err, &store.Error{Code: store.CodeFull}) {
			w.engine.full.Store(true) // the next checkpoint gives space back
		}
		return err
	})
}

// run has fn do its part of the transaction.
func (w *writer) run(fn func(*tx) error) error {
	t := &w.conn.tx
	t.begin(w.engine, w.conn, &w.ledger, true)
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	return t.finish()
}

// undo ends the transaction in progress, if SQLite has not done so, and takes the counters back.
func (w *writer) undo(to backup) {
	if w.conn.DB.InTransaction() {
		_ = w.conn.Exec(w.conn.s.rollback)
	}
	w.restore(to)
}

// commit makes the transaction last, and then visible to readers who renew.
func (w *writer) commit(wrote bool) error {
	if err := w.ledger.flush(w.conn); err != nil {
		return err
	}
	e := w.engine
	if wrote {
		e.commits.Add(1)
		defer e.commits.Add(1)
	}
	err := w.conn.Exec(w.conn.s.commit)
	switch { // while the count is odd nobody reads or adds a row
	case err != nil:
		e.rows.Discard()
		return err
	case w.unseen:
		e.rows.Clear()
	}
	e.fill.Store(w.ledger.fill())
	return nil
}

// load reads the counters.
func (w *writer) load() error {
	ids, err := w.conn.Number(`SELECT v FROM meta WHERE k = 'ids'`)
	if err != nil {
		return err
	}
	w.nextID, w.idLimit = ids, ids
	ns, err := w.conn.Number(`SELECT max(coalesce((SELECT max(ns) FROM spaces), 0), coalesce((SELECT max(ns) FROM ` +
		`dead_spaces), 0))`)
	if err != nil {
		return err
	}
	w.ledger.nextNS = ns + 1
	if w.ledger.pending, err = w.conn.Number(`SELECT coalesce((SELECT sum(bytes) FROM orphans), 0) + coalesce((SELECT ` +
		`sum(bytes) FROM dead_spaces), 0)`); err != nil {
		return err
	}
	if err := w.ledger.load(w.conn); err != nil {
		return err
	}
	w.engine.fill.Store(w.ledger.fill())
	return nil
}

// reserve returns a fresh id. Numbers are reserved in the file in blocks, in the transaction that first needs
// them, so that none is used twice whatever crashes.
func (w *writer) reserve() (int64, error) {
	if w.nextID >= w.idLimit {
		if err := w.conn.metaPut("ids", w.nextID+idBlock); err != nil {
			return 0, err
		}
		w.idLimit = w.nextID + idBlock
	}
	w.nextID++
	return w.nextID - 1, nil
}

// idBlock is how many ids a crash may waste.
const idBlock = 1000
