package journal

import (
	"context"
	"maps"
	"os"
	"slices"

	"larder/store"
)

// The upkeep of a shard: what concerns the tables goes to the base, corrected by what the
// overlay knows better.

// Expired finds keys whose time has passed, in the overlay first. They are hints: one that
// a newer layer has changed is looked at again when it is expired.
func (e *Engine) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Key, error) {
	g, err := e.pin()
	if err != nil {
		return nil, err
	}
	defer g.top().pins.Add(-1)
	layers := slices.Concat(g.frozen, g.active)
	var keys []store.Key
	for i, l := range layers {
		l.ttl.Scan(func(h *headEntry) bool {
			due := nowMillis > h.expireAt && len(keys) < n
			if due && !hidden(layers[i+1:], h.key()) {
				keys = append(keys, h.key())
			}
			return due
		})
	}
	below, ok := e.base.(store.Expirer)
	if !ok || len(keys) >= n {
		return keys, nil
	}
	hints, err := below.Expired(ctx, nowMillis, n)
	for _, k := range hints {
		if !hidden(layers, k) {
			keys = append(keys, k)
		}
	}
	return keys, err
}

func hidden(layers []*layer, k store.Key) bool {
	for _, l := range layers {
		if l.head(k) != nil || l.emptied[k.DB] {
			return true
		}
	}
	return false
}

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
		s.Journal = e.log.Bytes()
		appends, syncs, syncing := e.log.Work()
		s.Appends, s.Syncs, s.SyncMicros = appends, syncs, syncing.Microseconds()
	}
	return sizes, nil
}

// Keyspaces corrects the base's counts by the overlay's.
func (e *Engine) Keyspaces(ctx context.Context) ([]store.Keyspace, error) {
	below, ok := e.base.(store.Keyspacer)
	if !ok {
		return nil, nil
	}
	g, err := e.pin()
	if err != nil {
		return nil, err
	}
	defer g.top().pins.Add(-1)
	spaces, err := below.Keyspaces(ctx)
	if err != nil || g.empty() && g.frozen == nil {
		return spaces, err
	}
	byDB := map[int]*store.Keyspace{}
	for i := range spaces {
		byDB[spaces[i].DB] = &spaces[i]
	}
	err = e.base.View(ctx, store.Whole(), func(low store.Tx) error {
		top, err := g.over(low.(store.BaseTx), e.base.Hash)
		if err != nil {
			return err
		}
		spaces, err = correct(top, byDB)
		return err
	})
	return spaces, err
}

// correct adds the deltas of each layer of a stack to the counts by database, down to a layer that has emptied it.
func correct(top store.BaseTx, byDB map[int]*store.Keyspace) ([]store.Keyspace, error) {
	added, gone := map[int]*store.Keyspace{}, map[int]bool{}
	for low := top; low != nil; {
		switch m := low.(type) {
		case *emptied:
			maps.Copy(gone, m.layer.emptied)
			low = m.BaseTx
		case *merged:
			if err := m.addDeltas(added, gone); err != nil {
				return nil, err
			}
			low = m.low
		default:
			low = nil
		}
	}
	for db, space := range byDB {
		if sum := added[db]; sum != nil && !gone[db] {
			sum.AvgTTLMillis = space.AvgTTLMillis
			sum.Keys, sum.Expires, sum.Bytes = sum.Keys+space.Keys, sum.Expires+space.Expires, sum.Bytes+space.Bytes
		} else if !gone[db] {
			added[db] = space
		}
	}
	var spaces []store.Keyspace
	for _, db := range slices.Sorted(maps.Keys(added)) {
		if space := added[db]; space.Keys > 0 {
			spaces = append(spaces, *space)
		}
	}
	return spaces, nil
}

// addDeltas adds what the layer adds to the databases that no layer above it has emptied.
func (m *merged) addDeltas(sums map[int]*store.Keyspace, gone map[int]bool) error {
	for _, db := range m.databases() {
		if gone[db] {
			continue
		}
		delta, err := m.deltas(db)
		if err != nil {
			return err
		}
		if sums[db] == nil {
			sums[db] = &store.Keyspace{DB: db}
		}
		sums[db].Keys += delta.Keys
		sums[db].Expires += delta.Volatile
		sums[db].Bytes += delta.Data
	}
	return nil
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
	e.nextID = max(e.nextID, e.base.Settled().NextID) // the repair may have used ids, or found them used
	return found, err
}

func removeAll(paths []string) error {
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
