package journal

import (
	"context"
	"errors"

	"larder/store"
)

// flushTx rehearses a transaction that has left the overlay, to find out whether all it
// writes is to empty databases: then nothing of the overlay that it empties need settle. For
// the holder of writing.
type flushTx struct {
	store.BaseTx
	dbs   map[int]bool
	rec   recorder
	other bool // it does something else, or reads what it has emptied
}

func (f *flushTx) Flush(db int) error {
	if f.dbs == nil {
		f.dbs = map[int]bool{}
	}
	f.dbs[db] = true
	f.rec.flush(db)
	return nil
}

// stop ends a rehearsal that has found something else.
func (f *flushTx) stop() error {
	f.other = true
	return store.ErrAgain
}

func (f *flushTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	for _, k := range keys {
		if f.dbs[k.DB] {
			return dst, f.stop()
		}
	}
	return f.BaseTx.Heads(dst, keys...)
}

func (f *flushTx) Size(db int) (int64, error) {
	if f.dbs[db] {
		return 0, f.stop()
	}
	return f.BaseTx.Size(db)
}

func (f *flushTx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if f.dbs[db] {
		return nil, 0, f.stop()
	}
	return f.BaseTx.Scan(db, from, n)
}

func (f *flushTx) RandomKey(db int) ([]byte, bool, error) {
	if f.dbs[db] {
		return nil, false, f.stop()
	}
	return f.BaseTx.RandomKey(db)
}

func (f *flushTx) Names(db int, s store.Span) ([][]byte, error) {
	if f.dbs[db] {
		return nil, f.stop()
	}
	return f.BaseTx.Names(db, s)
}

func (f *flushTx) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if f.dbs[db] {
		return nil, 0, f.stop()
	}
	return f.BaseTx.Tagged(db, tag, from, n)
}

func (f *flushTx) PutHead(store.Key, store.Head) error     { return f.stop() }
func (f *flushTx) NewID(store.Key) (store.ID, error)       { return 0, f.stop() }
func (f *flushTx) Drop(...store.Key) (int, error)          { return 0, f.stop() }
func (f *flushTx) Expire(...store.Key) (int, error)        { return 0, f.stop() }
func (f *flushTx) Detach(store.Key) error                  { return f.stop() }
func (f *flushTx) Unlink(store.Key) error                  { return f.stop() }
func (f *flushTx) Swap(int, int) error                     { return f.stop() }
func (f *flushTx) Row(store.Key) (store.Head, bool, error) { return store.Head{}, false, f.stop() }

func (f *flushTx) PutItems(store.ID, store.Part, ...store.Item) (store.Change, error) {
	return store.Change{}, f.stop()
}

func (f *flushTx) DropItems(store.ID, store.Part, ...[]byte) (store.Change, error) {
	return store.Change{}, f.stop()
}

func (f *flushTx) DropRange(store.ID, store.Part, store.Range) (store.Change, error) {
	return store.Change{}, f.stop()
}

// Savepoint: see Rollback.
func (f *flushTx) Savepoint() (store.Savepoint, error) { return 0, nil }

// Release keeps what was written.
func (f *flushTx) Release(store.Savepoint) error { return nil }

// Rollback has nothing to take back unless a database was emptied, which is more than a rehearsal is for.
func (f *flushTx) Rollback(store.Savepoint) error {
	if len(f.rec.buf) > 0 {
		return f.stop()
	}
	return nil
}

// rehearse runs fn over the present state of all shards. It returns nil if fn does more than
// to empty databases, or fails.
func rehearse(shards []*Engine, fn func([]store.Tx) error) []*flushTx {
	flushes := make([]*flushTx, len(shards))
	txs := make([]store.Tx, len(shards))
	var run func(i int) error
	run = func(i int) error {
		if i == len(shards) {
			return fn(txs)
		}
		var inner error
		err := shards[i].over(func(top store.BaseTx, _ *generations) {
			flushes[i] = &flushTx{BaseTx: top}
			txs[i] = flushes[i]
			inner = run(i + 1)
		})
		return errors.Join(err, inner)
	}
	if err := run(0); err != nil {
		return nil
	}
	for _, f := range flushes {
		if f.other {
			return nil
		}
	}
	return flushes
}

// joinFlush empties databases of several shards behind one record, which is on stable storage
// before anything changes: a shard that lacks it after a crash replays it. done is false if
// fn does more than that, and then nothing has happened. The caller holds writing of all.
func joinFlush(log *Log, shards []*Engine, g *gate, fn func([]store.Tx) error) (done bool, err error) {
	flushes := rehearse(shards, fn)
	if flushes == nil {
		return false, nil
	}
	for _, s := range shards {
		if err := s.waitSettled(); err != nil {
			return true, err
		}
	}
	var payload []byte
	for i, f := range flushes {
		payload = section(payload, shards[i].shard, f.rec.buf)
	}
	lsn, err := log.Append(payload)
	if err != nil {
		return true, err
	}
	if err := log.Sync(lsn); err != nil {
		return true, err
	}
	log.step("flush recorded, bases not committed")
	g.shut()
	for i, s := range shards {
		s.Direct.Add(1)
		err = errors.Join(err, s.empty(flushes[i].dbs, lsn))
	}
	return true, err
}

// flushAlone is joinFlush for one shard, whose base's commit is record enough.
func (e *Engine) flushAlone(g *gate, fn func(store.Tx) error) (done bool, err error) {
	flushes := rehearse([]*Engine{e}, func(txs []store.Tx) error { return fn(txs[0]) })
	if flushes == nil {
		return false, nil
	}
	if err := e.waitSettled(); err != nil {
		return true, err
	}
	lsn := e.log.Last()
	if err := e.log.Sync(lsn); err != nil {
		return true, err
	}
	g.shut()
	return true, e.empty(flushes[0].dbs, lsn)
}

// waitSettled waits until no generation settles. The caller holds writing, so none begins.
func (e *Engine) waitSettled() error {
	e.overlay.Lock()
	settles, failed := e.settles, e.failed
	e.overlay.Unlock()
	if settles == nil {
		return nil
	}
	wait, cancel := context.WithTimeout(context.Background(), roomPatience)
	defer cancel()
	select {
	case <-settles:
		return nil
	case <-wait.Done():
		return errNoRoom(failed)
	}
}

// empty settles what the growing layers hold of other databases and empties these, in one
// transaction of the base. Readers take the layers for a generation that settles: whose
// snapshot has the mark sees the databases empty, any other as they were.
func (e *Engine) empty(dbs map[int]bool, lsn uint64) error {
	e.overlay.Lock()
	was, firstID := e.now, e.firstID
	e.now, e.firstID, e.settles = was.freeze(), e.nextID, make(chan struct{})
	e.overlay.Unlock()
	err := e.base.Settle(context.Background(), func(tx store.BaseTx) error {
		if err := tx.SetMark(store.Mark{LSN: lsn, NextID: e.nextID}); err != nil {
			return err
		}
		if err := applyAll(without(was.active, dbs), tx); err != nil {
			return err
		}
		for db := range dbs {
			if err := tx.Flush(db); err != nil {
				return err
			}
		}
		return nil
	})
	e.overlay.Lock()
	if err == nil {
		e.now = e.now.settled()
		e.recount()
	} else {
		e.now, e.firstID = was, firstID // nobody writes meanwhile
	}
	close(e.settles)
	e.settles = nil
	e.room.follow(e)
	e.overlay.Unlock()
	if err == nil {
		e.log.Settled(e.shard, lsn)
	}
	return err
}

// without returns what layers hold of other databases. Where ids may have moved from key to
// key nothing is left out, unless nothing would remain: who owned an id below is only known
// when the moves are followed.
func without(layers []*layer, dbs map[int]bool) []*layer {
	dead := map[store.ID]bool{}
	for _, l := range layers {
		for h := range l.heads.all() {
			if dbs[int(h.db)] {
				dead[h.id] = true
			}
		}
		for id := range l.lost {
			dead[id] = true
		}
	}
	moved, rest := false, make([]*layer, len(layers))
	for i, l := range layers {
		rest[i] = l.filter(dbs, dead)
		moved = moved || l.moved
	}
	for _, l := range rest {
		if moved && (l.heads.n > 0 || len(l.colls) > 0) {
			return layers
		}
	}
	if moved {
		return nil
	}
	return rest
}

func (l *layer) filter(dbs map[int]bool, dead map[store.ID]bool) *layer {
	rest := newLayer()
	rest.lost = l.lost
	for h := range l.heads.all() {
		if !dbs[int(h.db)] {
			rest.heads.add(h)
			delete(dead, h.id)
		}
	}
	for k, c := range l.colls {
		if !dead[k.id] {
			rest.colls[k] = c
		}
	}
	return rest
}
