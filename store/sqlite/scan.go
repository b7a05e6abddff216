package sqlite

import "larder/store"

// Scan reads n rows and then those of the last one's granule, so that a cursor never points into one.
func (t *tx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if err := t.readable(); err != nil {
		return nil, 0, err
	}
	sp := t.ledger.find(db)
	if sp == nil {
		return nil, 0, nil
	}
	var found []store.Entry
	var next store.Cursor
	rows, last := 0, store.Cursor(0)
	err := t.headsFrom(sp.ns, int64(from), func(h int64, e store.Entry) bool {
		at := store.Cursor(h).Granule()
		if rows >= n && at != last {
			next = at
			return false
		}
		rows, last = rows+1, at
		if !e.Head.Expired(t.now) {
			t.note(e.Head.ID, e.Head.Ranked)
			found = append(found, e)
		}
		return true
	})
	return found, next, err
}

// headsFrom calls fn with the rows of a namespace from h on until it returns false.
func (t *tx) headsFrom(ns, h int64, fn func(int64, store.Entry) bool) error {
	s := t.conn.s.headScan
	s.BindInts(1, ns, h)
	defer s.Reset()
	for {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return t.fail(err)
		}
		name := t.arena.column(s, 0)
		if name == nil {
			name = []byte{}
		}
		if !fn(s.Int(8), store.Entry{Name: name, Head: t.readHead(s)}) {
			return nil
		}
	}
}
