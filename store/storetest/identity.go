package storetest

import (
	"fmt"

	"larder/store"
)

func identityRows() []row {
	return []row{
		{"Identity/rename", identityRename},
		{"Identity/rename over a key and across databases", identityRenameOver},
		{"Identity/ids are fresh", identityFresh},
		{"Identity/orphans are swept, the living are not", identitySweep},
	}
}

func hashItems(n int) []store.Item {
	var items []store.Item
	for i := range n {
		items = append(items, store.Item{Field: fmt.Appendf(nil, "f%04d", i), Value: fmt.Appendf(nil, "value %d", i)})
	}
	return items
}

func identityRename(w *world) {
	from, to := key("{x}from"), key("{x}to")
	w.update(func(p *probe) { p.make(from, store.Fields, hashItems(50)...) })
	w.updateIn(store.One(from, to), func(p *probe) {
		h := p.head(from)
		p.move(from, to)
		p.wantAbsent(from)
		p.want(len(p.list(h.ID, store.Fields, store.Range{})) == 50, "items are gone inside")
	})
	w.sweep()
	w.view(func(p *probe) {
		p.wantAbsent(from)
		n := len(p.list(p.head(to).ID, store.Fields, store.Range{}))
		p.want(n == 50 && p.size(0) == 1, "%d items, size %d", n, p.size(0))
	})
}

func identityRenameOver(w *world) {
	from, to := inDB(0, "{x}from"), inDB(5, "{x}to")
	w.update(func(p *probe) {
		p.make(from, store.Fields, hashItems(3)...)
		p.make(to, store.Fields, hashItems(40)...)
	})
	w.update(func(p *probe) {
		p.move(from, to)
	})
	w.sweep()
	w.view(func(p *probe) {
		n := len(p.list(p.head(to).ID, store.Fields, store.Range{}))
		p.want(n == 3 && p.size(0) == 0 && p.size(5) == 1, "%d items, sizes %d and %d", n, p.size(0), p.size(5))
	})
}

func identityFresh(w *world) {
	seen := map[store.ID]bool{}
	for round := range 5 {
		var got []store.ID
		w.update(func(p *probe) {
			got = got[:0]
			for i := range 20 {
				id, err := p.NewID(key("k%d", i))
				p.ok(err)
				got = append(got, id)
				if i%2 == 0 {
					p.put(key("k%d", i), store.Head{Type: store.Set, ID: id, Len: 1})
				}
			}
		})
		for _, id := range got {
			if id == 0 || seen[id] {
				w.t.Fatalf("round %d: id %d again", round, id)
			}
			seen[id] = true
		}
		w.update(func(p *probe) {
			for i := range 20 {
				_, err := p.Drop(key("k%d", i))
				p.ok(err)
			}
		})
		w.sweep()
	}
}

// sweep sweeps until nothing is left, if the engine can.
func (w *world) sweep() {
	w.t.Helper()
	w.settle()
	s, ok := w.e.(store.Sweeper)
	for more := ok; more; {
		var err error
		if more, err = s.Sweep(ctx, 100); err != nil {
			w.t.Fatal(err)
		}
	}
}

// settle has an engine that keeps writes in memory hand them down: only then is there something to sweep.
func (w *world) settle() {
	w.t.Helper()
	if c, ok := w.e.(store.Checker); ok {
		if _, err := c.Check(ctx, false); err != nil { // which looks at what has settled
			w.t.Fatal(err)
		}
	}
}

func (w *world) sizes() (total store.Size) {
	w.t.Helper()
	s, ok := w.e.(store.Sizer)
	if !ok {
		return total
	}
	rows, err := s.Sizes(ctx)
	if err != nil || len(rows) == 0 {
		w.t.Fatalf("%d sizes, %v", len(rows), err)
	}
	for _, r := range rows {
		total.Orphans += r.Orphans
		total.Keys += r.Keys
		total.Volatile += r.Volatile
		total.Data += r.Data
	}
	return total
}

// Every way to lose an id: drop, overwrite by a string, by another id, expiry, no head at
// all, one moved over, a flushed database.
func identitySweep(w *world) {
	keep := key("keep")
	names := []string{"dropped", "string", "other", "expired", "moved over"}
	w.update(func(p *probe) {
		p.make(keep, store.Scores, hashItems(300)...)
		for _, n := range names {
			p.make(key("%s", n), store.Scores, hashItems(150)...)
		}
		p.make(inDB(2, "flushed"), store.Scores, hashItems(150)...)
		loose, err := p.NewID(key("loose"))
		p.ok(err)
		p.putItems(loose, store.Scores, hashItems(150)...)
	})
	w.update(func(p *probe) {
		_, err := p.Drop(key("dropped"))
		p.ok(err)
		p.set(key("string"), "v")
		p.make(key("other"), store.Scores, hashItems(1)...)
		h := p.head(key("expired"))
		h.ExpireAt = start - 1
		p.put(key("expired"), h)
		_, err = p.Expire(key("expired"))
		p.ok(err)
		p.make(key("moved"), store.Scores, hashItems(1)...)
		p.move(key("moved"), key("moved over"))
		p.ok(p.Flush(2))
	})
	if _, ok := w.e.(store.Sizer); ok && w.sizes().Orphans == 0 {
		w.t.Error("no orphans are counted")
	}
	w.sweep()
	if n := w.sizes().Orphans; n != 0 {
		w.t.Errorf("%d orphans are left", n)
	}
	w.view(func(p *probe) {
		id := p.head(keep).ID
		p.want(len(p.list(id, store.Scores, store.Range{})) == 300, "the living were swept")
		p.want(len(p.list(id, store.Scores, store.Range{Order: store.ByScore})) == 300, "the second order was swept")
		p.want(p.size(0) == 4 && p.size(2) == 0, "sizes %d and %d", p.size(0), p.size(2))
	})
}
