package shard

import (
	"math/rand/v2"

	"larder/store"
)

// firstSlot is the lowest slot of a shard.
func (t *wideTx) firstSlot(shard int) int {
	n := len(t.txs)
	return (shard*store.SlotCount + n - 1) / n
}

// Scan goes on in the next shard if one ends before n are found, so that a small database is
// scanned in one call. A cursor begins with the slot, which tells the shard; the end of one shard is the
// first slot of the next.
func (t *wideTx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if !t.all {
		return nil, 0, store.ErrScope
	}
	var all []store.Entry
	shard := int(from>>store.HashBits) * len(t.txs) >> 14
	for ; shard < len(t.txs); shard++ { // false at once for a cursor that is none of ours
		found, next, err := t.txs[shard].Scan(db, from, n-len(all))
		if err != nil {
			return nil, 0, err
		}
		all = t.receiveAll(all, db, shard, found)
		if next != 0 {
			return all, next, nil
		}
		from = store.Cursor(t.firstSlot(shard+1)) << store.HashBits
		if len(all) >= n && shard+1 < len(t.txs) {
			return all, from, nil
		}
	}
	return all, 0, nil
}

func (t *wideTx) receiveAll(all []store.Entry, db, shard int, found []store.Entry) []store.Entry {
	for _, e := range found {
		k := store.Key{DB: db, Name: e.Name}
		if e.Head = t.receive(shard, k, e.Head); e.Head.Exists() {
			all = append(all, e)
		}
	}
	return all
}

// RandomKey chooses a shard by its share of the keys. One that has only expired keys gives none;
// then the others are asked, and so on until none has any left.
func (t *wideTx) RandomKey(db int) ([]byte, bool, error) {
	if !t.all {
		return nil, false, store.ErrScope
	}
	sizes, total, err := t.sizes(db)
	for err == nil && total > 0 {
		shard := pick(sizes, rand.Int64N(total))
		name, ok, err := t.txs[shard].RandomKey(db)
		if err != nil {
			return nil, false, err
		}
		if ok && !t.hidden(shard, store.Key{DB: db, Name: name}) {
			return name, true, nil
		}
		total -= sizes[shard]
		sizes[shard] = 0
	}
	return nil, false, err
}

// hidden reports whether a key has expired by the common time.
func (t *wideTx) hidden(shard int, k store.Key) bool {
	if !t.skewed {
		return false
	}
	heads, err := t.txs[shard].Heads(nil, k)
	return err != nil || heads[0].Expired(t.now.UnixMilli())
}

// pick returns the shard in whose share n falls.
func pick(sizes []int64, n int64) int {
	for shard, size := range sizes {
		if n < size {
			return shard
		}
		n -= size
	}
	return len(sizes) - 1
}

func (t *wideTx) sizes(db int) (sizes []int64, total int64, err error) {
	for _, tx := range t.txs {
		n, err := tx.Size(db)
		if err != nil {
			return nil, 0, err
		}
		sizes, total = append(sizes, n), total+n
	}
	return sizes, total, nil
}

func (t *wideTx) Size(db int) (int64, error) {
	if !t.all {
		return 0, store.ErrScope
	}
	_, total, err := t.sizes(db)
	return total, err
}

func (t *wideTx) Flush(db int) error {
	return t.everywhere(func(shard int, tx store.Tx) error {
		err := tx.Flush(db)
		if err == nil {
			t.record.flush(shard, db)
		}
		return err
	})
}

func (t *wideTx) Swap(a, b int) error {
	return t.everywhere(func(shard int, tx store.Tx) error {
		err := tx.Swap(a, b)
		if err == nil {
			t.record.swap(shard, a, b)
		}
		return err
	})
}

func (t *wideTx) everywhere(fn func(shard int, tx store.Tx) error) error {
	if !t.all {
		return store.ErrScope
	}
	for shard, tx := range t.txs {
		if err := fn(shard, tx); err != nil {
			return err
		}
	}
	return nil
}
