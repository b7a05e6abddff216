package memtable

import (
	"bytes"
	"math/rand/v2"

	"larder/store"
)

const (
	// randomTries bounds the draws that RandomKey and Random make before they walk.
	randomTries = 100
	// firstWalk is the length of the first page of a walk; each that shows nothing is followed by one of twice the length,
	// up to longWalk.
	firstWalk, longWalk = 16, 1024
)

// RandomKey draws from all layers or from the base in proportion, and again when a layer hides what came from
// the base. The stack is looked at as a whole: a layer that asked the one below as often as it likes, and that one the
// next, would multiply the draws.
func (m *Merged) RandomKey(db int) ([]byte, bool, error) {
	size, err := m.Size(db)
	if err != nil || size == 0 {
		return nil, false, err
	}
	base, layers := m.stack()
	below, err := base.Size(db)
	if err != nil {
		return nil, false, err
	}
	mine := m.shown(layers, db)
	for range randomTries {
		all := below + int64(len(mine))
		if all == 0 {
			return nil, false, nil
		}
		draw := rand.Int64N(all)
		if draw >= below {
			return bytes.Clone(mine[draw-below].name()), true, nil
		}
		name, ok, err := base.RandomKey(db)
		switch {
		case err != nil:
			return nil, false, err
		case !ok:
			below = 0 // all have expired there
		case !hidden(layers, store.Key{DB: db, Name: name}):
			return name, true, nil
		}
	}
	return m.anyKey(db)
}

// stack returns the base and the layers over it, oldest first.
func (m *Merged) stack() (base store.BaseTx, layers []*Layer) {
	under, ok := m.low.(*Merged)
	if !ok {
		return m.low, []*Layer{m.layer}
	}
	base, layers = under.stack()
	return base, append(layers, m.layer)
}

// shown lists the live keys of a database that layers have.
func (m *Merged) shown(layers []*Layer, db int) (list []*headEntry) {
	for i, l := range layers {
		for e := range l.heads.all() {
			if h := m.alive(e); int(e.db) == db && h.Exists() && !hidden(layers[i+1:], e.key()) {
				list = append(list, e)
			}
		}
	}
	return list
}

// anyKey walks from a random place, and then from the beginning, until it meets a key.
func (m *Merged) anyKey(db int) ([]byte, bool, error) {
	const places = uint64(1) << (store.HashBits + 14) // slots are of 14 bits
	for _, from := range [...]store.Cursor{store.Cursor(rand.Uint64N(places)), 0} {
		name, ok, err := m.keyFrom(db, from)
		if ok || err != nil {
			return name, ok, err
		}
	}
	return nil, false, nil
}

func (m *Merged) keyFrom(db int, from store.Cursor) ([]byte, bool, error) {
	for n := firstWalk; ; n = min(2*n, longWalk) {
		entries, next, err := m.Scan(db, from, n)
		switch {
		case err != nil:
			return nil, false, err
		case len(entries) > 0:
			return entries[rand.IntN(len(entries))].Name, true, nil
		case next == 0:
			return nil, false, nil
		}
		from = next
	}
}
