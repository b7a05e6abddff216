package storetest

import (
	"slices"
	"strconv"
	"strings"

	"larder/store"
)

// upkeepRows test the optional interfaces an engine has; one it has not is nothing to test.
func upkeepRows() []row {
	return []row{
		{"Upkeep/Expirer", upkeepExpirer},
		{"Upkeep/Sizer", upkeepSizer},
		{"Upkeep/Keyspacer", upkeepKeyspacer},
		{"Upkeep/Checkpointer and Syncer", upkeepCheckpoint},
		{"Upkeep/Sweeper in small steps", upkeepSweeper},
		{"Upkeep/Gauge", upkeepGauge},
		{"Upkeep/Sampler", upkeepSampler},
	}
}

func upkeepExpirer(w *world) {
	e, ok := w.e.(store.Expirer)
	if !ok {
		return
	}
	w.update(func(p *probe) {
		for i := range 30 {
			p.setUntil(inDB(i%3, "k%d", i), "v", start+int64(i))
		}
		p.set(key("forever"), "v")
		p.setUntil(key("k0"), "v", start+1_000_000) // no longer early
		_, err := p.Drop(inDB(1, "k1"))
		p.ok(err)
	})
	w.clock.Store(start + 20)
	total := 0
	for range 30 {
		due, err := e.Expired(ctx, start+20, 4)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(due) == 0 {
			break
		}
		if len(due) > 4 {
			w.t.Fatalf("%d hints, 4 were asked for", len(due))
		}
		keys := make([]store.Key, len(due))
		for i, d := range due {
			keys[i] = d.Key
			if i := d.ExpireAt - start; i < 0 || i >= 20 || string(d.Key.Name) != "k"+strconv.FormatInt(i, 10) {
				w.t.Errorf("%s is said to expire at %d", d.Key.Name, i)
			}
		}
		w.updateIn(store.One(keys...), func(p *probe) {
			n, err := p.Expire(keys...)
			p.ok(err)
			p.want(n == len(keys), "%d of %d hints had expired", n, len(keys))
		})
		total += len(keys)
	}
	if total != 18 { // 0 to 19, but for k0 and k1
		w.t.Errorf("%d keys expired, want 18", total)
	}
}

func upkeepSizer(w *world) {
	if _, ok := w.e.(store.Sizer); !ok {
		return
	}
	w.update(func(p *probe) {
		for i := range 40 {
			p.put(inDB(i%2, "k%d", i), store.Head{Type: store.String, Bytes: 100})
		}
		p.put(key("e"), store.Head{Type: store.String, Bytes: 5, ExpireAt: start + 10})
		p.put(inDB(4, "flushed"), store.Head{Type: store.String, Bytes: 7, ExpireAt: start + 10})
	})
	w.update(func(p *probe) { p.put(key("k0"), store.Head{Type: store.String, Bytes: 1}); p.ok(p.Flush(4)) })
	w.sweep()
	if s := w.sizes(); s.Keys != 41 || s.Volatile != 1 || s.Data != 39*100+5+1 || s.Orphans != 0 {
		w.t.Errorf("%+v", s)
	}
}

func upkeepKeyspacer(w *world) {
	e, ok := w.e.(store.Keyspacer)
	if !ok {
		return
	}
	w.update(func(p *probe) {
		for i := range 40 {
			p.set(inDB(0, "k%d", i), "v")
			p.setUntil(inDB(7, "k%d", i), "v", start+10_000)
		}
		p.set(inDB(7, "forever"), "v")
		p.set(inDB(3, "dropped"), "v")
		p.set(inDB(9, "flushed"), "v")
		_, err := p.Drop(inDB(3, "dropped"))
		p.ok(err)
		p.ok(p.Flush(9))
	})
	rows, err := e.Keyspaces(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range rows {
		if ttl := rows[i].AvgTTLMillis; ttl < 0 || ttl > 10_000 {
			w.t.Errorf("average of %d ms", ttl)
		}
		rows[i].AvgTTLMillis = 0
	}
	if want := []store.Keyspace{{DB: 0, Keys: 40}, {DB: 7, Keys: 41, Expires: 40}}; !slices.Equal(rows, want) {
		w.t.Errorf("%+v, want %+v", rows, want)
	}
}

func upkeepCheckpoint(w *world) {
	for range 2 {
		w.update(func(p *probe) { p.make(key("k"), store.Fields, hashItems(100)...) })
		if e, ok := w.e.(store.Checkpointer); ok {
			if err := e.Checkpoint(ctx); err != nil {
				w.t.Error(err)
			}
		}
		if e, ok := w.e.(store.Syncer); ok {
			if err := e.Sync(ctx); err != nil {
				w.t.Error(err)
			}
		}
		w.view(func(p *probe) {
			p.want(p.count(p.head(key("k")).ID, store.Fields, store.Range{}) == 100, "items are gone")
		})
	}
}

func upkeepSweeper(w *world) {
	s, ok := w.e.(store.Sweeper)
	if !ok {
		return
	}
	w.update(func(p *probe) {
		p.make(key("a"), store.Members, hashItems(95)...)
		p.make(key("b"), store.Elements, store.Item{Pos: 1}, store.Item{Pos: 2})
		p.make(inDB(1, "c"), store.Members, hashItems(30)...)
	})
	w.settle()
	w.update(func(p *probe) {
		_, err := p.Drop(key("a"), key("b"))
		p.ok(err)
		p.ok(p.Flush(1))
		p.make(key("a"), store.Members, hashItems(7)...)
	})
	w.settle()
	steps := 0
	for more := true; more; steps++ {
		var err error
		if more, err = s.Sweep(ctx, 10); err != nil || steps > 1000 {
			w.t.Fatalf("step %d: %v", steps, err)
		}
	}
	if steps < 3 {
		w.t.Errorf("over 100 rows were swept in %d steps of about 10", steps)
	}
	more, err := s.Sweep(ctx, 10)
	if more || err != nil {
		w.t.Errorf("after the end: %v %v", more, err)
	}
	if text := Dump(w.t, w.e); strings.Count(text, "\n") != 8 {
		w.t.Errorf("left:\n%s", text)
	}
}

// upkeepGauge compares the fill with what is there, through everything that changes it.
func upkeepGauge(w *world) {
	g, ok := w.e.(store.Gauge)
	if !ok {
		return
	}
	g.Exact(true)
	same := func(when string) {
		w.t.Helper()
		var want store.Fill
		spaces, err := w.e.(store.Keyspacer).Keyspaces(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, s := range spaces {
			want = want.Plus(store.Fill{Data: s.Bytes, Keys: s.Keys, Volatile: s.Expires})
		}
		got := g.Fill()
		got.Pending = 0
		if got != want {
			w.t.Errorf("%s: the fill is %+v, counted are %+v", when, got, want)
		}
	}
	head := func(bytes int) store.Head { return store.Head{Type: store.String, Bytes: int64(bytes)} }
	w.update(func(p *probe) {
		for i := range 30 {
			p.put(inDB(i%2, "k%d", i), head(100+i))
		}
	})
	same("keys put")
	w.update(func(p *probe) {
		p.put(inDB(0, "k0"), head(7))
		p.put(inDB(0, "k0"), store.Head{Type: store.String, Bytes: 9, ExpireAt: start + 10})
		_, err := p.Drop(inDB(1, "k1"), inDB(1, "none"))
		p.ok(err)
		p.ok(p.Move(inDB(0, "k2"), inDB(0, "moved"), head(102)))
	})
	same("keys overwritten, dropped and moved")
	w.clock.Store(start + 20)
	w.update(func(p *probe) { _, err := p.Expire(inDB(0, "k0"), inDB(0, "k4")); p.ok(err) })
	same("a key expired")
	w.update(func(p *probe) { p.ok(p.Swap(0, 1)); p.ok(p.Flush(0)) })
	same("databases swapped and flushed")
	w.update(func(p *probe) { p.put(inDB(0, "k1"), head(50)) })
	same("a key put into a flushed database")
	w.sweep()
	same("swept")
	if f := g.Fill(); f.Pending != 0 {
		w.t.Errorf("%d bytes are pending after the sweep", f.Pending)
	}
}

// upkeepSampler draws until it has seen every key.
func upkeepSampler(w *world) {
	s, ok := w.e.(store.Sampler)
	if !ok {
		return
	}
	w.update(func(p *probe) {
		for i := range 40 {
			p.put(inDB(i%3, "k%d", i), store.Head{Type: store.String, Bytes: int64(i)})
		}
		for i := range 8 {
			p.put(inDB(2, "t%d", i), store.Head{Type: store.String, Bytes: 5, ExpireAt: start + 1000 - int64(i)})
		}
	})
	w.update(func(p *probe) { _, err := p.Drop(inDB(0, "k0")); p.ok(err) })
	for _, c := range []struct {
		volatile bool
		want     int
	}{{false, 47}, {true, 8}} {
		seen := map[string]bool{}
		for range 20_000 {
			found, err := s.Sample(ctx, nil, 5, c.volatile)
			if err != nil || len(found) == 0 {
				w.t.Fatal("no sample:", err)
			}
			for _, f := range found {
				if c.volatile && f.ExpireAt == 0 {
					w.t.Fatalf("%q has no expiry", f.Key.Name)
				}
				seen[string(f.Key.Name)] = true
			}
			if len(seen) == c.want {
				break
			}
		}
		if len(seen) != c.want || seen["k0"] {
			w.t.Errorf("%d keys are ever drawn, want %d", len(seen), c.want)
		}
	}
	found, err := s.Soonest(ctx, nil, 3)
	if err != nil || len(found) != 3 || string(found[0].Key.Name) != "t7" || string(found[2].Key.Name) != "t5" {
		w.t.Errorf("the keys that expire first: %v %v", found, err)
	}
}
