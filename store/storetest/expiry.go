package storetest

import (
	"fmt"

	"larder/store"
)

func expiryRows() []row {
	return []row{
		{"Expiry/the moment", expiryMoment},
		{"Expiry/reads and counts", expiryReads},
		{"Expiry/writing starts afresh", expiryFresh},
		{"Expiry/Expire looks again", expiryExpire},
		{"Expiry/moving over an expired key", expiryMove},
		{"Expiry/the clock never goes back", expiryClock},
		{"Expiry/fields", expiryFields},
		{"Expiry/fields are found", expiryFieldsFound},
	}
}

func (p *probe) setUntil(k store.Key, value string, at int64) {
	p.put(k, store.Head{Type: store.String, Len: int64(len(value)), Value: []byte(value), ExpireAt: at})
}

// A key is there at the very millisecond of its expiry and gone one later.
func expiryMoment(w *world) {
	k := key("k")
	w.update(func(p *probe) { p.setUntil(k, "v", start+100) })
	w.clock.Store(start + 100)
	w.view(func(p *probe) { p.wantValue(k, "v") })
	w.clock.Store(start + 101)
	w.view(func(p *probe) { p.wantAbsent(k) })
	w.update(func(p *probe) { p.wantAbsent(k); p.setUntil(k, "past", start+50); p.wantAbsent(k) })
}

func expiryReads(w *world) {
	w.update(func(p *probe) {
		p.setUntil(key("gone"), "v", start+10)
		p.setUntil(key("stays"), "v", start+1000)
		p.set(key("forever"), "v")
	})
	w.clock.Store(start + 500)
	w.view(func(p *probe) {
		p.want(p.size(0) == 3, "size %d, expired keys count", p.size(0))
		found, next, err := p.Scan(0, 0, 100)
		p.ok(err)
		p.want(len(found) == 2 && next == 0, "scan found %d", len(found))
		for range 50 {
			name, ok, err := p.RandomKey(0)
			p.ok(err)
			p.want(ok && string(name) != "gone", "random key %q", name)
		}
	})
	w.update(func(p *probe) {
		n, err := p.Drop(key("gone"), key("stays"))
		p.ok(err)
		p.want(n == 1 && p.size(0) == 1, "dropped %d, size %d", n, p.size(0))
		p.setUntil(key("forever"), "v", start+1)
	})
	w.view(func(p *probe) {
		_, ok, err := p.RandomKey(0)
		p.ok(err)
		p.want(!ok && p.size(0) == 1, "only an expired key: ok %v, size %d", ok, p.size(0))
	})
}

// Redka reported success for a write to an expired key and lost it.
func expiryFresh(w *world) {
	k := key("k")
	var old store.ID
	w.update(func(p *probe) {
		old = p.make(k, store.Fields, store.Item{Field: []byte("old"), Value: []byte("v")})
		h := p.head(k)
		h.ExpireAt = start + 10
		p.put(k, h)
	})
	w.clock.Store(start + 20)
	w.update(func(p *probe) {
		p.wantAbsent(k)
		id := p.make(k, store.Fields, store.Item{Field: []byte("new"), Value: []byte("v")})
		p.want(id != old, "the old id %d again", id)
		p.want(p.size(0) == 1, "size %d", p.size(0))
	})
	w.view(func(p *probe) {
		h := p.head(k)
		items := p.list(h.ID, store.Fields, store.Range{})
		p.want(h.ExpireAt == 0 && len(items) == 1 && string(items[0].Field) == "new", "%+v %+v", h, items)
	})
}

func expiryExpire(w *world) {
	w.update(func(p *probe) {
		p.setUntil(key("a"), "v", start+10)
		p.setUntil(key("b"), "v", start+30)
		p.set(key("c"), "v")
	})
	w.clock.Store(start + 20)
	w.updateIn(store.One(key("a"), key("b"), key("c"), key("d")), func(p *probe) {
		n, err := p.Expire(key("a"), key("b"), key("c"), key("d"), key("a"))
		p.ok(err)
		p.want(n == 1, "expired %d", n)
	})
	w.view(func(p *probe) {
		p.want(p.size(0) == 2, "size %d", p.size(0))
		p.wantValue(key("b"), "v")
		p.wantValue(key("c"), "v")
	})
}

func expiryMove(w *world) {
	w.update(func(p *probe) { p.setUntil(key("a"), "v", start+10); p.set(key("b"), "v") })
	w.clock.Store(start + 20)
	w.update(func(p *probe) {
		p.move(key("b"), key("a"))
		p.want(p.size(0) == 1, "size %d", p.size(0))
		p.want(p.head(key("a")).ExpireAt == 0, "what came over an expired key expires at %d", p.head(key("a")).ExpireAt)
	})
}

func expiryClock(w *world) {
	w.clock.Store(start + 500)
	w.update(func(p *probe) { p.setUntil(key("k"), "v", start+300) })
	w.clock.Store(start + 100)
	for range 3 {
		w.view(func(p *probe) {
			p.wantAbsent(key("k"))
			p.want(p.Now().UnixMilli() >= start+500, "Now went back to %d", p.Now().UnixMilli())
		})
		w.updateIn(store.One(key("k")), func(p *probe) {
			p.wantAbsent(key("k"))
			before := p.Now()
			w.clock.Add(1)
			p.want(p.Now().Equal(before), "Now moved inside a transaction")
		})
	}
}

func (p *probe) timed(k store.Key, at, first, last int64) {
	p.put(k, store.Head{Type: store.Hash, Len: 3, Bytes: 7, ExpireAt: at, Value: []byte("any"),
		Fields: store.FieldTimes{Count: 2, First: first, Last: last}})
}

// expiryFields: a key outlives its first field and goes with its last, or when its own time comes.
func expiryFields(w *world) {
	stays, last, own := key("stays"), key("last"), key("own")
	w.update(func(p *probe) {
		p.timed(stays, 0, start+10, 0)
		p.timed(last, 0, start+10, start+100)
		p.timed(own, start+100, start+10, start+200)
	})
	w.clock.Store(start + 100)
	w.view(func(p *probe) {
		for _, k := range []store.Key{stays, last, own} {
			p.want(p.head(k).Fields.First == start+10, "%q: %+v", k.Name, p.head(k))
		}
	})
	w.clock.Store(start + 101)
	w.view(func(p *probe) {
		p.want(p.head(stays).Type == store.Hash && p.size(0) == 3, "%+v", p.head(stays))
		p.wantAbsent(last)
		p.wantAbsent(own)
		found, _, err := p.Scan(0, 0, 10)
		p.ok(err)
		p.want(len(found) == 1, "scan found %d", len(found))
		for range 20 {
			name, ok, err := p.RandomKey(0)
			p.ok(err)
			p.want(ok && string(name) == "stays", "random key %q", name)
		}
	})
	w.updateIn(store.One(stays, last, own), func(p *probe) {
		r, ok := store.As[store.Rower](p.Tx)
		p.want(ok, "the transaction is no Rower")
		h, there, err := r.Row(last)
		p.ok(err)
		p.want(there && h.Fields.Last == start+100, "row %v %+v", there, h)
		n, err := p.Expire(stays, last, own)
		p.ok(err)
		p.want(n == 1 && p.size(0) == 2, "%d have outlived their own time, %d are left", n, p.size(0))
		n, err = p.Drop(last)
		p.ok(err)
		p.want(n == 0 && p.size(0) == 1, "dropped %d", n)
	})
}

// expiryFieldsFound: what has fields that expire is found when the first of them does, and has no expiry for all that.
func expiryFieldsFound(w *world) {
	e, ok := w.e.(store.Expirer)
	if !ok {
		return
	}
	due := func(before int64) string {
		found, err := e.Expired(ctx, before, 10)
		if err != nil {
			w.t.Fatal(err)
		}
		text := ""
		for _, d := range found {
			text += fmt.Sprint(string(d.Key.Name), " ", d.ExpireAt-start, " ")
		}
		return text
	}
	want := func(before int64, want string) {
		if got := due(start + before); got != want {
			w.t.Errorf("due before %d: %q, want %q", before, got, want)
		}
	}
	w.update(func(p *probe) {
		p.timed(key("a"), 0, start+30, 0)
		p.timed(key("b"), start+20, start+40, 0)
		p.timed(key("c"), start+90, start+10, start+95)
		p.setUntil(key("d"), "v", start+25)
	})
	want(100, "c 10 b 20 d 25 a 30 ")
	want(25, "c 10 b 20 ")
	w.update(func(p *probe) {
		p.timed(key("c"), start+90, start+50, 0)
		p.put(key("a"), store.Head{Type: store.Hash, Len: 1, Value: []byte("any")})
	})
	want(100, "b 20 d 25 c 50 ")
	w.update(func(p *probe) { p.timed(key("a"), 0, start+5, 0) })
	s, ok := w.e.(store.Sampler)
	if !ok {
		return
	}
	for range 200 {
		found, err := s.Sample(ctx, nil, 4, true)
		for _, f := range found {
			if err != nil || string(f.Key.Name) == "a" || f.ExpireAt == start+50 {
				w.t.Fatal("a sample of what expires:", f, err)
			}
		}
	}
	found, err := s.Soonest(ctx, nil, 3)
	var names string
	for _, f := range found {
		names += fmt.Sprint(string(f.Key.Name), " ", f.ExpireAt-start, " ")
	}
	if err != nil || names != "b 20 d 25 c 90 " {
		w.t.Errorf("the keys that expire first: %q %v", names, err)
	}
}
