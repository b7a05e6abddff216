package sqlite

import (
	"math/bits"
	"math/rand/v2"

	"larder/store"
	"larder/store/sqlite/blocks"
)

const (
	// perWindow is how many items a window of the hash's range holds on average; with inWindow as
	// the most, one in 10^10 windows holds more, and its last items are then chosen a little less.
	perWindow = 8
	inWindow  = 32
	// smallPart is up to where stepping over a rank's items beats drawing windows.
	smallPart = 64
	// drawTries bounds the windows drawn for one item: it ends only if size is wrong.
	drawTries = 4096
)

// Random draws windows of the hash's range, all of one width, and takes the i-th item of one if it has so many,
// with i drawn before: so every item has the same chance, which "the next behind a random
// hash" does not give.
func (t *tx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	if err := t.readable(); err != nil || size <= 0 {
		return nil, err
	}
	var drawn []store.Item
	for range n {
		var it store.Item
		var err error
		if p.Class() == store.Hashed && size > smallPart {
			it, err = t.drawHashed(id, p, size)
		} else {
			it, err = t.drawRank(id, p, rand.Int64N(size))
		}
		if err != nil {
			return drawn, err
		}
		drawn = append(drawn, it)
	}
	return drawn, nil
}

func (t *tx) drawHashed(id store.ID, p store.Part, size int64) (store.Item, error) {
	windows := uint(bits.Len64(uint64(size / perWindow)))
	shift := store.HashBits - windows
	for range drawTries {
		from := rand.Int64N(1<<windows) << shift
		sp := blocks.Span{Lo: blocks.Mark{Pos: from}, Hi: blocks.Mark{Pos: from + 1<<shift}}
		it, err := t.nth(id, p, sp, rand.Int64N(inWindow))
		if it.Found || err != nil {
			return it, err
		}
	}
	return store.Item{}, misuse("a part holds fewer items than the caller said")
}

// drawRank takes the item of a rank.
func (t *tx) drawRank(id store.ID, p store.Part, rank int64) (store.Item, error) {
	r := store.Range{Skip: rank, Limit: 1}
	if o, ok := blocks.Order(p); ok {
		r.Order = o
	}
	for it, err := range t.Range(id, p, r) {
		return t.kept(it), err
	}
	return store.Item{}, misuse("a part holds fewer items than the caller said")
}

// nth returns the i-th item of a span; not Found if there are fewer.
func (t *tx) nth(id store.ID, p store.Part, sp blocks.Span, i int64) (store.Item, error) {
	cur, err := t.loop(id, p, sp, naturalUp, 1, i)
	if err != nil {
		return store.Item{}, err
	}
	defer t.closeLoop(cur)
	e, ok, err := t.next(cur)
	if err != nil || !ok {
		return store.Item{}, err
	}
	it, err := t.complete(cur, e)
	return t.kept(it), err
}

// kept copies an item for the rest of the transaction.
func (t *tx) kept(it store.Item) store.Item {
	it.Field, it.Value = t.keep(it.Field), t.keep(it.Value)
	return it
}
