package journal

import (
	"context"
	"maps"
	"slices"

	"larder/store"
)

// The upkeep of a shard: what concerns the tables goes to the base, corrected by what the
// overlay knows better.

// Sweep deletes orphans below: only drops that have settled are there. It waits as Checkpoint does.
func (e *Engine) Sweep(ctx context.Context, n int) (bool, error) {
	if s, ok := e.base.(store.Sweeper); ok && !e.spoken() {
		return s.Sweep(ctx, n)
	}
	return false, nil
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

// Flush settles the overlay: backup, check and clean shutdown do so first.
func (e *Engine) Flush(context.Context) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.drain()
}

// Sizes are the base's, with the overlay beside them.
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

// Keyspaces corrects the counts below by what the layer adds and hides.
func (m *merged) Keyspaces() ([]store.Keyspace, error) {
	below, err := m.low.Keyspaces()
	if err != nil {
		return nil, err
	}
	byDB := map[int]store.Keyspace{}
	for _, space := range below {
		byDB[space.DB] = space
	}
	for _, db := range m.databases() {
		delta, err := m.deltas(db)
		if err != nil {
			return nil, err
		}
		space := byDB[db]
		space.DB = db
		space.Keys += delta.Keys
		space.Expires += delta.Volatile
		space.Bytes += delta.Data
		byDB[db] = space
	}
	var spaces []store.Keyspace
	for _, db := range slices.Sorted(maps.Keys(byDB)) {
		if space := byDB[db]; space.Keys > 0 {
			spaces = append(spaces, space)
		}
	}
	return spaces, nil
}

// databases lists those the layer has entries of.
func (m *merged) databases() []int {
	seen, last := map[int]bool{}, -1
	var dbs []int
	for e := range m.layer.heads.all() {
		db := int(e.db)
		if db == last { // nearly always
			continue
		}
		if last = db; !seen[db] {
			seen[db] = true
			dbs = append(dbs, db)
		}
	}
	return dbs
}

// Check settles, then looks at the tables.
func (e *Engine) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	if err := e.Flush(ctx); err != nil {
		return nil, err
	}
	c, ok := e.base.(store.Checker)
	if !ok {
		return nil, nil
	}
	found, err := c.Check(ctx, fix)
	e.writing.Lock()
	defer e.writing.Unlock()
	e.overlay.Lock()
	e.rebase()
	e.overlay.Unlock()
	e.nextID = max(e.nextID, e.base.Settled().NextID) // the repair may have used ids, or found them used
	return found, err
}
