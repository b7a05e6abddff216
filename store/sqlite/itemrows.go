package sqlite

import (
	"math"

	"larder/store"
)

// Only hashed items are remembered one by one: they are asked for by name. Places are walked.

func itemSpace(id store.ID, p store.Part) uint64 { return (uint64(id)<<4|uint64(p))<<1 | 1 }

func itemRecord(id store.ID, p store.Part, m mark) record {
	return record{key: rowKey{itemSpace(id, p), m.pos}, name: m.field}
}

// score is the first number of an item's record.
func (rec *record) score() float64 { return math.Float64frombits(uint64(rec.numbers[0])) }

func (rec *record) fill(p store.Part, it *store.Item) {
	rec.value = it.Value
	if p.Scored() {
		rec.numbers[0] = int64(math.Float64bits(it.Score))
	}
}

// cachedItem is cached for an item.
func (t *tx) cachedItem(p store.Part, rec *record) bool {
	return t.snapshot != 0 && p.Class() == store.Hashed && t.engine.rows.get(rec, t.snapshot, &t.arena)
}

// cacheItem is cache for an item whose value lies in its row.
func (t *tx) cacheItem(id store.ID, p store.Part, m mark, it *store.Item) {
	if t.snapshot == 0 || p.Class() != store.Hashed {
		return
	}
	rec := itemRecord(id, p, m)
	rec.found = it.Found
	rec.fill(p, it)
	t.engine.rows.add(&rec, t.snapshot)
}

// stageItem is stage for an item; nil is one that is gone. Of one with a blob only is kept that it changed.
func (t *tx) stageItem(id store.ID, p store.Part, m mark, it *store.Item, blob bool) {
	if p.Class() != store.Hashed {
		return
	}
	rec := itemRecord(id, p, m)
	if rec.found, rec.opaque = it != nil, blob; rec.found {
		rec.fill(p, it)
	}
	t.engine.rows.stage(&rec, t.engine.commits.Load()+2)
}
