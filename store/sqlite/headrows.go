package sqlite

import (
	"larder/store"
	"larder/store/sqlite/rowcache"
)

func headSpace(ns int64) uint64 { return uint64(ns) << 1 }

// record is how the cache keeps a row.
func (row *headRow) record(ns int64) rowcache.Record {
	h := &row.head
	rec := rowcache.Record{
		Key: rowcache.Key{Space: headSpace(ns), At: row.h}, Name: row.name, Found: row.found, Opaque: h.Notes != "",
		Numbers: [rowcache.Numbers]int64{kindOf(*h), int64(h.ID), h.Wake(), h.Len, h.Bytes}, Value: h.Value,
	}
	if h.Timed() && !rec.Opaque {
		rec.Value = append([]byte(h.Aside()), h.Value...)
	}
	return rec
}

// cached looks a row up among those that are remembered. A writing transaction sees what it has changed
// itself, which the cache need not have kept; only settling may look, for the cache follows what it does.
func (t *tx) cached(ns int64, row *headRow) bool {
	if t.snapshot == 0 {
		return false
	}
	rec := rowcache.Record{Key: rowcache.Key{Space: headSpace(ns), At: row.h}, Name: row.name}
	if !t.engine.rows.Get(&rec, t.snapshot, &t.arena) {
		return false
	}
	if row.found = rec.Found; rec.Found {
		row.head = headOf(rec.Numbers[0])
		row.head.ID, row.head.ExpireAt = store.ID(rec.Numbers[1]), rec.Numbers[2]
		row.head.Len, row.head.Bytes, row.head.Value = rec.Numbers[3], rec.Numbers[4], rec.Value
		if rec.Numbers[0]&timedBit != 0 {
			row.cutTimes()
		}
	}
	return true
}

// cutTimes takes the times of fields off the front of a value that was remembered behind them.
func (row *headRow) cutTimes() {
	h := &row.head
	h.SetAside(h.ExpireAt, true, string(h.Value))
	h.Value, h.Notes = h.Value[len(h.Value)-len(h.Notes):], ""
}

// cache has a row that was read remembered.
func (t *tx) cache(ns int64, row *headRow) {
	if t.snapshot != 0 {
		rec := row.record(ns)
		t.engine.rows.Add(&rec, t.snapshot)
	}
}

// stage has the cache follow a row that was written.
func (t *tx) stage(ns int64, row *headRow) {
	rec := row.record(ns)
	t.engine.rows.Stage(&rec, t.engine.commits.Load()+2)
}
