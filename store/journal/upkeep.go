package journal

import (
	"context"
	"slices"

	"larder/store"
)

// The upkeep of a shard: what concerns the tables goes to the base, corrected by what the
// memtable knows better.

// Sweep deletes orphans below: only drops that have settled are there. It waits as Checkpoint does.
func (e *Engine) Sweep(ctx context.Context, n int) (bool, error) {
	if err := e.handOver(ctx); err != nil {
		return false, err
	}
	if s, ok := e.base.(store.Sweeper); ok && !e.spoken() {
		return s.Sweep(ctx, n)
	}
	return false, nil
}

// handOverMost is the number of ids that one transaction tells of.
const handOverMost = 256

// handOver has items that keys of this shard were the last to own swept in the shards where they are. What the file has
// noted stays noted until it has settled that they know.
func (e *Engine) handOver(ctx context.Context) error {
	l, ok := e.base.(store.Lender)
	if !ok || len(e.order.shards) == 1 || e.base.Settled().LSN < e.toldAt.Load() {
		return nil
	}
	ids, err := l.Estranged(ctx, handOverMost)
	if err != nil || len(ids) == 0 {
		return err
	}
	err = e.order.Update(ctx, store.Whole(), func(tx store.Tx) error { return tx.(*Tx).tell(e.shard, ids) })
	e.writing.Lock()
	e.toldAt.Store(e.present().Newest())
	e.writing.Unlock()
	return err
}

// Checkpoint folds the base's own log into its file, which may grow by that: not while a shard waits for the reserve.
func (e *Engine) Checkpoint(ctx context.Context) error {
	if e.spoken() {
		return nil
	}
	if c, ok := e.base.(store.Checkpointer); ok {
		return c.Checkpoint(ctx)
	}
	return nil
}

// Rest leaves nothing of the base's own log. It waits as Checkpoint does.
func (e *Engine) Rest(ctx context.Context) error {
	if r, ok := e.base.(store.Rester); ok && !e.spoken() {
		return r.Rest(ctx)
	}
	return nil
}

// Sync makes what was acknowledged survive a power cut; one fsync serves all shards.
func (e *Engine) Sync(context.Context) error { return e.log.Sync(e.log.Last()) }

// Flush settles the memtable: backup, check and clean shutdown do so first.
func (e *Engine) Flush(context.Context) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.drain()
}

// Sizes are the base's, with the memtable beside them.
func (e *Engine) Sizes(ctx context.Context) ([]store.Size, error) {
	sizer, ok := e.base.(store.Sizer)
	if !ok {
		return nil, nil
	}
	sizes, err := sizer.Sizes(ctx)
	if err != nil || len(sizes) == 0 {
		return sizes, err
	}
	s := &sizes[0]
	below, fill := s.Data, e.Fill()
	s.Overlay, s.Data, s.Keys, s.Volatile = e.Bytes(), fill.Data, max(fill.Keys, 0), max(fill.Volatile, 0)
	s.Pending += max(below-s.Data, 0) // removed, and not settled
	s.Settles, s.SettleMicros = e.Settles.Load(), e.SettleTime.Load()/1000
	s.Stalls, s.Direct = e.Stalls.Load(), e.Direct.Load()
	s.Unsynced, s.SyncedAt, s.Failing = 0, 0, false // of the file: the journal has it
	if e.shard == 0 {
		e.tellSafety(s)
		s.Journal = e.log.Bytes()
		appends, syncs, syncing := e.log.Work()
		s.Appends, s.Syncs, s.SyncMicros = appends, syncs, syncing.Microseconds()
	}
	return sizes, nil
}

// tellSafety notes what of the journal a power cut could undo. With Always nobody is answered before the fsync.
func (e *Engine) tellSafety(s *store.Size) {
	unsynced, at, broken := e.log.Safety()
	s.SyncedAt, s.Failing = at.UnixMilli(), broken
	if !e.order.careful() {
		s.Unsynced = unsynced
	}
}

// Keyspaces counts in one View.
func (e *Engine) Keyspaces(ctx context.Context) (spaces []store.Keyspace, err error) {
	err = e.View(ctx, store.Whole(), func(tx store.Tx) error {
		top, err := tx.(*Tx).shards.at(e.shard)
		if err == nil {
			spaces, err = top.Keyspaces()
		}
		return err
	})
	return spaces, err
}

// claimed returns those of this shard's ids, which are in order, that heads of other shards name. An id that has lost its
// last key is never named again: what no key names at one moment is noted as an orphan here before claimed returns, unless
// it waits for the sweep of a flushed database.
func (e *Engine) claimed(ctx context.Context, ids []store.ID) (named []store.ID, err error) {
	name := func(own store.ID) {
		if _, asked := slices.BinarySearch(ids, own); asked {
			named = append(named, own)
		}
	}
	err = e.order.View(ctx, store.Whole(), func(tx store.Tx) error {
		named = named[:0]
		return tx.(*Tx).borrowed(e.shard, name)
	})
	for round := range 2 { // the second takes in what the first has told
		for _, other := range e.order.shards {
			if err == nil {
				err = other.Flush(ctx)
			}
			if l, ok := other.base.(store.Lender); ok && err == nil && round == 0 {
				err = l.Borrowed(ctx, e.shard, name)
			}
			if err == nil {
				err = other.handOver(ctx)
			}
		}
	}
	return named, err
}

// borrowed calls fn with the ids of one shard that keys of the others name. Who has expired still owns items.
func (t *Tx) borrowed(home int, fn func(store.ID)) error {
	for shard := range t.order.shards {
		tx, err := t.at(shard)
		if err != nil {
			return err
		}
		tx.SetNow(0)
		spaces, err := tx.Keyspaces()
		if err != nil {
			return err
		}
		for _, space := range spaces {
			err := everyHead(tx, space.DB, func(h store.Head) {
				if at, own := h.ID.Home(); at == home {
					fn(own)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func everyHead(tx store.BaseTx, db int, fn func(store.Head)) error {
	for from := store.Cursor(0); ; {
		page, next, err := tx.Scan(db, from, 256)
		for _, e := range page {
			fn(e.Head)
		}
		if err != nil || next == 0 {
			return err
		}
		from = next
	}
}

// Check settles, then looks at the tables.
func (e *Engine) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	if err := e.Flush(ctx); err != nil {
		return nil, err
	}
	l, ok := e.base.(store.Lender)
	if !ok {
		return nil, nil
	}
	found, err := l.CheckAmong(ctx, fix, func(ids []store.ID) ([]store.ID, error) { return e.claimed(ctx, ids) })
	e.writing.Lock()
	defer e.writing.Unlock()
	e.overlay.Lock()
	e.rebase()
	e.overlay.Unlock()
	e.nextID = max(e.nextID, e.base.Settled().NextID) // the repair may have used ids, or found them used
	return found, err
}
