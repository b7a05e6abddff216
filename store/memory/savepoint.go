package memory

import (
	"maps"

	"larder/store"
)

// point is a savepoint: a copy of all that a transaction changes.
type point struct {
	state        *state
	known, loose map[store.ID]struct{}
}

// Savepoint copies the state.
func (t *tx) Savepoint() (store.Savepoint, error) {
	if err := t.readable(); err != nil || !t.write {
		return 0, err
	}
	t.points = append(t.points, point{t.st.copy(), maps.Clone(t.known), maps.Clone(t.loose)})
	return store.Savepoint(len(t.points) - 1), nil
}

// Rollback goes back to a copy, but for the ids: one given out since must not mean something else.
func (t *tx) Rollback(to store.Savepoint) error {
	if err := t.readable(); err != nil || !t.write {
		return err
	}
	if err := t.has(to); err != nil {
		return err
	}
	p, next := t.points[to], t.st.nextID
	*t.st = *p.state.copy()
	t.st.nextID = next
	t.known, t.loose, t.points = maps.Clone(p.known), maps.Clone(p.loose), t.points[:to+1]
	return nil
}

// Release forgets copies.
func (t *tx) Release(from store.Savepoint) error {
	if err := t.readable(); err != nil || !t.write {
		return err
	}
	if err := t.has(from); err != nil {
		return err
	}
	clear(t.points[from:])
	t.points = t.points[:from]
	return nil
}

func (t *tx) has(p store.Savepoint) error {
	if p < 0 || int(p) >= len(t.points) {
		return misuse("there is no such savepoint in the transaction")
	}
	return nil
}
