package shard

import (
	"larder/store"
	"larder/store/memtable"
)

// savepoints are those of a transaction over all shards. A shard takes its own when the transaction next touches it:
// nobody has written there in between, and a shard that is never touched has nothing to take back. They belong to
// their transaction.
type savepoints struct {
	depth int                 // how many there are
	dbs   []numbering         // what the numbers were, by savepoint
	taken [][]store.Savepoint // by shard, the oldest first: at most depth
}

func (s *savepoints) reset() {
	s.depth, s.dbs = 0, s.dbs[:0]
	for i := range s.taken {
		s.taken[i] = s.taken[i][:0]
	}
}

// reach has a shard take the savepoints that it lacks.
func (s *savepoints) reach(tx store.BaseTx, shard, shards int) error {
	if s.taken == nil {
		s.taken = make([][]store.Savepoint, shards)
	}
	for len(s.taken[shard]) < s.depth {
		point, err := tx.Savepoint()
		if err != nil {
			return err
		}
		s.taken[shard] = append(s.taken[shard], point)
	}
	return nil
}

func (s *savepoints) has(point store.Savepoint) error {
	if point < 0 || int(point) >= s.depth {
		return errNoSavepoint
	}
	return nil
}

// errNoSavepoint means that a transaction names a savepoint that it does not have: a defect of its caller's.
var errNoSavepoint = &store.Error{Message: "there is no such savepoint in the transaction"}

// Savepoint costs nothing before a shard is touched.
func (t *Tx) Savepoint() (store.Savepoint, error) {
	t.points.depth++
	t.points.dbs = append(t.points.dbs, t.dbs)
	return store.Savepoint(t.points.depth - 1), nil
}

// Rollback rolls the shards back that have been touched since.
func (t *Tx) Rollback(to store.Savepoint) error {
	if err := t.cut(to, 1, store.Tx.Rollback); err != nil {
		return err
	}
	t.dbs = t.points.dbs[to]
	return nil
}

// Release has the shards that have been touched since forget the savepoint.
func (t *Tx) Release(from store.Savepoint) error {
	return t.cut(from, 0, store.Tx.Release)
}

// cut ends the savepoints from one on, but for the first kept of them, in every shard that has taken it.
func (t *Tx) cut(point store.Savepoint, kept int, end func(store.Tx, store.Savepoint) error) error {
	if err := t.points.has(point); err != nil {
		return err
	}
	for shard, taken := range t.points.taken {
		if len(taken) <= int(point) {
			continue
		}
		tx, err := t.shards.at(shard)
		if err == nil {
			err = end(tx, taken[point])
		}
		if err != nil {
			return err
		}
		t.points.taken[shard] = taken[:int(point)+kept]
	}
	t.points.depth = int(point) + kept
	t.points.dbs = t.points.dbs[:t.points.depth]
	return nil
}

// mark is how far a writer has come: a savepoint. The zero mark is the beginning of its group.
type mark struct {
	layer          memtable.Point
	record         int
	grown, flushed bool // of the record
	wrote          bool
}

// mark remembers the present state.
func (w *writer) mark() mark {
	return mark{layer: w.Here(), record: len(w.rec.buf), grown: w.rec.grown, flushed: w.rec.flushed, wrote: w.wrote}
}

// rollback takes everything back that was written since a mark.
func (w *writer) rollback(to mark) {
	w.TakeBack(to.layer)
	w.rec.buf, w.rec.grown, w.rec.flushed = w.rec.buf[:to.record], to.grown, to.flushed
	w.wrote = to.wrote
}

// Savepoint notes how far the group's layer and record have come.
func (w *writer) Savepoint() (store.Savepoint, error) {
	w.points = append(w.points, w.mark())
	return store.Savepoint(len(w.points) - 1), nil
}

// Rollback takes writes back by the undo log. That a job was too large once stays true.
func (w *writer) Rollback(to store.Savepoint) error {
	if int(to) >= len(w.points) {
		return errNoSavepoint
	}
	w.rollback(w.points[to])
	w.points = w.points[:to+1]
	return nil
}

// Release forgets marks.
func (w *writer) Release(from store.Savepoint) error {
	if int(from) >= len(w.points) {
		return errNoSavepoint
	}
	w.points = w.points[:from]
	return nil
}
