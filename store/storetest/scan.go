package storetest

import (
	"fmt"
	"sync"

	"larder/store"
)

func scanRows() []row {
	return []row{
		{"Scan/everything once when nothing changes", scanOnce},
		{"Scan/keys of one slot, some of one cursor", scanOneSlot},
		{"Scan/cursors are stateless", scanStateless},
		{"Scan/slots ascend", scanOrder},
		{"Scan/what stays is found while others come and go", scanChurn},
		{"Scan/the whole head is there", scanHeads},
	}
}

// scanAll scans page by page, each in a transaction of its own.
func (w *world) scanAll(db, n int, each func(store.Entry)) (pages int) {
	w.t.Helper()
	var at, next store.Cursor
	for {
		var found []store.Entry
		err := w.e.View(ctx, store.Whole(), func(tx store.Tx) error {
			var err error
			found, next, err = tx.Scan(db, at, n)
			for i, e := range found {
				found[i].Name = append([]byte(nil), e.Name...)
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range found {
			each(e)
		}
		pages++
		if next == 0 {
			return pages
		}
		if next <= at || pages > 10_000 {
			w.t.Fatalf("cursor went from %d to %d on page %d", at, next, pages)
		}
		at = store.CursorOf(uint64(float64(next.Number()))) // what a client keeps that holds numbers as doubles
		if at != next {
			w.t.Fatalf("cursor %d came back as %d", next, at)
		}
	}
}

func scanOnce(w *world) {
	if pages := w.scanAll(0, 10, func(e store.Entry) { w.t.Errorf("found %q", e.Name) }); pages != 1 {
		w.t.Errorf("%d pages of nothing", pages)
	}
	w.update(func(p *probe) {
		for i := range 300 {
			p.set(key("k%d", i), "v")
			p.set(inDB(1, "other%d", i), "v")
		}
	})
	for _, n := range []int{1, 7, 100, 1000} {
		seen := map[string]int{}
		pages := w.scanAll(0, n, func(e store.Entry) { seen[string(e.Name)]++ })
		for i := range 300 {
			if name := fmt.Sprintf("k%d", i); seen[name] != 1 {
				w.t.Errorf("n=%d: %s was found %d times", n, name, seen[name])
			}
		}
		if len(seen) != 300 || n == 7 && pages < 20 || n == 7 && pages > 300 {
			w.t.Errorf("n=%d: %d names on %d pages", n, len(seen), pages)
		}
	}
}

// scanOneSlot has so many keys in a slot that a few have the same cursor.
func scanOneSlot(w *world) {
	const n = 6000
	w.update(func(p *probe) {
		for i := range n {
			p.set(key("{tag}%d", i), "v")
		}
	})
	seen := map[string]int{}
	w.scanAll(0, 3, func(e store.Entry) { seen[string(e.Name)]++ })
	for name, times := range seen {
		if times != 1 {
			w.t.Errorf("%s was found %d times", name, times)
		}
	}
	if len(seen) != n {
		w.t.Errorf("%d of %d keys were found", len(seen), n)
	}
}

func scanStateless(w *world) {
	w.update(func(p *probe) {
		for i := range 100 {
			p.set(key("k%d", i), "v")
		}
	})
	w.view(func(p *probe) {
		page := func(at store.Cursor) (names string, next store.Cursor) {
			found, next, err := p.Scan(0, at, 10)
			p.ok(err)
			for _, e := range found {
				names += string(e.Name) + " "
			}
			return names, next
		}
		_, second := page(0)
		want, third := page(second)
		page(third)
		again, next := page(second)
		p.want(again == want && next == third, "the same cursor gave %q, then %q", want, again)
		_, _ = page(^store.Cursor(0)) // any number may come from a client
		_, _ = page(second + 1)
	})
}

func scanOrder(w *world) {
	w.update(func(p *probe) {
		for i := range 200 {
			p.set(key("k%d", i), "v")
		}
	})
	last := -1
	w.scanAll(0, 9, func(e store.Entry) {
		slot := int(store.Slot(e.Name))
		if slot < last {
			w.t.Errorf("slot %d after %d", slot, last)
		}
		last = slot
	})
}

func scanChurn(w *world) {
	w.update(func(p *probe) {
		for i := range 200 {
			p.set(key("stable%d", i), "v")
		}
	})
	stop, done := make(chan struct{}), sync.WaitGroup{}
	var churned error
	done.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			come, goes := key("churn%d", i%50), key("churn%d", (i+25)%50)
			err := w.e.Update(ctx, store.One(come, goes), func(tx store.Tx) error {
				if _, err := tx.Drop(goes); err != nil {
					return err
				}
				return tx.PutHead(come, store.Head{Type: store.String})
			})
			if err != nil {
				churned = err
				return
			}
		}
	})
	for range 3 {
		seen := map[string]bool{}
		w.scanAll(0, 5, func(e store.Entry) { seen[string(e.Name)] = true })
		for i := range 200 {
			if name := fmt.Sprintf("stable%d", i); !seen[name] {
				w.t.Errorf("%s was missed", name)
			}
		}
	}
	close(stop)
	done.Wait()
	if churned != nil {
		w.t.Fatal(churned)
	}
}

func scanHeads(w *world) {
	k := key("k")
	w.update(func(p *probe) { p.make(k, store.Fields, hashItems(5)...) })
	w.view(func(p *probe) {
		found, _, err := p.Scan(0, 0, 10)
		p.ok(err)
		if p.want(len(found) == 1, "%d found", len(found)); p.err == nil {
			h := found[0].Head
			p.want(h.Type == store.String && h.Len == 5 && h.ID == p.head(k).ID, "%+v", h)
			p.want(len(p.list(h.ID, store.Fields, store.Range{})) == 5, "its id finds no items")
		}
	})
}
