package shard

import (
	"context"
	"slices"

	"larder/store"
)

// The upkeep of a shard: what concerns the tables goes to the base, corrected by what the
// memtable knows better.

// Sweep deletes orphans below: only drops that have settled are there. It waits as Checkpoint does.
func (s *Shard) Sweep(ctx context.Context, n int) (bool, error) {
	if err := s.handOver(ctx); err != nil {
		return false, err
	}
	if sw, ok := s.base.(store.Sweeper); ok && !s.spoken() {
		return sw.Sweep(ctx, n)
	}
	return false, nil
}

// Checkpoint folds the base's own log into its file, which may grow by that: not while a shard waits for the reserve.
func (s *Shard) Checkpoint(ctx context.Context) error {
	if s.spoken() {
		return nil
	}
	if c, ok := s.base.(store.Checkpointer); ok {
		return c.Checkpoint(ctx)
	}
	return nil
}

// Rest leaves nothing of the base's own log. It waits as Checkpoint does.
func (s *Shard) Rest(ctx context.Context) error {
	if r, ok := s.base.(store.Rester); ok && !s.spoken() {
		return r.Rest(ctx)
	}
	return nil
}

// Sync makes what was acknowledged survive a power cut; one fsync serves all shards.
func (s *Shard) Sync(context.Context) error { return s.log.Sync(s.log.Last()) }

// Flush settles the memtable: backup, check and clean shutdown do so first.
func (s *Shard) Flush(context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.drain()
}

// Sizes are the base's, with the memtable beside them.
func (s *Shard) Sizes(ctx context.Context) ([]store.Size, error) {
	sizer, ok := s.base.(store.Sizer)
	if !ok {
		return nil, nil
	}
	sizes, err := sizer.Sizes(ctx)
	if err != nil || len(sizes) == 0 {
		return sizes, err
	}
	size := &sizes[0]
	below, fill := size.Data, s.Fill()
	size.Overlay, size.Data, size.Keys, size.Volatile = s.Bytes(), fill.Data, max(fill.Keys, 0), max(fill.Volatile, 0)
	size.Pending += max(below-size.Data, 0) // removed, and not settled
	size.Settles, size.SettleMicros = s.Settles.Load(), s.SettleTime.Load()/1000
	size.Stalls, size.Direct, size.Staged = s.Stalls.Load(), s.Direct.Load(), s.Staged.Load()
	if s.index == 0 {
		s.tellSafety(size)
		size.Journal = s.log.Bytes()
		appends, syncs, syncing := s.log.Work()
		size.Appends, size.Syncs, size.SyncMicros = appends, syncs, syncing.Microseconds()
	}
	return sizes, nil
}

// tellSafety notes which records a power cut could undo. With Always no reply is sent before the fsync.
func (s *Shard) tellSafety(size *store.Size) {
	unsynced, at, broken := s.log.Safety()
	size.SyncedAt, size.Failing = at.UnixMilli(), broken
	if !s.order.careful() {
		size.Unsynced = unsynced
	}
}

// Keyspaces counts in one View.
func (s *Shard) Keyspaces(ctx context.Context) (spaces []store.Keyspace, err error) {
	err = s.View(ctx, store.Whole(), func(tx store.Tx) error {
		top, err := tx.(*Tx).shards.at(s.index)
		if err == nil {
			spaces, err = top.Keyspaces()
		}
		for i := range spaces {
			spaces[i].DB = tx.(*Tx).dbs.outer(spaces[i].DB)
		}
		return err
	})
	slices.SortFunc(spaces, func(a, b store.Keyspace) int { return a.DB - b.DB })
	return spaces, err
}

// Check settles, then looks at the tables.
func (s *Shard) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	l, ok := s.base.(store.Lender)
	if !ok {
		return nil, nil
	}
	found, err := l.CheckAmong(ctx, fix, func(ids []store.ID) ([]store.ID, error) { return s.claimed(ctx, ids) })
	s.writing.Lock()
	defer s.writing.Unlock()
	s.overlay.Lock()
	s.rebase()
	s.overlay.Unlock()
	s.nextID = max(s.nextID, s.base.Settled().NextID) // the repair may have used ids, or found them used
	return found, err
}
