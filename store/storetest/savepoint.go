package storetest

import (
	"errors"
	"fmt"

	"larder/store"
)

func savepointRows() []row {
	var rows []row
	for _, s := range savepointSteps() {
		rows = append(rows, row{"Savepoint/" + s.name + " is taken back", func(w *world) {
			savepointStep(w, s, savepointData)
		}})
	}
	return append(rows, []row{
		{"Savepoint/ranks of many are taken back", func(w *world) { savepointStep(w, ranksStep(), savepointDataRanked) }},
		{"Savepoint/every step after the other", savepointAll},
		{"Savepoint/they nest", savepointNested},
		{"Savepoint/one is rolled back to again and again", savepointAgain},
		{"Savepoint/released writes stay, until an outer one is rolled back", savepointReleased},
		{"Savepoint/an id that was loose is loose again", savepointLoose},
		{"Savepoint/a part that was emptied and filled anew is as it was", savepointEmptied},
		{"Savepoint/a failing transaction keeps nothing", savepointFailing},
		{"Savepoint/the next transaction has none", savepointOwn},
		{"Savepoint/several keys far apart", savepointShards},
		{"Savepoint/many are taken and released", savepointMany},
		{"Savepoint/a View takes them too", savepointView},
	}...)
}

// savepointEmptied takes back that all items of a part made in the same transaction were replaced by others: the writer
// that takes the new ones away first has a part without items for a moment.
func savepointEmptied(w *world) {
	for _, part := range []store.Part{store.Members, store.Scores, store.Fields, store.Entries} {
		w.update(func(p *probe) {
			k := key("k%d", part)
			id := p.make(k, part, item("a", ""), item("b", ""))
			point := p.savepoint()
			_, err := p.DropItems(id, part, []byte("a"), []byte("b"))
			p.ok(err)
			p.putItems(id, part, item("c", ""))
			p.rollback(point)
			p.want(len(p.list(id, part, store.Range{})) == 2, "part %d has lost items that were there at the savepoint", part)
		})
		w.view(func(p *probe) {
			n := len(p.list(p.head(key("k%d", part)).ID, part, store.Range{}))
			p.want(n == 2, "part %d has %d items after the commit, want 2", part, n)
		})
	}
}

func (p *probe) drop(keys ...store.Key) {
	_, err := p.Drop(keys...)
	p.ok(err)
}

func (p *probe) move(from, to store.Key) {
	p.ok(p.Move(from, to, p.head(from)))
}

func (p *probe) savepoint() store.Savepoint {
	point, err := p.Savepoint()
	p.ok(err)
	return point
}

func (p *probe) rollback(to store.Savepoint) { p.ok(p.Rollback(to)) }

// undone does something and takes it back.
func (p *probe) undone(do func(*probe)) {
	before, point := p.dump(), p.savepoint()
	do(p)
	p.rollback(point)
	p.same(before)
	p.ok(p.Release(point))
}

// same compares what the transaction sees.
func (p *probe) same(want string) {
	if got := p.dump(); got != want {
		p.ok(fmt.Errorf("want:\n%s\ngot:\n%s", want, got))
	}
}

// wantDump compares what is stored, now and when all that is orphaned has been swept.
func (w *world) wantDump(want string) {
	w.t.Helper()
	for range 2 {
		if got := Dump(w.t, w.e); got != want {
			w.t.Errorf("want:\n%s\ngot:\n%s", want, got)
		}
		w.check()
		w.sweep()
	}
}

// savepointStep takes a step back in transactions that write something else, too: over what is in memory, over what is
// settled, and over what is of the transaction.
func savepointStep(w *world, s step, data func(*probe)) {
	w.update(data)
	w.update(func(p *probe) { p.set(key("mine"), "kept") })
	want := Dump(w.t, w.e)
	undone := func(p *probe) {
		p.set(key("mine"), "kept")
		p.undone(s.do)
	}
	w.update(undone)
	w.wantDump(want)
	w.update(undone)
	w.update(func(p *probe) {
		p.undone(func(p *probe) { s.do(p); s.do(p.fresh()) })
		p.set(key("mine"), "kept")
	})
	w.wantDump(want)
	w.update(func(p *probe) {
		p.ok(p.Flush(0))
		p.ok(p.Flush(1))
		data(p)
		p.undone(s.do)
		p.set(key("mine"), "kept")
	})
	w.wantDump(want)
	w.update(func(p *probe) { p.drop(keysOf(p)...) })
	w.update(func(p *probe) {
		data(p)
		p.undone(s.do)
		undone(p)
	})
	w.wantDump(want)
}

// keysOf are all keys.
func keysOf(p *probe) (keys []store.Key) {
	for db := range databases {
		entries, _, err := p.Scan(db, 0, 100)
		p.ok(err)
		for _, e := range entries {
			keys = append(keys, store.Key{DB: db, Name: e.Name})
		}
	}
	return append(keys, key("e"))
}

// fresh is a probe whose errors do not count: a step may have taken the ground from itself.
func (p *probe) fresh() *probe { return &probe{Tx: p.Tx} }

// savepointAll compares with what the steps do without the one that is taken back.
func savepointAll(w *world) {
	for i, s := range savepointSteps() {
		w.update(func(p *probe) {
			for db := range databases {
				p.ok(p.Flush(db))
			}
			savepointData(p)
		})
		w.update(func(p *probe) { p.fresh().all(i) })
		want := Dump(w.t, w.e)
		w.update(func(p *probe) {
			for db := range databases {
				p.ok(p.Flush(db))
			}
			savepointData(p)
		})
		w.update(func(p *probe) {
			q := p.fresh()
			point := p.savepoint()
			s.do(q)
			p.rollback(point)
			p.fresh().all(i)
		})
		w.wantDump(want)
	}
}

// all takes three steps, which differ.
func (p *probe) all(from int) {
	steps := savepointSteps()
	for i := range 3 {
		steps[(from+i)%len(steps)].do(p)
	}
}

func savepointNested(w *world) {
	w.update(savepointData)
	w.update(func(p *probe) {
		p.set(key("s"), "one")
		outer := p.savepoint()
		p.set(key("s"), "two")
		inner := p.savepoint()
		p.set(key("s"), "three")
		p.rollback(inner)
		p.wantValue(key("s"), "two")
		p.set(key("s"), "four")
		p.savepoint()
		p.set(key("s"), "five")
		p.rollback(outer)
		p.wantValue(key("s"), "one")
		p.want(p.Rollback(inner) != nil, "a savepoint behind the one rolled back to is still there")
	})
	w.view(func(p *probe) { p.wantValue(key("s"), "one") })
}

func savepointAgain(w *world) {
	w.update(savepointData)
	want := Dump(w.t, w.e)
	w.update(func(p *probe) {
		point := p.savepoint()
		for _, s := range savepointSteps() {
			s.do(p)
			p.rollback(point)
			p.same(want)
		}
		p.set(key("s"), "written again")
	})
	w.view(func(p *probe) { p.wantValue(key("s"), "written again"); p.wantValue(key("t"), "there") })
}

func savepointReleased(w *world) {
	w.update(savepointData)
	want := Dump(w.t, w.e)
	w.update(func(p *probe) {
		outer := p.savepoint()
		p.set(key("s"), "one")
		inner := p.savepoint()
		p.set(key("s"), "two")
		p.ok(p.Release(inner))
		p.wantValue(key("s"), "two")
		p.want(p.Rollback(inner) != nil, "a released savepoint is still there")
		p.rollback(outer)
		p.same(want)
	})
	w.wantDump(want)
}

// savepointLoose takes back that an id was put under a key after it had been made before the savepoint, or moved.
func savepointLoose(w *world) {
	w.update(savepointData)
	w.update(func(p *probe) {
		id, err := p.NewID(key("s"))
		p.ok(err)
		p.putItems(id, store.Fields, hashItems(3)...)
		point := p.savepoint()
		p.move(key("h"), inDB(2, "h"))
		p.put(key("s"), store.Head{Type: store.String, ID: id})
		p.rollback(point)
		p.wantAbsent(inDB(2, "h"))
		p.move(key("h"), inDB(4, "h"))
	})
	w.view(func(p *probe) {
		p.wantValue(key("s"), "text")
		p.want(len(p.list(p.head(inDB(4, "h")).ID, store.Fields, store.Range{})) == 20, "items are lost")
	})
	w.update(func(p *probe) {
		p.move(inDB(4, "h"), inDB(5, "h"))
		point := p.savepoint()
		p.move(inDB(5, "h"), key("h"))
		p.rollback(point)
	})
	w.view(func(p *probe) {
		p.want(len(p.list(p.head(inDB(5, "h")).ID, store.Fields, store.Range{})) == 20, "items are lost")
	})
	w.sweep()
	if n := w.sizes().Orphans; n != 0 {
		w.t.Errorf("%d orphans are left", n)
	}
}

func savepointFailing(w *world) {
	w.update(savepointData)
	want := Dump(w.t, w.e)
	err := w.e.Update(ctx, store.Whole(), func(tx store.Tx) error {
		p := &probe{Tx: tx}
		p.set(key("s"), "one")
		point := p.savepoint()
		p.set(key("s"), "two")
		p.drop(key("h"))
		p.rollback(point)
		p.drop(key("x"))
		p.savepoint()
		p.set(key("new"), "v")
		p.ok(errUndo)
		return p.err
	})
	w.wantUndone(err)
	w.wantDump(want)
}

func savepointOwn(w *world) {
	take := func(tx store.Tx) error {
		point, err := tx.Savepoint()
		return errors.Join(err, appendTo(key("k"), fmt.Sprint(point))(tx))
	}
	fail := func(tx store.Tx) error { return errors.Join(tx.Rollback(0), errUndo) }
	jobs := []*store.Job{writeJob(key("k"), take), writeJob(key("k"), take), writeJob(key("k"), fail)}
	store.Batch(ctx, w.e, jobs)
	for i, j := range jobs[:2] {
		if j.Err != nil {
			w.t.Errorf("job %d: %v", i, j.Err)
		}
	}
	if err := jobs[2].Err; err == errUndo || !errors.Is(err, errUndo) {
		w.t.Errorf("rolling back to another transaction's savepoint: %v", err)
	}
	w.view(func(p *probe) { p.wantValue(key("k"), "00") })
}

// savepointShards touches shards before, after, and before and after the savepoint.
func savepointShards(w *world) {
	keys := []store.Key{key("foo"), key("bar"), key("hello"), key("a"), key("zz")}
	for round := range keys {
		w.updateIn(store.One(keys...), func(p *probe) {
			for i, k := range keys {
				p.set(k, fmt.Sprint("old", i))
			}
		})
		w.updateIn(store.One(keys...), func(p *probe) {
			for _, k := range keys[:round] {
				p.set(k, "early")
			}
			point := p.savepoint()
			for _, k := range keys[round/2:] {
				p.drop(k)
				p.make(k, store.Fields, hashItems(5)...)
			}
			p.rollback(point)
			p.set(keys[4], "late")
			p.set(keys[0], "late")
		})
		w.view(func(p *probe) {
			for i, k := range keys {
				want := fmt.Sprint("old", i)
				switch {
				case i == 0 || i == 4:
					want = "late"
				case i < round:
					want = "early"
				}
				p.wantValue(k, want)
			}
		})
	}
}

func savepointMany(w *world) {
	w.update(func(p *probe) {
		for i := range 2000 {
			point := p.savepoint()
			p.set(key("k%d", i%50), fmt.Sprint(i))
			if i%3 == 0 {
				p.rollback(point)
			}
			p.ok(p.Release(point))
		}
	})
	w.view(func(p *probe) {
		for i := 1950; i < 2000; i++ {
			want := i
			if i%3 == 0 {
				want = i - 50
			}
			p.wantValue(key("k%d", i%50), fmt.Sprint(want))
		}
	})
}

func savepointView(w *world) {
	w.update(savepointData)
	want := Dump(w.t, w.e)
	w.view(func(p *probe) {
		point := p.savepoint()
		p.same(want)
		p.rollback(point)
		p.ok(p.Release(point))
		p.same(want)
	})
}
