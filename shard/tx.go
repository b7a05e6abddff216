package shard

import (
	"iter"
	"time"

	"larder/store"
)

// shards gives a transaction its shards: a group opens one when it is touched first, a View has them from the
// beginning.
type shards interface {
	at(shard int) (store.BaseTx, error)
}

// Tx is a transaction over all shards. An id outside tells its shard: inner * number of shards + shard. It belongs
// to the goroutine of its transaction.
type Tx struct {
	fence
	hint   *store.Scope
	order  *Order
	shards shards
	now    time.Time
	only   *Shard // nil, or the one shard that it sees
	points savepoints
}

// begin readies the transaction. One that writes may touch any key, whatever its scope says.
func (t *Tx) begin(o *Order, s shards, now time.Time, scope *store.Scope, write bool) {
	t.order, t.shards, t.now, t.hint, t.fence, t.only = o, s, now, scope, fence{}, nil
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

// Void reports whether a read has to wait for the disk, or what was written is too large.
func (t *Tx) Void() bool {
	g, ok := t.shards.(*group)
	return ok && g.void()
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

func (t *Tx) outer(shard int, inner store.ID) store.ID {
	if inner == 0 {
		return 0
	}
	return inner*store.ID(len(t.order.shards)) + store.ID(shard)
}

// SameShard reports whether ids of a's may be put under b.
func (t *Tx) SameShard(a, b store.Key) bool {
	return t.home(a.Name) == t.home(b.Name)
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
	dst, err = tx.Heads(dst, keys...)
	for i := range dst[from:] {
		h := &dst[from+i]
		h.ID = t.outer(shard, h.ID)
	}
	return dst, err
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

// PutHead refuses an id of another shard's.
func (t *Tx) PutHead(k store.Key, h store.Head) error {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return err
	}
	if h.ID != 0 {
		n := store.ID(len(t.order.shards))
		if int(h.ID%n) != shard {
			return &store.Error{Message: "id of one shard put under a key of another"}
		}
		h.ID /= n
	}
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
		return fn(tx, keys)
	}
	err = t.split(keys, func(shard int, mine []store.Key, _ []int) error {
		tx, err := t.at(shard)
		if err != nil {
			return err
		}
		n, err := fn(tx, mine)
		total += n
		return err
	})
	return total, err
}

// Detach removes a key's head and leaves its items.
func (t *Tx) Detach(k store.Key) error {
	_, tx, err := t.ofKey(k)
	if err != nil {
		return err
	}
	return tx.Detach(k)
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
