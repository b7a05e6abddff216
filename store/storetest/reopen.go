package storetest

import (
	"fmt"
	"testing"

	"larder/store"
)

// Disk opens the engine that lives in a directory, with what it kept there.
type Disk func(t *testing.T, dir string, clock func() int64) store.Engine

// Reopen closes and opens an engine that keeps its data, first in set rows and then in a random history of
// so many steps, compared with a reference that is never closed.
func Reopen(t *testing.T, seed uint64, steps int, reference Open, open Disk) {
	for _, r := range []struct {
		name string
		run  func(w *world, again func())
	}{
		{"everything is there", reopenAll},
		{"cursors go on", reopenCursor},
		{"ids are not used twice", reopenIDs},
		{"orphans are still swept", reopenOrphans},
		{"the clock never goes back", reopenClock},
	} {
		t.Run(r.name, func(t *testing.T) {
			dir := t.TempDir()
			w := newWorld(t, func(t *testing.T, clock func() int64) store.Engine { return open(t, dir, clock) })
			r.run(w, func() {
				t.Helper()
				if err := w.e.Close(); err != nil {
					t.Fatal(err)
				}
				w.e = open(t, dir, w.clock.Load)
			})
		})
	}
	t.Run("random history", func(t *testing.T) { reopenRandom(t, seed, steps, reference, open) })
}

func reopenRandom(t *testing.T, seed uint64, steps int, reference Open, open Disk) {
	h, dir := newHistory(t, seed), t.TempDir()
	h.reference, h.subject = reference(t, h.clock.Load), open(t, dir, h.clock.Load)
	defer h.close()
	for n := range steps {
		h.step()
		if n%60 == 59 {
			if err := h.subject.Close(); err != nil {
				t.Fatal(err)
			}
			h.subject = open(t, dir, h.clock.Load)
			h.compare()
		}
	}
}

func reopenAll(w *world, again func()) {
	w.update(func(p *probe) {
		for i := range 50 {
			p.setUntil(inDB(i%5, "k%d", i), fmt.Sprint(i), int64(i%2)*(start+100_000))
		}
		for i, part := range []store.Part{store.Fields, store.Members, store.Scores, store.Elements, store.Chunks,
			store.Entries, store.Pending} {
			p.make(key("part%d", part), part, store.Item{Pos: int64(i) - 3, Field: []byte("f"), Score: 1.5,
				Value: []byte{0, 255}})
		}
		p.make(key("ranked"), store.Scores, hashItems(900)...)
		h := p.head(key("ranked"))
		h.Ranked = true
		p.put(key("ranked"), h)
		p.ok(p.Swap(1, 6))
		p.ok(p.Flush(2))
	})
	before := Dump(w.t, w.e)
	for range 2 {
		again()
		if after := Dump(w.t, w.e); after != before {
			w.t.Fatalf("before:\n%s\nafter:\n%s", before, after)
		}
		w.view(func(p *probe) {
			id := p.head(key("ranked")).ID
			n := p.count(id, store.Scores, store.Range{Order: store.ByScore, Skip: 450})
			p.want(n == 450 && p.size(6) == 10 && p.size(2) == 0, "count %d, sizes %d and %d", n, p.size(6), p.size(2))
		})
	}
}

func reopenCursor(w *world, again func()) {
	w.update(func(p *probe) {
		for i := range 200 {
			p.set(key("k%d", i), "v")
		}
		p.make(key("h"), store.Fields, hashItems(100)...)
	})
	pages := func() (text string) {
		w.scanAll(0, 7, func(e store.Entry) { text += string(e.Name) + " " })
		w.view(func(p *probe) {
			for _, it := range p.list(p.head(key("h")).ID, store.Fields, store.Range{}) {
				text += fmt.Sprint(string(it.Field), it.Pos, " ")
			}
		})
		return text
	}
	before := pages()
	again()
	if after := pages(); after != before {
		w.t.Errorf("the order changed: %s\nis now %s", before, after)
	}
}

func reopenIDs(w *world, again func()) {
	seen := map[store.ID]bool{}
	for range 4 {
		var ids []store.ID
		w.update(func(p *probe) {
			ids = ids[:0]
			for i := range 10 {
				ids = append(ids, p.make(key("k%d", i), store.Fields, item("f", "v")))
			}
			_, err := p.Drop(key("k9"))
			p.ok(err)
		})
		w.update(func(p *probe) { _, err := p.Drop(key("k0"), key("k8")); p.ok(err) })
		w.sweep()
		for _, id := range ids {
			if seen[id] {
				w.t.Fatalf("id %d again", id)
			}
			seen[id] = true
		}
		again()
	}
}

func reopenOrphans(w *world, again func()) {
	w.update(func(p *probe) {
		p.make(key("a"), store.Fields, hashItems(200)...)
		p.make(inDB(1, "b"), store.Fields, hashItems(200)...)
	})
	w.update(func(p *probe) { _, err := p.Drop(key("a")); p.ok(err); p.ok(p.Flush(1)) })
	if _, ok := w.e.(store.Sizer); !ok {
		return
	}
	again()
	if n := w.sizes().Orphans; n == 0 {
		w.t.Error("the orphans are forgotten")
	}
	w.sweep()
	if n := w.sizes().Orphans; n != 0 {
		w.t.Errorf("%d orphans are left", n)
	}
}

// A key that was seen to expire must not come back because the machine's clock was set back
// while the engine was closed; an engine may forget the time only if nothing had expired.
func reopenClock(w *world, again func()) {
	w.update(func(p *probe) { p.setUntil(key("k"), "v", start+100) })
	w.clock.Store(start + 200)
	w.update(func(p *probe) { p.wantAbsent(key("k")); _, err := p.Expire(key("k")); p.ok(err) })
	w.clock.Store(start)
	again()
	w.view(func(p *probe) { p.wantAbsent(key("k")); p.want(p.size(0) == 0, "size %d", p.size(0)) })
}
