package sqlite

import "larder/store"

func headSpace(ns int64) uint64 { return uint64(ns) << 1 }

// record is how the cache keeps a row.
func (row *headRow) record(ns int64) record {
	h := &row.head
	return record{
		key: rowKey{headSpace(ns), row.h}, name: row.name, found: row.found, opaque: h.Notes != "",
		numbers: [rowNumbers]int64{kindOf(*h), int64(h.ID), h.ExpireAt, h.Len, h.Bytes}, value: h.Value,
	}
}

// cached looks a row up among those that are remembered. A writing transaction sees what it has changed
// itself, which the cache need not have kept; only settling may look, for the cache follows what it does.
func (t *tx) cached(ns int64, row *headRow) bool {
	if t.snapshot == 0 {
		return false
	}
	rec := record{key: rowKey{headSpace(ns), row.h}, name: row.name}
	if !t.engine.rows.get(&rec, t.snapshot, &t.arena) {
		return false
	}
	if row.found = rec.found; rec.found {
		row.head = headOf(rec.numbers[0])
		row.head.ID, row.head.ExpireAt = store.ID(rec.numbers[1]), rec.numbers[2]
		row.head.Len, row.head.Bytes, row.head.Value = rec.numbers[3], rec.numbers[4], rec.value
	}
	return true
}

// cache has a row that was read remembered.
func (t *tx) cache(ns int64, row *headRow) {
	if t.snapshot != 0 {
		rec := row.record(ns)
		t.engine.rows.add(&rec, t.snapshot)
	}
}

// stage has the cache follow a row that was written.
func (t *tx) stage(ns int64, row *headRow) {
	rec := row.record(ns)
	t.engine.rows.stage(&rec, t.engine.commits.Load()+2)
}
