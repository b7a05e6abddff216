package shard

import (
	"iter"
	"time"

	"larder/store"
)

// wideTx joins the transactions of several shards. One goroutine at a time may use it.
//
// Its ids are inner*N + shard. Its Now is the latest of its shards': engines read their clocks one after
// the other, so a key may have expired by the common time but not by its shard's own. skewed says
// that they differ, and then such keys are hidden here.
type wideTx struct {
	*reach
	txs    []store.Tx // by shard; nil where the scope has no key
	now    time.Time
	skewed bool
	record *record // nil where nothing is replayed
	// slots are those the scope allows where the shards' own transactions do not know it, else nil.
	slots map[uint16]bool
}

func newWideTx(r *reach) *wideTx {
	return &wideTx{reach: r, txs: make([]store.Tx, len(r.fanout.lanes))}
}

func (t *wideTx) set(shard int, tx store.Tx) { t.txs[shard] = tx }

// confine makes the transaction itself refuse keys outside its scope.
func (t *wideTx) confine(s store.Scope) {
	if s.All {
		return
	}
	t.slots = make(map[uint16]bool, len(s.Keys))
	for _, k := range s.Keys {
		t.slots[store.Slot(k.Name)] = true
	}
}

// begin fixes the time, when all shards are there.
func (t *wideTx) begin() {
	t.skewed, t.now = false, t.txs[t.shards[0]].Now()
	for _, i := range t.shards[1:] {
		now := t.txs[i].Now()
		t.skewed = t.skewed || !now.Equal(t.now)
		if now.After(t.now) {
			t.now = now
		}
	}
}

// ofKey returns the shard of a key in scope.
func (t *wideTx) ofKey(k store.Key) (int, store.Tx, error) {
	i := t.fanout.shardOf(k.Name)
	if t.txs[i] == nil || t.slots != nil && !t.slots[store.Slot(k.Name)] {
		return i, nil, store.ErrScope
	}
	return i, t.txs[i], nil
}

// ofID returns the shard of an id and the id by that shard's own count.
func (t *wideTx) ofID(id store.ID) (int, store.Tx, store.ID, error) {
	n := store.ID(len(t.txs))
	i, inner := int(id%n), id/n
	if id == 0 {
		i = t.shards[0] // owns nothing anywhere
	}
	if t.txs[i] == nil {
		return i, nil, 0, store.ErrScope
	}
	return i, t.txs[i], inner, nil
}

func (t *wideTx) outer(shard int, inner store.ID) store.ID {
	if inner == 0 {
		return 0
	}
	return inner*store.ID(len(t.txs)) + store.ID(shard)
}

// receive makes a shard's head one of this transaction's.
func (t *wideTx) receive(shard int, k store.Key, h store.Head) store.Head {
	if t.skewed && h.Expired(t.now.UnixMilli()) {
		return store.Head{}
	}
	t.record.meet(shard, k, h.ID)
	h.ID = t.outer(shard, h.ID)
	return h
}

func (t *wideTx) Now() time.Time { return t.now }

func (t *wideTx) SameShard(a, b store.Key) bool {
	return t.fanout.shardOf(a.Name) == t.fanout.shardOf(b.Name)
}

// Heads asks each shard once.
func (t *wideTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	from := len(dst)
	dst = append(dst, make([]store.Head, len(keys))...)
	err := t.split(keys, func(shard int, tx store.Tx, mine []store.Key, at []int) error {
		heads, err := tx.Heads(nil, mine...)
		if err != nil {
			return err
		}
		for i, h := range heads {
			dst[from+at[i]] = t.receive(shard, mine[i], h)
		}
		return nil
	})
	if err != nil {
		return dst[:from], err
	}
	return dst, nil
}

// split calls fn with the keys of each shard and where they stand among all.
func (t *wideTx) split(keys []store.Key, fn func(shard int, tx store.Tx, mine []store.Key, at []int) error) error {
	mine, at := make([][]store.Key, len(t.txs)), make([][]int, len(t.txs))
	for i, k := range keys {
		shard, _, err := t.ofKey(k)
		if err != nil {
			return err
		}
		mine[shard], at[shard] = append(mine[shard], k), append(at[shard], i)
	}
	for shard, tx := range t.txs {
		if len(mine[shard]) == 0 {
			continue
		}
		if err := fn(shard, tx, mine[shard], at[shard]); err != nil {
			return err
		}
	}
	return nil
}

func (t *wideTx) PutHead(k store.Key, h store.Head) error {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return err
	}
	if h.ID != 0 {
		owner, _, inner, err := t.ofID(h.ID)
		if err != nil {
			return err
		}
		if owner != shard {
			return &store.Error{Message: "id of one shard put under a key of another"}
		}
		h.ID = inner
	}
	if err := tx.PutHead(k, h); err != nil {
		return err
	}
	t.record.putHead(shard, k, h)
	return nil
}

func (t *wideTx) NewID(k store.Key) (store.ID, error) {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return 0, err
	}
	inner, err := tx.NewID(k)
	if err != nil {
		return 0, err
	}
	t.record.newID(shard, k, inner)
	return t.outer(shard, inner), nil
}

// Drop asks each shard once, unless their clocks differ: then it has to look at each key first,
// because what counts is the common time.
func (t *wideTx) Drop(keys ...store.Key) (int, error) {
	if t.skewed {
		return t.each(keys, func(k store.Key, there bool) (int, error) {
			_, err := t.drop(k)
			if there {
				return 1, err
			}
			return 0, err
		})
	}
	return t.drop(keys...)
}

func (t *wideTx) drop(keys ...store.Key) (int, error) {
	total := 0
	err := t.split(keys, func(shard int, tx store.Tx, mine []store.Key, _ []int) error {
		n, err := tx.Drop(mine...)
		if err != nil {
			return err
		}
		total += n
		t.record.drop(shard, mine)
		return nil
	})
	return total, err
}

// each calls fn with each key and whether it is there by the common time, and adds up.
func (t *wideTx) each(keys []store.Key, fn func(k store.Key, there bool) (int, error)) (int, error) {
	total := 0
	for _, k := range keys {
		heads, err := t.Heads(nil, k)
		if err != nil {
			return total, err
		}
		n, err := fn(k, heads[0].Exists())
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// Expire goes key by key, so that it can record which were dropped: a replay is later, and more may
// have expired by then. Keys hidden by the common time alone are dropped too.
func (t *wideTx) Expire(keys ...store.Key) (int, error) {
	return t.each(keys, func(k store.Key, there bool) (int, error) {
		shard, tx, err := t.ofKey(k)
		if err != nil {
			return 0, err
		}
		n, err := tx.Expire(k)
		if err != nil {
			return 0, err
		}
		if n == 0 && t.skewed && !there {
			n, err = tx.Drop(k)
		}
		if n > 0 {
			t.record.drop(shard, []store.Key{k})
		}
		return n, err
	})
}

func (t *wideTx) Detach(k store.Key) error {
	shard, tx, err := t.ofKey(k)
	if err != nil {
		return err
	}
	if err := tx.Detach(k); err != nil {
		return err
	}
	t.record.detach(shard, k)
	return nil
}

func (t *wideTx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	_, tx, inner, err := t.ofID(id)
	if err != nil {
		return dst, err
	}
	return tx.Items(dst, inner, p, fields...)
}

func (t *wideTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	shard, tx, inner, err := t.ofID(id)
	if err != nil {
		return store.Change{}, err
	}
	ch, err := tx.PutItems(inner, p, items...)
	if err == nil {
		t.record.putItems(shard, inner, p, items)
	}
	return ch, err
}

func (t *wideTx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	shard, tx, inner, err := t.ofID(id)
	if err != nil {
		return store.Change{}, err
	}
	ch, err := tx.DropItems(inner, p, fields...)
	if err == nil {
		t.record.dropItems(shard, inner, p, fields)
	}
	return ch, err
}

func (t *wideTx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	shard, tx, inner, err := t.ofID(id)
	if err != nil {
		return store.Change{}, err
	}
	ch, err := tx.DropRange(inner, p, r)
	if err == nil {
		t.record.dropRange(shard, inner, p, r)
	}
	return ch, err
}

func (t *wideTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	_, tx, inner, err := t.ofID(id)
	if err != nil {
		return func(yield func(store.Item, error) bool) { yield(store.Item{}, err) }
	}
	return tx.Range(inner, p, r)
}

func (t *wideTx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	_, tx, inner, err := t.ofID(id)
	if err != nil {
		return 0, err
	}
	return tx.Count(inner, p, r)
}

func (t *wideTx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	_, tx, inner, err := t.ofID(id)
	if err != nil {
		return nil, err
	}
	return tx.Random(inner, p, size, n)
}
