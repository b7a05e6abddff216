package memory

import (
	"math/rand/v2"

	"larder/store"
)

// Scan goes on beyond n to the end of a granule: a cursor cannot stand inside one. Expired keys count towards n, so
// that a call's work is bounded.
func (t *tx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if err := firstError(t.readable(), t.whole()); err != nil {
		return nil, 0, err
	}
	sp := t.st.spaces[db]
	if sp.id == 0 {
		return nil, 0, nil
	}
	var found []store.Entry
	var last, next store.Cursor
	seen := 0
	t.st.headsOf(sp.id, from, func(r *headRow) bool {
		if seen >= max(n, 1) && r.pos.Granule() != last.Granule() {
			next = r.pos.Granule()
			return false
		}
		seen, last = seen+1, r.pos
		if !r.head.Expired(t.now) {
			found = append(found, store.Entry{Name: t.lend([]byte(r.name)), Head: t.meet(r.head)})
		}
		return true
	})
	return found, next, nil
}

// RandomKey draws from the keys that have not expired.
func (t *tx) RandomKey(db int) ([]byte, bool, error) {
	if err := firstError(t.readable(), t.whole()); err != nil {
		return nil, false, err
	}
	var names []string
	if sp := t.st.spaces[db]; sp.id != 0 {
		t.st.headsOf(sp.id, 0, func(r *headRow) bool {
			if !r.head.Expired(t.now) {
				names = append(names, r.name)
			}
			return true
		})
	}
	if len(names) == 0 {
		return nil, false, nil
	}
	return t.lend([]byte(names[rand.IntN(len(names))])), true, nil
}

// Size reads the count kept with every write.
func (t *tx) Size(db int) (int64, error) {
	if err := firstError(t.readable(), t.whole()); err != nil {
		return 0, err
	}
	return t.st.spaces[db].keys, nil
}

// Flush makes the database number stand for nothing.
func (t *tx) Flush(db int) error {
	if err := firstError(t.writable(), t.whole()); err != nil {
		return err
	}
	t.st.flush(db)
	return nil
}

// Swap exchanges what two numbers stand for.
func (t *tx) Swap(a, b int) error {
	if err := firstError(t.writable(), t.whole()); err != nil {
		return err
	}
	t.st.spaces[a], t.st.spaces[b] = t.st.spaces[b], t.st.spaces[a]
	return nil
}
