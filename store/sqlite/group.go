package sqlite

import (
	"errors"

	"larder/store"
)

// runGroup runs the jobs of a group in one SQLite transaction. A job that fails before it wrote
// anything just fails. If one fails after writing, everything is rolled back and run again with
// a savepoint around each job: that is rare, and savepoints cost every job of every group.
func (w *writer) runGroup() {
	if w.attempt(false) {
		return
	}
	w.attempt(true)
}

// attempt returns false if the group must be run again, isolated.
func (w *writer) attempt(isolated bool) (final bool) {
	w.ledger.moved = false
	w.backup = w.save()
	if err := w.conn.Exec(w.conn.s.begin); err != nil {
		w.failAll(err)
		return true
	}
	w.unseen = false
	kept := false
	defer func() { w.engine.rows.End(kept) }()
	wrote, again, err := w.runJobs(isolated)
	if again || err != nil {
		w.undo()
		if err != nil {
			w.failAll(err)
		}
		return !again
	}
	if err := w.commit(wrote); err != nil {
		w.undo()
		w.failAll(err)
		return true
	}
	kept = true
	return true
}

// failAll gives an error to every job that has none of its own.
func (w *writer) failAll(err error) {
	w.noteFull(err)
	for _, c := range w.group {
		for _, j := range c.jobs {
			if j.Err == nil {
				j.Err = err
			}
		}
	}
}

// noteFull has the next checkpoint give space back.
func (w *writer) noteFull(err error) {
	if errors.Is(err, &store.Error{Code: store.CodeFull}) {
		w.engine.full.Store(true)
	}
}

// commit makes the group last, and then visible to readers who renew.
func (w *writer) commit(wrote bool) error {
	if err := w.ledger.flush(w.conn); err != nil {
		return err
	}
	e := w.engine
	if w.ledger.moved {
		e.layout.Add(1)
		defer e.layout.Add(1)
	}
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
	e.fill.set(&w.ledger)
	return nil
}

// runJobs runs every job of the group. again asks for an isolated run; err is the end of the
// whole group, because SQLite gave the transaction up.
func (w *writer) runJobs(isolated bool) (wrote, again bool, err error) {
	alone := len(w.group) == 1 && len(w.group[0].jobs) == 1
	for _, c := range w.group {
		c.panic = nil
		for _, j := range c.jobs {
			if isolated {
				err = w.runIsolated(c, j)
			} else {
				w.runJob(c, j)
			}
			if err != nil {
				return wrote, false, err
			}
			spoilt := j.Err != nil && w.conn.tx.wrote
			switch {
			case spoilt && !w.conn.DB.InTransaction():
				return wrote, false, j.Err
			case spoilt && !isolated && alone:
				return wrote, false, j.Err
			case spoilt && !isolated:
				return wrote, true, nil
			case !spoilt:
				wrote = wrote || w.conn.tx.wrote
			}
		}
	}
	return wrote, false, nil
}

// runIsolated runs a job inside a savepoint. Its error is not the job's but that of the group.
func (w *writer) runIsolated(c *call, j *store.Job) error {
	before := w.save()
	if err := w.conn.Exec(w.conn.s.savepoint); err != nil {
		return err
	}
	w.runJob(c, j)
	if !w.conn.DB.InTransaction() {
		return j.Err
	}
	if j.Err != nil {
		if err := w.conn.Exec(w.conn.s.rollbackTo); err != nil {
			return err
		}
		w.restore(before)
	}
	return w.conn.Exec(w.conn.s.release)
}

// runJob runs one job and sets its Err; a panic becomes an error here and a panic again in call.finish.
func (w *writer) runJob(c *call, j *store.Job) {
	t := &w.conn.tx
	j.Err = c.ctx.Err()
	t.wrote = false
	if j.Err != nil {
		return
	}
	t.begin(w.engine, w.conn, &w.ledger, j.Scope, j.Write)
	returned := false
	defer func() {
		t.end()
		if returned {
			return
		}
		if v := recover(); v != nil {
			c.panic, j.Err = v, panicked(v)
		}
	}()
	j.Err = j.Fn(t)
	if j.Err == nil {
		j.Err = t.finish()
	}
	if j.Err != nil {
		w.noteFull(j.Err)
	}
	returned = true
}
