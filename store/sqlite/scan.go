package sqlite

import (
	"math/rand/v2"

	"larder/store"
)

// Scan reads n rows and then those of the last one's granule, so that a cursor never points into one.
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
	s.bindInt(1, ns)
	s.bindInt(2, h)
	defer s.reset()
	for {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return t.fail(err)
		}
		name := t.arena.column(s, 0)
		if name == nil {
			name = []byte{}
		}
		if !fn(s.int(8), store.Entry{Name: name, Head: t.readHead(s)}) {
			return nil
		}
	}
}

const (
	// fewKeys is up to where RandomKey lists a database instead of drawing windows.
	fewKeys = 256
	// keysPerWindow is how many keys a window holds on average; one that holds more than
	// windowKeys is dense.
	keysPerWindow = 8
	windowKeys    = 32
	windowTries   = 64
)

// RandomKey draws windows of the order of heads, of equal width, and takes the i-th key of one if it has so many,
// with i drawn before: so keys have the same chance. Only keys that stand closer than the hash
// makes them, those of one hash tag in a large database, have less.
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
	if size <= fewKeys {
		return t.pickKey(sp.ns, low, high+1)
	}
	width := max((high-low)/(size/keysPerWindow), 1)
	for range windowTries {
		from := low + rand.Int64N((high-low)/width+1)*width
		names, err := t.liveKeys(sp.ns, from, from+width, windowKeys+1)
		if err != nil {
			return nil, false, err
		}
		if i := rand.IntN(windowKeys); i < len(names) && len(names) <= windowKeys {
			return names[i], true, nil
		}
		if len(names) > windowKeys {
			return t.keyNear(sp.ns, from, min(from+width, high+1))
		}
	}
	return t.keyNear(sp.ns, low, high+1)
}

// ends returns the first and last place of a namespace that has heads.
func (t *tx) ends(ns int64) (low, high int64, err error) {
	t.conn.s.headFirst.bindInt(1, ns)
	t.conn.s.headLast.bindInt(1, ns)
	if low, _, err = t.conn.count(t.conn.s.headFirst); err == nil {
		high, _, err = t.conn.count(t.conn.s.headLast)
	}
	return low, high, t.fail(err)
}

// liveKeys lists at most n keys of a window.
func (t *tx) liveKeys(ns, from, limit int64, n int) (names [][]byte, err error) {
	err = t.headsFrom(ns, from, func(h int64, e store.Entry) bool {
		if h >= limit {
			return false
		}
		if !e.Head.Expired(t.now) {
			names = append(names, e.Name)
		}
		return len(names) < n
	})
	return names, err
}

func (t *tx) pickKey(ns, from, limit int64) ([]byte, bool, error) {
	names, err := t.liveKeys(ns, from, limit, fewKeys)
	if len(names) == 0 {
		return nil, false, err
	}
	return names[rand.IntN(len(names))], true, err
}

// keyNear takes a key at a random place of a slot at a random place: inside a slot, names are
// spread evenly. Where all keys behind have expired it looks from the start of the slot, and
// then of the window.
func (t *tx) keyNear(ns, from, limit int64) ([]byte, bool, error) {
	const slot = int64(1) << store.HashBits
	at := from + rand.Int64N(limit-from)
	err := t.headsFrom(ns, at, func(h int64, _ store.Entry) bool {
		at = h - h%slot + rand.Int64N(slot)
		return false
	})
	if err != nil {
		return nil, false, err
	}
	for _, start := range [...]int64{at, at - at%slot, from} {
		names, err := t.liveKeys(ns, start, limit, 1)
		if len(names) > 0 || err != nil {
			return append(names, nil)[0], len(names) > 0, err
		}
	}
	return nil, false, nil
}
