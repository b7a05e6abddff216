package storetest

import (
	"errors"

	"larder/store"
)

func scopeRows() []row {
	return []row{
		{"Scope/a View is refused keys outside", scopeOutside},
		{"Scope/an Update touches any key", scopeHint},
		{"Scope/an Update that grows out of its scope", scopeGrows},
		{"Scope/one database's key stands for all", scopeDatabases},
		{"Scope/the empty scope", scopeEmpty},
		{"Scope/a View cannot write", scopeReadOnly},
	}
}

// writers are the calls that write, on the key k and the id.
func writers(tx store.Tx, k store.Key, id store.ID) map[string]error {
	_, newID := tx.NewID(k)
	_, drop := tx.Drop(k)
	_, expire := store.Expire(tx, k)
	_, put := tx.PutItems(id, store.Fields, store.Item{Field: []byte("f")})
	_, dropItems := tx.DropItems(id, store.Fields, []byte("f"))
	_, dropRange := tx.DropRange(id, store.Fields, store.Range{})
	return map[string]error{
		"PutHead": tx.PutHead(k, store.Head{Type: store.String}),
		"NewID":   newID, "Drop": drop, "Expire": expire,
		"Move":     tx.Move(k, store.Key{DB: k.DB + 1, Name: k.Name}, store.Head{Type: store.String}),
		"PutItems": put, "DropItems": dropItems, "DropRange": dropRange,
	}
}

// wholesale are the calls that need the whole scope; the first three only read.
func wholesale(tx store.Tx) ([]string, []error) {
	_, _, scan := tx.Scan(0, 0, 10)
	_, _, random := tx.RandomKey(0)
	_, size := tx.Size(0)
	return []string{"Scan", "RandomKey", "Size", "Flush", "Swap"},
		[]error{scan, random, size, tx.Flush(0), tx.Swap(0, 1)}
}

// probeErrors collects the calls that did not fail as they should.
func (p *probe) wantErrors(target error, got map[string]error) {
	for name, err := range got {
		p.want(errors.Is(err, target), "%s: %v, want %v", name, err, target)
	}
}

func scopeOutside(w *world) {
	inside, outside := key("inside"), key("outside")
	w.update(func(p *probe) { p.set(outside, "kept"); p.set(inside, "there") })
	for _, s := range []store.Scope{store.One(inside), store.One(key("foo"), inside, key("bar"), key("a"))} {
		w.viewIn(s, func(p *probe) {
			_, heads := p.Heads(nil, inside, outside)
			got := map[string]error{"Heads": heads}
			names, errs := wholesale(p)
			for i, n := range names[:3] {
				got[n] = errs[i]
			}
			p.wantErrors(store.ErrScope, got)
			p.wantValue(inside, "there")
		})
	}
}

// scopeHint uses names that lie on different shards of any fanout of up to eight.
func scopeHint(w *world) {
	inside, outside, far := key("foo"), key("bar"), key("hello")
	w.update(func(p *probe) { p.set(outside, "old"); p.make(far, store.Fields, hashItems(5)...) })
	for _, s := range []store.Scope{store.One(inside), {}} {
		w.updateIn(s, func(p *probe) {
			p.wantValue(outside, "old")
			p.set(outside, "new")
			p.set(inside, "written")
			h := p.head(far)
			p.want(len(p.list(h.ID, store.Fields, store.Range{})) == 5, "items outside are not there")
			p.putItems(h.ID, store.Fields, item("more", "v"))
			p.want(p.size(0) == 3, "%d keys", p.size(0))
		})
		w.view(func(p *probe) { p.wantValue(outside, "new"); p.wantValue(inside, "written") })
		err := w.e.Update(ctx, s, func(tx store.Tx) error {
			p := &probe{Tx: tx}
			p.set(outside, "lost")
			p.drop(far)
			p.ok(errUndo)
			return p.err
		})
		w.wantUndone(err)
		w.updateIn(s, func(p *probe) {
			p.wantValue(outside, "new")
			p.drop(inside)
			p.set(outside, "old")
			id := p.head(far).ID
			_, err := p.DropItems(id, store.Fields, []byte("more"))
			p.ok(err)
		})
	}
	w.updateIn(store.One(inside), func(p *probe) { p.ok(p.Flush(0)); p.set(far, "after") })
	w.view(func(p *probe) { p.want(p.size(0) == 1, "%d keys", p.size(0)); p.wantValue(far, "after") })
}

// scopeGrows writes more than layers hold, and meets key after key that its scope has not named.
func scopeGrows(w *world) {
	names := []store.Key{key("foo"), key("bar"), key("hello"), key("a"), key("zz")}
	for _, s := range []store.Scope{store.One(names[0]), store.One(names[:2]...), {}} {
		w.updateIn(s, func(p *probe) {
			for _, k := range names {
				p.make(k, store.Fields, hashItems(400)...)
				h := p.head(k)
				p.want(h.Exists(), "%q is not there", k.Name)
			}
		})
		w.view(func(p *probe) {
			for _, k := range names {
				n := len(p.list(p.head(k).ID, store.Fields, store.Range{}))
				p.want(n == 400, "%q has %d items", k.Name, n)
			}
		})
	}
}

func scopeDatabases(w *world) {
	w.updateIn(store.One(inDB(0, "k")), func(p *probe) { p.set(inDB(3, "k"), "three"); p.set(inDB(0, "k"), "zero") })
	w.viewIn(store.One(inDB(3, "k")), func(p *probe) {
		p.wantValue(inDB(0, "k"), "zero")
		p.wantValue(inDB(3, "k"), "three")
		p.wantAbsent(inDB(1, "k"))
	})
}

func scopeEmpty(w *world) {
	w.viewIn(store.Scope{}, func(p *probe) {
		_, err := p.Heads(nil, key("k"))
		p.wantErrors(store.ErrScope, map[string]error{"Heads": err})
		p.want(p.Now().UnixMilli() == start, "Now is %v", p.Now())
	})
	w.updateIn(store.Scope{}, func(p *probe) { p.want(p.Now().UnixMilli() == start, "Now is %v", p.Now()) })
}

func scopeReadOnly(w *world) {
	k := key("k")
	w.update(func(p *probe) { p.make(k, store.Fields, store.Item{Field: []byte("kept")}) })
	w.view(func(p *probe) {
		p.wantErrors(store.ErrReadOnly, writers(p, k, p.head(k).ID))
		names, errs := wholesale(p)
		for i, n := range names {
			if i < 3 {
				p.ok(errs[i])
			} else {
				p.want(errors.Is(errs[i], store.ErrReadOnly), "%s: %v", n, errs[i])
			}
		}
	})
	w.view(func(p *probe) {
		p.want(len(p.list(p.head(k).ID, store.Fields, store.Range{})) == 1, "the View changed something")
	})
}
