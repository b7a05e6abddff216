package memtable

import (
	"maps"
	"slices"

	"larder/store"
)

// Size counts below and corrects by what the layer adds and hides.
func (m *Merged) Size(db int) (int64, error) {
	n, err := m.low.Size(db)
	if err != nil {
		return 0, err
	}
	delta, err := m.deltas(db)
	return n + delta.Keys, err
}

// deltas is what the layer adds to a database. What lies below is looked up in the order of its pages; no order of
// the whole layer is made for it, which every later write would have to keep.
func (m *Merged) deltas(db int) (sum store.Fill, err error) {
	m.layer.resolving.Lock()
	defer m.layer.resolving.Unlock()
	var open []*headEntry
	for e := range m.layer.heads.all() {
		switch {
		case int(e.db) != db:
		case e.below == unknown:
			open = append(open, e)
		default:
			sum = sum.Plus(e.adds())
		}
	}
	slices.SortFunc(open, headCompare)
	for _, e := range open {
		if err := m.resolve(e); err != nil {
			return sum, err
		}
		sum = sum.Plus(e.adds())
	}
	return sum, nil
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// Keyspaces corrects the counts below by what the layer adds and hides.
func (m *Merged) Keyspaces() ([]store.Keyspace, error) {
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
func (m *Merged) databases() []int {
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
