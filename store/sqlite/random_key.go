package sqlite

import (
	"math"
	"math/rand/v2"

	"larder/store"
)

const (
	// fewKeys is up to where RandomKey lists a database instead of drawing windows.
	fewKeys = 256
	// keysPerWindow is how many keys a window holds on average; one that holds more than
	// windowKeys, or more than windowRows with those that have expired, is dense.
	keysPerWindow = 8
	windowKeys    = 32
	windowRows    = 512
	windowTries   = 64
)

// RandomKey draws windows of the order of heads, of equal width, and takes the i-th key of one if it has so many,
// with i drawn before: so keys have the same chance. Only keys that stand closer than the hash
// makes them, those of one hash tag in a large database, have less.
func (t *tx) RandomKey(db int) (name []byte, ok bool, err error) {
	if err := t.readable(); err != nil {
		return nil, false, err
	}
	sp := t.ledger.find(db)
	if sp == nil || sp.size == 0 {
		return nil, false, nil
	}
	low, high, err := t.ends(sp.ns)
	if err != nil {
		return nil, false, err
	}
	if sp.size <= fewKeys {
		return t.pickKey(sp.ns, low, high+1)
	}
	width := max((high-low)/(sp.size/keysPerWindow), 1)
	for range windowTries {
		from := low + rand.Int64N((high-low)/width+1)*width
		names, all, err := t.liveKeys(sp.ns, from, from+width, windowKeys+1)
		if err != nil {
			return nil, false, err
		}
		if i := rand.IntN(windowKeys); all && i < len(names) {
			return names[i], true, nil
		}
		if !all {
			return t.keyNear(sp, from, min(from+width, high+1))
		}
	}
	return t.keyNear(sp, low, high+1)
}

// ends returns the first and last place of a namespace that has heads.
func (t *tx) ends(ns int64) (low, high int64, err error) {
	t.conn.s.headFirst.BindInt(1, ns)
	t.conn.s.headLast.BindInt(1, ns)
	if low, _, err = t.conn.count(t.conn.s.headFirst); err == nil {
		high, _, err = t.conn.count(t.conn.s.headLast)
	}
	return low, high, t.fail(err)
}

// liveKeys lists at most n keys of a window. all is false if the window has more, or so many rows of expired ones that
// it was not read to its end.
func (t *tx) liveKeys(ns, from, limit int64, n int) (names [][]byte, all bool, err error) {
	rows := 0
	all = true
	err = t.headsFrom(ns, from, func(h int64, e store.Entry) bool {
		if h >= limit {
			return false
		}
		if !e.Head.Expired(t.now) {
			names = append(names, e.Name)
		}
		rows++
		all = len(names) < n && rows < windowRows
		return all
	})
	return names, all, err
}

func (t *tx) pickKey(ns, from, limit int64) ([]byte, bool, error) {
	names, _, err := t.liveKeys(ns, from, limit, fewKeys+1)
	if len(names) == 0 {
		return nil, false, err
	}
	return names[rand.IntN(len(names))], true, err
}

// keyNear takes a key at a random place of a slot at a random place: inside a slot, names are
// spread evenly. Where the keys behind have expired it looks from the start of the slot, then from that of the
// window, and then anywhere.
func (t *tx) keyNear(sp *space, from, limit int64) ([]byte, bool, error) {
	const slot = int64(1) << store.HashBits
	at := from + rand.Int64N(limit-from)
	err := t.headsFrom(sp.ns, at, func(h int64, _ store.Entry) bool {
		at = h - h%slot + rand.Int64N(slot)
		return false
	})
	if err != nil {
		return nil, false, err
	}
	for _, start := range [...]int64{at, at - at%slot, from} {
		names, _, err := t.liveKeys(sp.ns, start, limit, 1)
		if len(names) > 0 || err != nil {
			return append(names, nil)[0], len(names) > 0, err
		}
	}
	return t.anyLive(sp)
}

// anyLive finds a live key where nearly all have expired, which walking over their rows would take long to find. Those
// with an expiry are found by its index, so only what has none is walked for, inside SQLite, and only if there
// is any.
func (t *tx) anyLive(sp *space) (name []byte, ok bool, err error) {
	timeless := sp.size - sp.volatile
	find := [...]func(*space) ([]byte, bool, error){t.anyTimed, t.anyTimeless}
	if timeless <= 0 {
		return t.anyTimed(sp)
	}
	if rand.Int64N(sp.size) < timeless {
		find[0], find[1] = find[1], find[0]
	}
	for _, f := range find {
		if name, ok, err = f(sp); ok || err != nil {
			break
		}
	}
	return name, ok, err
}

// anyTimed draws a time from now to the last expiry, and a place among the keys that expire then.
func (t *tx) anyTimed(sp *space) ([]byte, bool, error) {
	_, high, err := t.expiryEnds(sp.ns)
	if err != nil || high < t.now {
		return nil, false, err
	}
	at := store.Due{Key: store.Key{DB: -1}, ExpireAt: t.now + rand.Int64N(high-t.now+1)}
	first, err := t.expiring(nil, sp, at, math.MaxInt64, 1)
	if err != nil || len(first) == 0 {
		return nil, false, err
	}
	low, err := t.drawPlace(sp.ns)
	if err != nil {
		return nil, false, err
	}
	near, err := t.expiringFrom(nil, sp, first[0].ExpireAt, low, nil, first[0].ExpireAt+1, 1)
	if err != nil {
		return nil, false, err
	}
	return append(near, first...)[0].Key.Name, true, nil
}

// anyTimeless walks from a random place to the next key without an expiry.
func (t *tx) anyTimeless(sp *space) ([]byte, bool, error) {
	from, err := t.drawPlace(sp.ns)
	if err != nil {
		return nil, false, err
	}
	for _, start := range [...]int64{from, 0} {
		s := t.conn.s.headTimeless
		s.BindInts(1, sp.ns, start)
		row, err := t.conn.step(s)
		if row {
			name := t.nameIn(s, 0)
			s.Reset()
			return name, true, nil
		}
		if s.Reset(); err != nil {
			return nil, false, t.fail(err)
		}
	}
	return nil, false, nil
}
