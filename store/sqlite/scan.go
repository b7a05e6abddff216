package sqlite

import (
	"math/rand/v2"

	"larder/store"
)

// Scan reads n rows and then those with the same hash as the last, so that a cursor never
// points between two of them.
func (t *tx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if err := t.whole(); err != nil {
		return nil, 0, err
	}
	sp := t.ledger.find(db)
	if sp == nil {
		return nil, 0, nil
	}
	var found []store.Entry
	var next store.Cursor
	rows, last := 0, int64(-1)
	err := t.headsFrom(sp.ns, int64(from), func(h int64, e store.Entry) bool {
		if rows >= n && h != last {
			next = store.Cursor(h)
			return false
		}
		rows, last = rows+1, h
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
	s.BindInt64(1, ns)
	s.BindInt64(2, h)
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
		if !fn(s.ColumnInt64(7), store.Entry{Name: name, Head: t.readHead(s)}) {
			return nil
		}
	}
}

const (
	// keysPerWindow is how many keys a window of RandomKey holds on average, and windowKeys
	// the most it may hold to give each the same chance.
	keysPerWindow = 8
	windowKeys    = 32
	windowTries   = 64
)

// RandomKey draws windows of the order of heads and takes the i-th key of one if it has so many: then
// every key has the same chance, as long as no window holds more than windowKeys. Keys that
// share a hash tag stand so close together that most windows are empty; then, after some
// tries, the key behind a random place of a random slot must do.
func (t *tx) RandomKey(db int) (name []byte, ok bool, err error) {
	if err := t.whole(); err != nil {
		return nil, false, err
	}
	sp := t.ledger.find(db)
	if sp == nil {
		return nil, false, nil
	}
	size, err := t.Size(db)
	if err != nil || size == 0 {
		return nil, false, err
	}
	low, high, err := t.ends(sp.ns)
	if err != nil {
		return nil, false, err
	}
	width := max((high-low)/max(size/keysPerWindow, 1)+1, 1)
	windows := (high-low)/width + 1
	for range windowTries {
		from := low + rand.Int64N(windows)*width
		name, err = t.nthKey(sp.ns, from, from+width, rand.IntN(windowKeys))
		if name != nil || err != nil {
			return name, name != nil, err
		}
	}
	return t.keyBehind(sp.ns, low, high)
}

// ends returns the first and last place of a namespace that has heads.
func (t *tx) ends(ns int64) (low, high int64, err error) {
	t.conn.s.headFirst.BindInt64(1, ns)
	t.conn.s.headLast.BindInt64(1, ns)
	if low, _, err = t.conn.count(t.conn.s.headFirst); err == nil {
		high, _, err = t.conn.count(t.conn.s.headLast)
	}
	return low, high, t.fail(err)
}

// nthKey returns the i-th live key from a place on, nil if there are fewer before limit.
func (t *tx) nthKey(ns, from, limit int64, i int) (name []byte, err error) {
	err = t.headsFrom(ns, from, func(h int64, e store.Entry) bool {
		if h >= limit {
			return false
		}
		if !e.Head.Expired(t.now) {
			if i == 0 {
				name = e.Name
				return false
			}
			i--
		}
		return true
	})
	return name, err
}

// keyBehind looks from a random place of a random slot on, and then from the beginning.
func (t *tx) keyBehind(ns, low, high int64) ([]byte, bool, error) {
	const slot = int64(1) << store.HashBits
	from := low + rand.Int64N(high-low+1)
	_ = t.headsFrom(ns, from, func(h int64, _ store.Entry) bool {
		from = h - h%slot + rand.Int64N(slot)
		return false
	})
	for _, start := range [...]int64{from, from - from%slot, low} {
		name, err := t.nthKey(ns, start, high+1, 0)
		if name != nil || err != nil {
			return name, name != nil, err
		}
	}
	return nil, false, nil
}
