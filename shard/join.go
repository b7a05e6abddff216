package shard

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"larder/store"
	"larder/store/wal"
)

// errSeveral means that a transaction has written to a second base and there is no record of what it wrote to the
// first.
var errSeveral = errors.New("shard: more than one base is written")

// joinBases runs fn straight on the bases: without a record, which is only needed where several are written, and with
// one if that proves so.
func joinBases(log *wal.Log, shards []*Shard, g *gate, now int64, fn func([]store.Tx) error) error {
	for _, s := range shards {
		s.Direct.Add(1)
		if err := s.drain(); err != nil {
			return err
		}
	}
	defer recountAll(shards...)
	err := runJoined(log, shards, g, now, false, fn)
	if err == errSeveral {
		err = runJoined(log, shards, g, now, true, fn)
	}
	return err
}

// runJoined runs fn in a transaction on each base. The record, if there is one, is on stable storage before the first
// base commits, and each commits with its LSN as mark: after a crash between two commits, those that lack it replay it.
func runJoined(log *wal.Log, shards []*Shard, g *gate, now int64, records bool, fn func([]store.Tx) error) error {
	direct := make([]*directTx, len(shards))
	txs := make([]store.Tx, len(shards))
	var run func(i int) error
	run = func(i int) error {
		if i == len(shards) {
			j := &joint{records: records}
			for _, d := range direct {
				d.joint = j
			}
			switch err := fn(txs); {
			case j.void: // whatever fn has made of it
				return errSeveral
			case err != nil:
				return err
			case records:
				return recordDirect(log, shards, direct, g)
			}
			return markAll(log, direct, log.Last(), g, "one base written, none committed")
		}
		return shards[i].base.Settle(context.Background(), func(tx store.BaseTx) error {
			tx.SetNow(now)
			direct[i] = newDirectTx(tx, shards[i])
			txs[i] = direct[i]
			return run(i + 1)
		})
	}
	return run(0)
}

func recordDirect(log *wal.Log, shards []*Shard, direct []*directTx, g *gate) error {
	var payload []byte
	need := wal.Frees
	for i, d := range direct {
		d.rec.loose(slices.Sorted(maps.Keys(d.fresh)))
		payload = section(payload, shards[i].index, d.rec.buf)
		need = max(need, d.rec.demand())
	}
	lsn, err := log.Append(payload, need)
	if err != nil {
		return err
	}
	return markAll(log, direct, lsn, g, "joined record written, bases not committed")
}

// markAll readies the bases for their commits: they have come to lsn, which is on stable storage first.
func markAll(log *wal.Log, direct []*directTx, lsn uint64, g *gate, step string) error {
	if err := log.Sync(lsn); err != nil {
		return err
	}
	log.Step(step)
	g.shut()
	for _, d := range direct {
		if err := d.mark(lsn); err != nil {
			return err
		}
	}
	return nil
}

// gate keeps Views from taking snapshots while several bases commit one after the other. The zero gate keeps
// nobody out. For one goroutine.
type gate struct {
	mu     *sync.RWMutex
	closed bool
}

func (g *gate) shut() {
	if g.mu != nil && !g.closed {
		g.mu.Lock()
		g.closed = true
	}
}

func (g *gate) open() {
	if g.closed {
		g.mu.Unlock()
		g.closed = false
	}
}
