package shard

import (
	"fmt"
	"iter"
	"time"

	"larder/store"
)

// shards gives a transaction its shards: a group opens one when it is touched first, a View has them from the
// beginning.
type shards interface {
	at(shard int) (store.BaseTx, error)
	// void reports whether the present run is given up, to begin another.
	void() bool
}

// Tx is a transaction over all shards. An id outside tells its shard: inner * number of shards + shard. A key's items
// need not be in the key's shard: a renamed key leaves them where they are. It belongs to the goroutine of its
// transaction.
type Tx struct {
	fence
	hint   *store.Scope
	order  *Order
	shards shards
	now    time.Time
	only   *Shard // nil, or the one shard that it sees
	points savepoints
	dbs    numbering
}

// begin readies the transaction. One that writes may touch any key, whatever its scope says.
func (t *Tx) begin(o *Order, s shards, dbs numbering, now time.Time, scope *store.Scope, write bool) {
	t.order, t.shards, t.dbs, t.now, t.hint, t.fence, t.only = o, s, dbs, now, scope, fence{}, nil
	if !write {
		t.scope = scope
	}
	t.points.reset()
}

// at is a shard, with the savepoints that it has not taken yet.
func (t *Tx) at(shard int) (store.BaseTx, error) {
	tx, err := t.shards.at(shard)
	if err == nil && t.points.depth > 0 {
		err = t.points.reach(tx, shard, len(t.order.shards))
	}
	return tx, err
}

// home is the shard where a key is looked for.
func (t *Tx) home(name []byte) int {
	if t.only != nil {
		return t.only.index
	}
	return t.order.shardOf(name)
}

// Void reports whether a read has to wait for the disk, what was written is too large, or a View needs another shard.
func (t *Tx) Void() bool { return t.shards.void() }

// Staged reports whether the transaction runs apart from the line: see staging.
func (t *Tx) Staged() bool {
	_, apart := t.shards.(*staging)
	return apart
}

// Now is the same for all shards.
func (t *Tx) Now() time.Time { return t.now }

// ofKey returns the shard of a key in scope.
func (t *Tx) ofKey(k store.Key) (int, store.BaseTx, error) {
	if err := t.admits(k); err != nil {
		return 0, nil, err
	}
	shard := t.home(k.Name)
	tx, err := t.at(shard)
	return shard, tx, err
}

// ofID returns the shard of an id, and the id by that shard's own count.
func (t *Tx) ofID(id store.ID) (store.BaseTx, store.ID, error) {
	n := store.ID(len(t.order.shards))
	shard := int(id % n)
	if id == 0 && len(t.hint.Keys) > 0 { // owns nothing anywhere
		shard = t.home(t.hint.Keys[0].Name)
	}
	tx, err := t.at(shard)
	return tx, id / n, err
}

// outer is what the transaction calls an id that a shard knows as inner.
func (t *Tx) outer(shard int, inner store.ID) store.ID {
	if inner == 0 {
		return 0
	}
	if inner >= store.Foreign {
		shard, inner = inner.Home()
	}
	return inner*store.ID(len(t.order.shards)) + store.ID(shard)
}

// inner is what a shard knows an id as.
func (t *Tx) inner(shard int, id store.ID) store.ID {
	n := store.ID(len(t.order.shards))
	if home := int(id % n); id != 0 && home != shard {
		return store.Abroad(home, id/n)
	}
	return id / n
}

// named turns the id of a head that a shard holds into the transaction's.
func (t *Tx) named(shard int, h *store.Head) error {
	if h.ID >= store.Foreign {
		if home, _ := h.ID.Home(); home >= len(t.order.shards) {
			return &store.Error{Code: store.CodeDamaged, Message: fmt.Sprintf(
				"a key of shard %d says that its items are in shard %d, which does not exist", shard, home)}
		}
	}
	h.ID = t.outer(shard, h.ID)
	return nil
}

// Heads asks each shard once.
func (t *Tx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if len(keys) == 1 {
		return t.headsOf(dst, t.home(keys[0].Name), keys)
	}
	from := len(dst)
	dst = append(dst, make([]store.Head, len(keys))...)
	err := t.split(keys, func(shard int, mine []store.Key, at []int) error {
		heads, err := t.headsOf(nil, shard, mine)
		for i, h := range heads {
			dst[from+at[i]] = h
		}
		return err
	})
	if err != nil {
		return dst[:from], err
	}
	return dst, nil
}

// headsOf asks one shard for keys of its own.
func (t *Tx) headsOf(dst []store.Head, shard int, keys []store.Key) ([]store.Head, error) {
	if err := t.admits(keys...); err != nil {
		return dst, err
	}
	tx, err := t.at(shard)
	if err != nil {
		return dst, err
	}
	from := len(dst)
	if dst, err = tx.Heads(dst, t.dbs.keys(keys)...); err != nil {
		return dst, err
	}
	for i := range dst[from:] {
		if err := t.named(shard, &dst[from+i]); err != nil {
			return dst[:from], err
		}
	}
	return dst, nil
}

// split calls fn with the keys of each shard and where they stand among all.
func (t *Tx) split(keys []store.Key, fn func(shard int, mine []store.Key, at []int) error) error {
	mine, at := make([][]store.Key, len(t.order.shards)), make([][]int, len(t.order.shards))
	for i, k := range keys {
		shard := t.home(k.Name)
		mine[shard], at[shard] = append(mine[shard], k), append(at[shard], i)
	}
	for shard := range mine {
		if len(mine[shard]) == 0 {
			continue
		}
		if err := fn(shard, mine[shard], at[shard]); err != nil {
			return err
		}
	}
	return nil
}

// PutHead has an id's own shard know that it is ranked, if that is another than the key's.
func (t *Tx) PutHead(k store.Key, h store.Head) error {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return err
	}
	id := h.ID
	h.ID = t.inner(shard, id)
	if h.Ranked && h.ID >= store.Foreign {
		home, own, err := t.ofID(id)
		if err == nil {
			err = home.Rank(own)
		}
		if err != nil {
			return err
		}
	}
	k.DB = t.dbs.inner(k.DB)
	return tx.PutHead(k, h)
}

// NewID is an id of the key's shard.
func (t *Tx) NewID(k store.Key) (store.ID, error) {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return 0, err
	}
	inner, err := tx.NewID(k)
	return t.outer(shard, inner), err
}

// Drop asks each shard once.
func (t *Tx) Drop(keys ...store.Key) (int, error) {
	return t.each(keys, func(tx store.BaseTx, mine []store.Key) (int, error) { return tx.Drop(mine...) })
}

// Expire asks each shard once.
func (t *Tx) Expire(keys ...store.Key) (int, error) {
	return t.each(keys, func(tx store.BaseTx, mine []store.Key) (int, error) { return tx.Expire(mine...) })
}

// Row asks the key's shard.
func (t *Tx) Row(k store.Key) (store.Head, bool, error) {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return store.Head{}, false, err
	}
	k.DB = t.dbs.inner(k.DB)
	h, there, err := tx.Row(k)
	if err == nil {
		err = t.named(shard, &h)
	}
	return h, there, err
}

// each calls fn with the keys of each shard, and adds up.
func (t *Tx) each(keys []store.Key, fn func(store.BaseTx, []store.Key) (int, error)) (total int, err error) {
	if err := t.admits(keys...); err != nil {
		return 0, err
	}
	if len(keys) == 1 {
		tx, err := t.at(t.home(keys[0].Name))
		if err != nil {
			return 0, err
		}
		return fn(tx, t.dbs.keys(keys))
	}
	err = t.split(keys, func(shard int, mine []store.Key, _ []int) error {
		tx, err := t.at(shard)
		if err != nil {
			return err
		}
		n, err := fn(tx, t.dbs.keys(mine))
		total += n
		return err
	})
	return total, err
}

// Move leaves the items in the shard where they are.
func (t *Tx) Move(from, to store.Key, h store.Head) error {
	shard, tx, err := t.ofKey(from)
	if err != nil {
		return err
	}
	from.DB = t.dbs.inner(from.DB)
	if shard == t.home(to.Name) {
		h.ID, to.DB = t.inner(shard, h.ID), t.dbs.inner(to.DB)
		return tx.Move(from, to, h)
	}
	if err := tx.Unlink(from); err != nil {
		return err
	}
	if at := t.home(to.Name); h.ID != 0 && t.inner(at, h.ID) < store.Foreign { // it comes home
		tx, err := t.at(at)
		if err == nil {
			err = tx.Adopt(t.inner(at, h.ID))
		}
		if err != nil {
			return err
		}
	}
	return t.PutHead(to, h)
}

// Items looks in the id's shard.
func (t *Tx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return dst, err
	}
	return tx.Items(dst, inner, p, fields...)
}

// PutItems writes into the id's shard.
func (t *Tx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return store.Change{}, err
	}
	return tx.PutItems(inner, p, items...)
}

// DropItems removes from the id's shard.
func (t *Tx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return store.Change{}, err
	}
	return tx.DropItems(inner, p, fields...)
}

// DropRange removes from the id's shard.
func (t *Tx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return store.Change{}, err
	}
	return tx.DropRange(inner, p, r)
}

// Range reads from the id's shard.
func (t *Tx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return func(yield func(store.Item, error) bool) { yield(store.Item{}, err) }
	}
	return tx.Range(inner, p, r)
}

// Count counts in the id's shard.
func (t *Tx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return 0, err
	}
	return tx.Count(inner, p, r)
}

// Random draws from the id's shard.
func (t *Tx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	tx, inner, err := t.ofID(id)
	if err != nil {
		return nil, err
	}
	return tx.Random(inner, p, size, n)
}
