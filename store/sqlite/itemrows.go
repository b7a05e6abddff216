package sqlite

import (
	"math"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/rowcache"
)

// Only hashed items are remembered one by one: they are asked for by name. Places are walked.

func itemSpace(id store.ID, p store.Part) uint64 { return (uint64(id)<<4|uint64(p))<<1 | 1 }

func itemRecord(id store.ID, p store.Part, m blocks.Mark) rowcache.Record {
	return rowcache.Record{Key: rowcache.Key{Space: itemSpace(id, p), At: m.Pos}, Name: m.Field}
}

// scoreOf is the first number of an item's record.
func scoreOf(rec *rowcache.Record) float64 { return math.Float64frombits(uint64(rec.Numbers[0])) }

// fillRecord gives a record an item's value and score.
func fillRecord(rec *rowcache.Record, p store.Part, it *store.Item) {
	rec.Value = it.Value
	if p.Scored() {
		rec.Numbers[0] = int64(math.Float64bits(it.Score))
	}
}

// cachedItem is cached for an item.
func (t *tx) cachedItem(p store.Part, rec *rowcache.Record) bool {
	return t.snapshot != 0 && p.Class() == store.Hashed && t.engine.rows.Get(rec, t.snapshot, &t.arena)
}

// cacheItem is cache for an item whose value lies in its row.
func (t *tx) cacheItem(id store.ID, p store.Part, m blocks.Mark, it *store.Item) {
	if t.snapshot == 0 || p.Class() != store.Hashed {
		return
	}
	rec := itemRecord(id, p, m)
	rec.Found = it.Found
	fillRecord(&rec, p, it)
	t.engine.rows.Add(&rec, t.snapshot)
}

// stageItem is stage for an item; nil is one that is gone. For an item with a blob only the fact that it changed is
// kept.
func (t *tx) stageItem(id store.ID, p store.Part, m blocks.Mark, it *store.Item, blob bool) {
	if p.Class() != store.Hashed {
		return
	}
	rec := itemRecord(id, p, m)
	if rec.Found, rec.Opaque = it != nil, blob; rec.Found {
		fillRecord(&rec, p, it)
	}
	t.engine.rows.Stage(&rec, t.engine.commits.Load()+2)
}
