package journal

import (
	"cmp"
	"context"
	"errors"

	"larder/store"
)

// Join runs fn in one transaction over several shards of this journal and commits it as
// one record: a crash leaves all of it or nothing. The caller keeps readers from seeing
// one shard's part before the other's.
func (e *Engine) Join(ctx context.Context, peers []store.Engine, fn func([]store.Tx) error) error {
	shards := make([]*Engine, len(peers))
	for i, p := range peers {
		peer, ok := p.(*Engine)
		if !ok || peer.log != e.log {
			return errors.New("the engines do not share a journal")
		}
		shards[i] = peer
	}
	straits := make([]strait, len(shards))
	for i, s := range shards {
		var err error
		if straits[i], err = s.waitForRoom(); err != nil {
			return err
		}
	}
	for i, s := range shards {
		s.writing.Lock()
		defer s.writing.Unlock()
		s.strait = straits[i]
		defer s.relax()
		if s.closed {
			return store.ErrClosed
		}
	}
	large, err := joinOverlays(e.log, shards, fn)
	if err == errStrait {
		large, err = joinOverlays(e.log, shards, fn)
	}
	if large {
		return joinBases(e.log, shards, fn)
	}
	return err
}

// joinOverlays runs fn over all shards' layers, and publishes them behind one record. It
// reports whether the transaction turned out too large for that.
func joinOverlays(log *Log, shards []*Engine, fn func([]store.Tx) error) (large bool, err error) {
	writers := make([]*writer, len(shards))
	txs := make([]store.Tx, len(shards))
	var run func(i int) error
	run = func(i int) error {
		if i == len(shards) {
			return fn(txs)
		}
		s := shards[i]
		s.group.reset()
		s.rec.reset()
		var inner error
		err := s.over(func(top store.BaseTx, now *generations) {
			writers[i] = s.writer(top, now)
			writers[i].rec = s.rec
			txs[i] = writers[i]
			inner = run(i + 1)
			s.rec = writers[i].rec
		})
		return cmp.Or(err, inner)
	}
	err = run(0)
	for i, s := range shards {
		large = large || writers[i] != nil && writers[i].large
		s.group.dropLoose()
	}
	if large || err != nil {
		return large, err
	}
	return false, publishJoined(log, shards)
}

func publishJoined(log *Log, shards []*Engine) error {
	payload := shards[0].emptyPayload()
	need := frees
	for _, s := range shards {
		if len(s.rec.buf) > 0 {
			payload = section(payload, s.shard, s.rec.buf)
			need = max(need, s.rec.demand())
		}
	}
	if len(payload) == 0 {
		return nil
	}
	shards[0].payload = payload
	lsn, err := log.Append(payload, need)
	if outOfSpace(err) && need == grows && shards[0].strait.grow == nil {
		for _, s := range shards {
			s.strait.grow = err
		}
		return errStrait
	}
	if err != nil {
		return err
	}
	var unsure error
	if SyncMode(shards[0].sync.Load()) == Always || log.crowded() {
		unsure = log.Sync(lsn)
	}
	for _, s := range shards {
		if len(s.rec.buf) > 0 {
			s.absorb(lsn)
		}
	}
	return unsure
}

// joinBases runs fn straight on the bases. The record is on stable storage before the
// first base commits, and each base commits with its LSN as mark: after a crash between
// two commits, those that lack it replay it.
func joinBases(log *Log, shards []*Engine, fn func([]store.Tx) error) error {
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
			return recordDirect(log, shards, direct)
		}
		return shards[i].base.Settle(context.Background(), func(tx store.BaseTx) error {
			direct[i] = &directTx{BaseTx: tx, engine: shards[i]}
			txs[i] = direct[i]
			return run(i + 1)
		})
	}
	return run(0)
}

func recordDirect(log *Log, shards []*Engine, direct []*directTx) error {
	var payload []byte
	need := frees
	for i, d := range direct {
		payload = section(payload, shards[i].shard, d.rec.buf)
		need = max(need, d.rec.demand())
	}
	lsn, err := log.Append(payload, need)
	if err != nil {
		return err
	}
	if err := log.Sync(lsn); err != nil {
		return err
	}
	log.step("joined record written, bases not committed")
	for _, d := range direct {
		if err := d.mark(lsn); err != nil {
			return err
		}
	}
	return nil
}
