package shard

import (
	"context"
	"sync"

	"larder/store"
	"larder/store/wal"
)

// joinBases runs fn straight on the bases. The record is on stable storage before the
// first base commits, and each base commits with its LSN as mark: after a crash between
// two commits, those that lack it replay it.
func joinBases(log *wal.Log, shards []*Shard, g *gate, now int64, fn func([]store.Tx) error) error {
	for _, s := range shards {
		s.Direct.Add(1)
		if err := s.drain(); err != nil {
			return err
		}
	}
	defer recountAll(shards...)
	direct := make([]*directTx, len(shards))
	txs := make([]store.Tx, len(shards))
	var run func(i int) error
	run = func(i int) error {
		if i == len(shards) {
			if err := fn(txs); err != nil {
				return err
			}
			return recordDirect(log, shards, direct, g)
		}
		return shards[i].base.Settle(context.Background(), func(tx store.BaseTx) error {
			tx.SetNow(now)
			direct[i] = &directTx{BaseTx: tx, shard: shards[i]}
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
		payload = section(payload, shards[i].index, d.rec.buf)
		need = max(need, d.rec.demand())
	}
	lsn, err := log.Append(payload, need)
	if err != nil {
		return err
	}
	if err := log.Sync(lsn); err != nil {
		return err
	}
	log.Step("joined record written, bases not committed")
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
