package sqlite

import (
	"slices"

	"larder/store"
)

// point is a savepoint: SQLite's, and what the transaction keeps in memory. All of SQLite's have one name, which then
// means the innermost.
type point struct {
	backup   backup
	loose    []store.ID
	counting int
}

// Savepoint takes one of SQLite's.
func (t *tx) Savepoint() (store.Savepoint, error) {
	if err := t.readable(); err != nil || !t.write {
		return 0, err
	}
	if err := t.conn.Exec(t.conn.s.pointTake); err != nil {
		return 0, t.fail(err)
	}
	t.points = append(t.points, point{t.engine.writer.save(), slices.Clone(t.loose), len(t.counting)})
	return store.Savepoint(len(t.points) - 1), nil
}

// Rollback forgets what the transaction remembers of ids: it is read again.
func (t *tx) Rollback(to store.Savepoint) error {
	if err := t.readable(); err != nil || !t.write {
		return err
	}
	if err := t.releaseFrom(int(to) + 1); err != nil {
		return err
	}
	if err := t.conn.Exec(t.conn.s.pointBack); err != nil {
		return t.fail(err)
	}
	p := &t.points[to]
	w := &t.engine.writer
	w.restore(backup{p.backup.ledger.clone(), p.backup.idLimit})
	t.loose = append(t.loose[:0], p.loose...)
	t.counting, t.known = t.counting[:p.counting], t.known[:0]
	return nil
}

// Release forgets savepoints.
func (t *tx) Release(from store.Savepoint) error {
	if err := t.readable(); err != nil || !t.write {
		return err
	}
	return t.releaseFrom(int(from))
}

// releaseFrom makes the savepoints from one on a part of what lies around them.
func (t *tx) releaseFrom(first int) error {
	if first > len(t.points) {
		return misuse("there is no such savepoint in the transaction")
	}
	for len(t.points) > first {
		if err := t.conn.Exec(t.conn.s.pointDrop); err != nil {
			return t.fail(err)
		}
		t.points = t.points[:len(t.points)-1]
	}
	return nil
}
