package shard

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"larder/store"
)

const (
	// chunkMost ends a chunk, in bytes: settling waits for one. A chunk is no larger than what one transaction may put
	// into the layers. In chunks of a fourth a copy into another shard, whose order is another, took 1.6 times as long
	// as straight on the file: each chunk writes most of the pages again.
	chunkMost = 4 << 20
	// chunkRow is what an item counts besides its own bytes.
	chunkRow = 96
)

// chunk is a transaction of one base that takes staged items, from the first call that needs it until it is long
// enough. It belongs to its staging, whose other chunks come before or behind it: who would hold two bases might wait
// for one who does, too.
type chunk struct {
	run   *staging
	part  *stagedPart // nil without a transaction
	tx    store.BaseTx
	next  func() (store.BaseTx, bool)
	stop  func()
	ids   map[store.ID]struct{} // that it has put items of
	bytes int64
	loops int // ranges that are being read
	err   error
}

// of is the transaction of a part's base.
func (c *chunk) of(p *stagedPart) (store.BaseTx, error) {
	if c.part == p {
		return c.tx, nil
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	if err := p.shard.log.Short(); err != nil { // the last of the disk is for what frees some
		return nil, err
	}
	*c = chunk{run: c.run, part: p, ids: map[store.ID]struct{}{}}
	c.next, c.stop = iter.Pull(c.transaction)
	tx, begun := c.next()
	if !begun {
		c.part = nil
		return nil, c.err
	}
	c.tx = tx
	return tx, nil
}

var errAbandoned = errors.New("shard: what was to be staged is given up")

// transaction lends a base's transaction and then commits it.
func (c *chunk) transaction(yield func(store.BaseTx) bool) {
	c.err = c.part.shard.base.Settle(context.Background(), func(tx store.BaseTx) error {
		tx.SetNow(c.run.tx.now.UnixMilli())
		if !yield(tx) {
			return errAbandoned
		}
		return c.note(tx)
	})
}

// note has the file know the ids as ones without a head, until a record says otherwise, and never give them out again.
func (c *chunk) note(tx store.BaseTx) error {
	m, err := tx.Mark()
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(c.ids)) {
		if err := tx.Orphan(store.Abroad(c.part.shard.index, id)); err != nil {
			return err
		}
		m.NextID = max(m.NextID, id+1)
	}
	return tx.SetMark(m)
}

// took ends the transaction when it is long enough, unless somebody reads in it.
func (c *chunk) took(id store.ID, items []store.Item) error {
	c.ids[id] = struct{}{}
	for i := range items {
		c.bytes += store.ItemBytes(items[i]) + chunkRow
	}
	if c.loops == 0 && c.bytes >= min(chunkMost, c.part.shard.limit) {
		return c.end()
	}
	return nil
}

// end commits what there is.
func (c *chunk) end() error {
	if c.part == nil {
		return nil
	}
	if c.loops > 0 {
		return c.run.giveUp()
	}
	c.next()
	c.part = nil
	if c.err == nil {
		c.run.order.log.Step("chunk staged")
	}
	return c.err
}

// abandon takes back what is not committed.
func (c *chunk) abandon() {
	if c.part != nil {
		c.stop()
		c.part = nil
	}
}
