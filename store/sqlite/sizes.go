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
	return e.writer.update(ctx, func(t *tx) error {
		t.wrote = true
		return fn(t)
	})
}

// pages is how many pages of the file are free, and how many there are.
func (t *tx) pages() (free, all int64, err error) {
	if free, err = t.conn.Number(`PRAGMA freelist_count`); err == nil {
		all, err = t.conn.Number(`PRAGMA page_count`)
	}
	return free, all, t.fail(err)
}

// Sizes answers one row: this engine is one shard.
func (e *Engine) Sizes(ctx context.Context) ([]store.Size, error) {
	size := store.Size{
		File: fileSize(e.path), WAL: e.logBytes(), WALShare: e.logShare.Load(), CacheBytes: e.opts.CacheBytes,
	}
	err := e.read(ctx, func(t *tx) error {
		free, all, err := t.pages()
		if err != nil {
			return err
		}
		size.Free, size.Excess = free*sqlfile.PageSize, max(size.File-all*sqlfile.PageSize, 0)
		size.Orphans, err = t.conn.Number(`SELECT (SELECT count(*) FROM orphans) + (SELECT count(*) FROM dead_spaces)`)
		sum := t.ledger.fill()
		size.Pending, size.Keys, size.Volatile, size.Data = e.Fill().Pending, sum.Keys, sum.Volatile, sum.Data
		return err
	})
	return []store.Size{size}, err
}

// Keyspaces leaves empty databases out.
func (t *tx) Keyspaces() (list []store.Keyspace, err error) {
	for _, sp := range t.ledger.spaces {
		if sp.size == 0 {
			continue
		}
		ttl, err := t.averageTTL(sp)
		if err != nil {
			return nil, err
		}
		list = append(list, store.Keyspace{DB: sp.db, Keys: sp.size, Expires: sp.volatile, Bytes: sp.bytes,
			AvgTTLMillis: ttl})
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
