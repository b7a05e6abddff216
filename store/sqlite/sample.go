package sqlite

import (
	"context"
	"math"
	"math/rand/v2"

	"larder/store"
	"larder/store/sqlite/capi"
)

const (
	// sparse is up to which share of a database keys with an expiry are looked for in the index of
	// expiries: stepping over the others would cost more than a lookup for each.
	sparse = 8
	// useBits is the room for the frequency below the time in heads.used.
	useBits = 8
)

// Sample reads neighbours in the order of heads from a random place on: that order is random, and a page
// holds two dozen of them.
func (e *Engine) Sample(ctx context.Context, dst []store.Candidate, n int, volatile bool) ([]store.Candidate, error) {
	at := len(dst)
	err := e.read(ctx, func(t *tx) (err error) {
		dst = dst[:at]
		sp := t.drawSpace(volatile)
		if sp == nil {
			return nil
		}
		if volatile && sp.volatile*sparse < sp.size {
			dst, err = t.sampleIndex(dst, sp, n)
		} else {
			dst, err = t.sampleHeads(dst, sp, n, volatile)
		}
		return err
	})
	return dst, err
}

// drawSpace draws a database in proportion to the keys it has; nil if there are none.
func (t *tx) drawSpace(volatile bool) *space {
	weight := func(s *space) int64 {
		if volatile {
			return s.volatile
		}
		return s.size
	}
	total := int64(0)
	for i := range t.ledger.spaces {
		total += weight(&t.ledger.spaces[i])
	}
	draw := rand.Int64N(max(total, 1))
	for i := range t.ledger.spaces {
		if draw -= weight(&t.ledger.spaces[i]); draw < 0 {
			return &t.ledger.spaces[i]
		}
	}
	return nil
}

func (t *tx) sampleHeads(dst []store.Candidate, sp *space, n int, volatile bool) ([]store.Candidate, error) {
	from, err := t.drawPlace(sp.ns)
	if err != nil {
		return dst, err
	}
	at, most := len(dst), n
	if volatile {
		most = n * sparse * 2
	}
	for _, r := range [...][2]int64{{from, math.MaxInt64}, {0, from}} { // round, or the first key had no chance
		s := t.conn.s.sampleHeads
		s.BindInts(1, sp.ns, r[0], r[1], int64(most))
		rows := 0
		dst, rows, err = t.candidates(dst, at+n, s, sp.db, volatile)
		if most -= rows; err != nil || most == 0 {
			break
		}
	}
	if volatile && err == nil && len(dst) == at {
		return t.sampleIndex(dst, sp, n)
	}
	return dst, err
}

// drawPlace draws a place in the order of heads. Where a slot is empty, a place is drawn in the next that is not: in a
// database of one hash tag all keys are in one slot.
func (t *tx) drawPlace(ns int64) (int64, error) {
	low, high, err := t.ends(ns)
	if err != nil || high <= low {
		return low, err
	}
	at := low + rand.Int64N(high-low+1)
	s := t.conn.s.headNext
	s.BindInts(1, ns, at)
	h, found, err := t.conn.count(s)
	const slot = int64(1) << store.HashBits
	if err != nil || !found || h/slot == at/slot {
		return at, t.fail(err)
	}
	return h - h%slot + rand.Int64N(slot), nil
}

// sampleIndex draws times between the first and the last expiry.
func (t *tx) sampleIndex(dst []store.Candidate, sp *space, n int) ([]store.Candidate, error) {
	low, high, err := t.expiryEnds(sp.ns)
	if err != nil {
		return dst, err
	}
	at := len(dst)
	for range n {
		s := t.conn.s.sampleExpire
		s.BindInts(1, sp.ns, low+rand.Int64N(max(high-low, 0)+1), 2)
		var err error
		if dst, _, err = t.candidates(dst, at+n, s, sp.db, true); err != nil || len(dst) >= at+n {
			return dst, err
		}
	}
	return dst, nil
}

// expiryEnds returns the first and the last expiry of a namespace, 0 if no key has one.
func (t *tx) expiryEnds(ns int64) (low, high int64, err error) {
	s := t.conn.s.expireEnds
	s.BindInt(1, ns)
	if _, err := t.conn.step(s); err != nil {
		return 0, 0, t.fail(err)
	}
	low, high = s.Int(0), s.Int(1)
	s.Reset()
	return low, high, nil
}

// candidates appends the rows of a statement until there are most, and tells how many rows it has looked at.
func (t *tx) candidates(dst []store.Candidate, most int, s *capi.Stmt, db int, volatile bool) (
	_ []store.Candidate, rows int, err error,
) {
	defer s.Reset()
	for ; len(dst) < most; rows++ {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return dst, rows, t.fail(err)
		}
		c := store.Candidate{Key: store.Key{DB: db, Name: s.Clone(0)}, Bytes: s.Int(1), StoredAt: s.Int(2)}
		used, times := s.Int(3), timesOf(s, 4)
		c.ExpireAt = times.ExpireAt
		c.UsedAt, c.Frequency = used>>useBits, uint8(used)
		c.Blessed = times.Notes.Blessed()
		if !volatile || c.ExpireAt != 0 {
			dst = append(dst, c)
		}
	}
	return dst, rows, nil
}

// KeepUses writes heads.used, and nothing that anybody else reads.
func (e *Engine) KeepUses(ctx context.Context, uses []store.Use) error {
	return e.change(ctx, func(t *tx) error {
		for _, u := range uses {
			sp := t.ledger.find(u.Key.DB)
			if sp == nil {
				continue
			}
			s := t.conn.s.headUsed
			bindHead(s, sp.ns, e.hash.head(u.Key.Name), u.Key.Name)
			s.BindInt(4, u.At<<useBits|int64(u.Frequency))
			if err := t.conn.Exec(s); err != nil {
				return t.fail(err)
			}
		}
		return nil
	})
}

// Stamp says when the next head was put, for a journal that hands it down later.
func (t *tx) Stamp(millis int64) { t.stamp = millis }

func (t *tx) storedAt() int64 {
	at := t.stamp
	t.stamp = 0
	if at == 0 {
		return t.now
	}
	return at
}
