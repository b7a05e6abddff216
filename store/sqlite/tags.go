package sqlite

import (
	"larder/store"
	"larder/store/sqlite/capi"
)

// retag writes what a key has aside, if that is new, and the index of its tags. Keys
// with nothing aside, before and after, cost no statement.
func (t *tx) retag(sp *space, old *headRow, next *store.Head) error {
	aside := next.Aside()
	if old.head.Aside() == aside {
		return nil
	}
	s := t.conn.s.headNoted
	bindHead(s, sp.ns, old.h, old.name)
	bindValue(s, 4, []byte(aside))
	if err := t.conn.Exec(s); err != nil {
		return t.fail(err)
	}
	return t.indexTags(sp, old, next.Notes)
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

// timesOf is a head of which expire, kind and notes are known, which stand in a statement from column col on.
func timesOf(s *capi.Stmt, col int) (h store.Head) {
	h.SetAside(s.Int(col), s.Int(col+1)&timedBit != 0, string(s.Bytes(col+2)))
	return h
}

// alive reports whether a head whose expire, kind and notes stand from column col on has not expired.
func (t *tx) alive(s *capi.Stmt, col int) bool {
	if wake := s.Int(col); wake == 0 || wake >= t.now {
		return true
	}
	h := timesOf(s, col)
	return !h.Expired(t.now)
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
		if t.alive(s, 2) {
			names = append(names, t.nameIn(s, 1))
		}
	}
}
