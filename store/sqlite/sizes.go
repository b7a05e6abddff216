package sqlite

import (
	"context"

	"larder/store"
	"larder/store/sqlite/sqlfile"
)

// read runs fn on a snapshot, with the engine's own view of it.
func (e *Engine) read(ctx context.Context, fn func(*tx) error) error {
	return e.View(ctx, store.Whole(), func(t store.Tx) error { return fn(t.(*tx)) })
}

// change is Update with the engine's own view of it.
func (e *Engine) change(ctx context.Context, fn func(*tx) error) error {
	return e.writer.update(ctx, store.Whole(), func(t *tx) error {
		t.wrote = true
		return fn(t)
	})
}

// counts reads all databases' counters from the snapshot.
func (t *tx) counts() ([]space, error) {
	var l ledger
	if err := l.load(t.conn); err != nil {
		return nil, t.fail(err)
	}
	return l.spaces, nil
}

// Sizes answers one row: this engine is one shard.
func (e *Engine) Sizes(ctx context.Context) ([]store.Size, error) {
	size := store.Size{
		File: fileSize(e.path), WAL: e.logBytes(), WALShare: e.logShare.Load(), CacheBytes: e.opts.CacheBytes,
	}
	err := e.read(ctx, func(t *tx) error {
		free, _, err := t.conn.count(t.conn.s.freePages)
		if err != nil {
			return err
		}
		all, _, err := t.conn.count(t.conn.s.allPages)
		if err != nil {
			return err
		}
		size.Free, size.Excess = free*sqlfile.PageSize, max(size.File-all*sqlfile.PageSize, 0)
		size.Orphans, _, err = t.conn.count(t.conn.s.pending)
		if err != nil {
			return err
		}
		spaces, err := t.counts()
		size.Pending = e.fill.pending.Load()
		size.Keys, size.Volatile, size.Data = 0, 0, 0
		for _, sp := range spaces {
			size.Keys += sp.size
			size.Volatile += sp.volatile
			size.Data += sp.bytes
		}
		return err
	})
	return []store.Size{size}, err
}

// Keyspaces leaves empty databases out.
func (e *Engine) Keyspaces(ctx context.Context) (list []store.Keyspace, err error) {
	err = e.read(ctx, func(t *tx) error {
		list, err = t.Keyspaces()
		return err
	})
	return list, err
}

// Keyspaces reads the counters of this transaction's snapshot.
func (t *tx) Keyspaces() (list []store.Keyspace, err error) {
	spaces, err := t.counts()
	if err != nil {
		return nil, err
	}
	for _, sp := range spaces {
		if sp.size == 0 {
			continue
		}
		ttl, err := t.averageTTL(sp)
		if err != nil {
			return nil, err
		}
		list = append(list, store.Keyspace{DB: sp.db, Keys: sp.size, Expires: sp.volatile, Bytes: sp.bytes, AvgTTLMillis: ttl})
	}
	return list, nil
}

// averageTTL takes the keys that expire first and last as a sample of all.
func (t *tx) averageTTL(sp space) (int64, error) {
	if sp.volatile == 0 {
		return 0, nil
	}
	s := t.conn.s.ttlSample
	s.BindInt(1, sp.ns)
	at, _, err := t.conn.count(s)
	return max(at-t.now, 0), t.fail(err)
}
