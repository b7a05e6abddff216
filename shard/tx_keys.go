package shard

import (
	"math/rand/v2"
	"slices"

	"larder/store"
)

// firstOf is where the keys of a shard begin.
func (o *Order) firstOf(shard int) store.Cursor {
	n := len(o.shards)
	slot := (shard*store.SlotCount + n - 1) / n
	return store.Cursor(slot) << store.HashBits
}

// pages asks one shard after the other from a cursor on, until there are n: a cursor begins with the slot, which
// tells the shard, and the end of one shard is the first slot of the next. So a small database is scanned in one call.
func (t *Tx) pages(from store.Cursor, n int, page func(store.BaseTx, int, store.Cursor) (found int, next store.Cursor,
	err error)) (store.Cursor, error) {
	if err := t.whole(); err != nil {
		return 0, err
	}
	if t.only != nil {
		tx, err := t.at(t.only.index)
		if err != nil {
			return 0, err
		}
		_, next, err := page(tx, t.only.index, from)
		return next, err
	}
	count, found := len(t.order.shards), 0
	shard := int(from>>store.HashBits) * count >> store.SlotBits
	for ; shard < count; shard++ { // false at once for a cursor that is none of ours
		tx, err := t.at(shard)
		if err != nil {
			return 0, err
		}
		more, next, err := page(tx, shard, from)
		if err != nil || next != 0 {
			return next, err
		}
		found += more
		from = t.order.firstOf(shard + 1)
		if found >= n && shard+1 < count {
			return from, nil
		}
	}
	return 0, nil
}

// Scan goes on in the next shard if one ends before n are found.
func (t *Tx) Scan(db int, from store.Cursor, n int) (all []store.Entry, next store.Cursor, err error) {
	next, err = t.pages(from, n, func(tx store.BaseTx, shard int, from store.Cursor) (int, store.Cursor, error) {
		found, next, err := tx.Scan(t.dbs.inner(db), from, n-len(all))
		for i := 0; i < len(found) && err == nil; i++ {
			err = t.named(shard, &found[i].Head)
		}
		all = append(all, found...)
		return len(found), next, err
	})
	return all, next, err
}

// Tagged goes through the shards as Scan does, with the same cursors.
func (t *Tx) Tagged(db int, tag string, from store.Cursor, n int) (all [][]byte, next store.Cursor, err error) {
	next, err = t.pages(from, n, func(tx store.BaseTx, _ int, from store.Cursor) (int, store.Cursor, error) {
		found, next, err := tx.Tagged(t.dbs.inner(db), tag, from, n-len(all))
		all = append(all, found...)
		return len(found), next, err
	})
	return all, next, err
}

// Names merges what each shard has of the span.
func (t *Tx) Names(db int, s store.Span) (all [][]byte, err error) {
	err = t.everywhere(func(_ int, tx store.BaseTx) error {
		names, err := tx.Names(t.dbs.inner(db), s)
		all = append(all, names...)
		return err
	})
	slices.SortFunc(all, func(a, b []byte) int {
		if s.Precedes(a, b) {
			return -1
		}
		return 1 // names differ: each is on one shard
	})
	return all[:min(len(all), s.Limit)], err
}

// RandomKey chooses a shard by its share of the keys. One that has only expired keys gives none; then the others are
// asked, and so on until none has any left.
func (t *Tx) RandomKey(db int) ([]byte, bool, error) {
	sizes, total, err := t.sizes(db)
	for err == nil && total > 0 {
		shard := pick(sizes, rand.Int64N(total))
		tx, failed := t.at(shard)
		if failed != nil {
			return nil, false, failed
		}
		name, ok, failed := tx.RandomKey(t.dbs.inner(db))
		if ok || failed != nil {
			return name, ok, failed
		}
		total -= sizes[shard]
		sizes[shard] = 0
	}
	return nil, false, err
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

func (t *Tx) sizes(db int) (sizes []int64, total int64, err error) {
	sizes = make([]int64, len(t.order.shards))
	err = t.everywhere(func(shard int, tx store.BaseTx) error {
		n, err := tx.Size(t.dbs.inner(db))
		sizes[shard], total = n, total+n
		return err
	})
	return sizes, total, err
}

// Size adds the shards up.
func (t *Tx) Size(db int) (int64, error) {
	_, total, err := t.sizes(db)
	return total, err
}

// Flush empties the database in every shard.
func (t *Tx) Flush(db int) error {
	return t.everywhere(func(_ int, tx store.BaseTx) error { return tx.Flush(t.dbs.inner(db)) })
}

func (t *Tx) everywhere(fn func(shard int, tx store.BaseTx) error) error {
	if err := t.whole(); err != nil {
		return err
	}
	for shard := range t.order.shards {
		if t.only != nil && t.only.index != shard {
			continue
		}
		tx, err := t.at(shard)
		if err == nil {
			err = fn(shard, tx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
