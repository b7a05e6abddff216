package storetest

import (
	"fmt"

	"larder/store"
)

func databaseRows() []row {
	return []row{
		{"Databases/are apart", databasesApart},
		{"Databases/flush", databasesFlush},
		{"Databases/swap", databasesSwap},
		{"Databases/size is exact", databasesSize},
		{"Databases/random key", databasesRandomKey},
	}
}

func databasesApart(w *world) {
	w.update(func(p *probe) {
		for db := range 16 {
			p.set(inDB(db, "k"), fmt.Sprint(db))
		}
		_, err := p.Drop(inDB(7, "k"))
		p.ok(err)
	})
	w.view(func(p *probe) {
		for db := range 16 {
			if db == 7 {
				p.wantAbsent(inDB(db, "k"))
				continue
			}
			p.wantValue(inDB(db, "k"), fmt.Sprint(db))
			found, _, err := p.Scan(db, 0, 10)
			p.ok(err)
			p.want(len(found) == 1 && p.size(db) == 1, "database %d: %d keys, size %d", db, len(found), p.size(db))
		}
	})
}

func databasesFlush(w *world) {
	w.update(func(p *probe) {
		for i := range 60 {
			p.set(inDB(1, "k%d", i), "one")
			p.set(inDB(2, "k%d", i), "two")
		}
	})
	w.update(func(p *probe) {
		p.ok(p.Flush(1))
		p.want(p.size(1) == 0, "size %d inside", p.size(1))
		p.wantAbsent(inDB(1, "k3"))
		p.set(inDB(1, "k3"), "again")
		p.ok(p.Flush(9))
	})
	for range 2 {
		w.view(func(p *probe) {
			p.want(p.size(1) == 1 && p.size(2) == 60, "sizes %d and %d", p.size(1), p.size(2))
			p.wantValue(inDB(1, "k3"), "again")
			p.wantAbsent(inDB(1, "k4"))
			p.wantValue(inDB(2, "k4"), "two")
			found, _, err := p.Scan(1, 0, 100)
			p.ok(err)
			p.want(len(found) == 1, "scan found %d", len(found))
		})
		w.sweep()
	}
}

func databasesSwap(w *world) {
	w.update(func(p *probe) {
		for i := range 30 {
			p.set(inDB(1, "k%d", i), "one")
		}
		p.set(inDB(2, "k0"), "two")
	})
	w.update(func(p *probe) {
		p.ok(p.Swap(1, 2))
		p.want(p.size(1) == 1 && p.size(2) == 30, "inside: sizes %d and %d", p.size(1), p.size(2))
		p.wantValue(inDB(1, "k0"), "two")
		p.ok(p.Swap(3, 3))
		p.ok(p.Swap(2, 8)) // 8 was never used
		p.set(inDB(2, "new"), "new")
	})
	w.view(func(p *probe) {
		p.wantValue(inDB(1, "k0"), "two")
		p.wantValue(inDB(8, "k0"), "one")
		p.wantValue(inDB(2, "new"), "new")
		p.wantAbsent(inDB(2, "k0"))
		p.want(p.size(1) == 1 && p.size(2) == 1 && p.size(8) == 30, "sizes %d, %d, %d", p.size(1), p.size(2), p.size(8))
	})
}

func databasesSize(w *world) {
	w.update(func(p *probe) {
		for i := range 100 {
			p.set(key("k%d", i%70), "v")
		}
		p.want(p.size(0) == 70, "size %d after overwriting", p.size(0))
	})
	err := w.e.Update(ctx, store.Whole(), func(tx store.Tx) error {
		_, _ = tx.Drop(key("k1"), key("k2"))
		return errUndo
	})
	w.wantUndone(err)
	w.update(func(p *probe) {
		p.want(p.size(0) == 70, "size %d after an undone drop", p.size(0))
		_, err := p.Drop(key("k1"))
		p.ok(err)
		p.set(key("k1"), "v")
		p.move(key("k2"), inDB(1, "k2"))
		p.want(p.size(0) == 69, "size %d", p.size(0))
	})
	w.view(func(p *probe) { p.want(p.size(0) == 69, "size %d", p.size(0)) })
}

// 64 keys drawn 6,400 times; names of very unequal numbers to a slot must not matter.
func databasesRandomKey(w *world) {
	const keys, draws = 64, 2000
	w.view(func(p *probe) {
		_, ok, err := p.RandomKey(0)
		p.ok(err)
		p.want(!ok, "a key of an empty database")
	})
	w.update(func(p *probe) {
		for i := range keys {
			name := "k%d"
			if i%2 == 0 {
				name = "{tag}%d"
			}
			p.set(key(name, i), "v")
		}
	})
	w.view(func(p *probe) {
		counts := map[string]int{}
		for range draws {
			name, ok, err := p.RandomKey(0)
			p.ok(err)
			p.want(ok, "no key")
			counts[string(name)]++
		}
		p.want(len(counts) == keys, "%d of %d keys were drawn", len(counts), keys)
	})
}
