package sqlite

import (
	"larder/store"
	"larder/store/sqlite/capi"
)

// retag writes the notes of a key that has got new ones, and the index of its tags. Keys
// without notes, before and after, cost no statement.
func (t *tx) retag(sp *space, old *headRow, next store.Notes) error {
	if old.head.Notes == next {
		return nil
	}
	s := t.conn.s.headNoted
	bindHead(s, sp.ns, old.h, old.name)
	bindValue(s, 4, []byte(next))
	if err := t.conn.Exec(s); err != nil {
		return t.fail(err)
	}
	return t.indexTags(sp, old, next)
}

// untag takes a key that is gone out of the index.
func (t *tx) untag(sp *space, old *headRow) error { return t.indexTags(sp, old, "") }

func (t *tx) indexTags(sp *space, old *headRow, next store.Notes) error {
	write := func(s *capi.Stmt) func(string) error {
		return func(tag string) error {
			bindHead(s, sp.ns, old.h, old.name)
			s.BindBlob(4, []byte(tag))
			return t.fail(t.conn.Exec(s))
		}
	}
	return old.head.Notes.Diff(next, write(t.conn.s.tagDrop), write(t.conn.s.tagPut))
}

// Tagged reads n rows of the index and then those of the last one's granule: see Scan.
func (t *tx) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if err := t.readable(); err != nil {
		return nil, 0, err
	}
	sp := t.ledger.find(db)
	if sp == nil {
		return nil, 0, nil
	}
	s := t.conn.s.tagScan
	s.BindInt(1, sp.ns)
	s.BindBlob(2, []byte(tag))
	s.BindInt(3, int64(from))
	defer s.Reset()
	var names [][]byte
	rows, last := 0, store.Cursor(0)
	for ; ; rows++ {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return names, 0, t.fail(err)
		}
		at := store.Cursor(s.Int(0)).Granule()
		if rows >= n && at != last {
			return names, at, nil
		}
		last = at
		if expire := s.Int(2); expire == 0 || expire >= t.now {
			names = append(names, t.nameIn(s, 1))
		}
	}
}
