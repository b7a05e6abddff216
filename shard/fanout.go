package shard

import (
	"errors"
	"sync/atomic"

	"larder/store"
)

// Order is the engine over all shards: transactions go to it.
type Order interface {
	store.Engine
	store.Batcher
	store.Sequencer
}

// Fanout is the engine over all shards, with the upkeep of each of them. It may be used by many goroutines.
type Fanout struct {
	Order
	lanes []*lane
	// turn rotates the shard that upkeep begins with.
	turn atomic.Uint32
}

// lane is one shard: an engine whose transactions see that shard alone. Any goroutine may use it.
type lane struct{ engine store.Engine }

// New joins the engine over all shards with those of each, in the order that is part of the data.
func New(o Order, engines []store.Engine) *Fanout {
	f := &Fanout{Order: o, lanes: make([]*lane, len(engines))}
	for i, e := range engines {
		f.lanes[i] = &lane{engine: e}
	}
	return f
}

func (f *Fanout) shardOf(name []byte) int {
	return int(store.Slot(name)) * len(f.lanes) >> store.SlotBits
}

// Close closes every engine, whatever the others say.
func (f *Fanout) Close() error {
	errs := []error{f.Order.Close()}
	for _, l := range f.lanes {
		errs = append(errs, l.engine.Close())
	}
	return errors.Join(errs...)
}
