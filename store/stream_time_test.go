package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"larder/store"
)

// release gives entries back, those that are pending.
func (r *groupRun) release(ids []store.StreamID) {
	r.t.Helper()
	r.group(func(g *store.StreamGroup) error {
		if err := g.Load(ids...); err != nil {
			return err
		}
		for _, id := range ids {
			p, there := g.Waiting(id)
			if !there {
				continue
			}
			g.Release(id, p.Count+5)
			r.model[id] = store.StreamPending{ID: id, Count: p.Count + 5, Released: true}
		}
		return nil
	})
}

// idlest compares what has been pending since a time with the model.
func (r *groupRun) idlest(until int64, most int) {
	r.t.Helper()
	want := slices.SortedFunc(maps.Values(r.model), func(a, b store.StreamPending) int {
		return cmp.Or(cmp.Compare(a.Delivered, b.Delivered), a.ID.Compare(b.ID))
	})
	want = slices.DeleteFunc(want, func(p store.StreamPending) bool { return p.Delivered > until })
	want = want[:min(most, len(want))]
	r.group(func(g *store.StreamGroup) error {
		var got []store.StreamPending
		for p, err := range g.Idlest(until) {
			if err != nil {
				return err
			}
			if len(got) == most {
				break
			}
			got = append(got, p)
		}
		if len(got) != len(want) {
			r.t.Fatalf("%d are idle since %d, want %d", len(got), until, len(want))
		}
		for i := range got {
			if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
				r.t.Fatalf("%v is the next of those idle since %d, want %v", got[i], until, want[i])
			}
		}
		return nil
	})
}

// TestIdlestEntries: whatever happens to entries, those that have been pending for longest are found in order, from the
// moment when somebody first asks for them.
func TestIdlestEntries(t *testing.T) {
	for seed := range uint64(8) {
		r := newGroupRun(t, seed)
		for i := range 60 {
			r.step()
			if r.rng.IntN(3) == 0 {
				r.release(r.some(1 + r.rng.IntN(200)))
			}
			if i > 20 {
				r.idlest(r.now-int64(r.rng.IntN(20)), []int{1, 10, 1 << 20}[r.rng.IntN(3)])
			}
			r.check()
		}
	}
}

// TestFewIdleEntriesCostLittle: ten of a hundred thousand are found without a look at the others.
func TestFewIdleEntriesCostLittle(t *testing.T) {
	r := newGroupRun(t, 1)
	const all = 100_000
	for range all / 100 {
		r.now++
		r.group(func(g *store.StreamGroup) error {
			c, _, err := g.Join([]byte("c"), r.now)
			if err != nil {
				return err
			}
			return r.deliver(g, c, 100)
		})
	}
	r.idlest(r.now, 10) // puts all in order
	r.group(func(g *store.StreamGroup) error {
		first := testing.AllocsPerRun(10, func() {
			n := 0
			for range g.Idlest(r.now) {
				if n++; n == 10 {
					break
				}
			}
		})
		if first > all/10 {
			t.Errorf("%v allocations find ten entries", first)
		}
		return nil
	})
}

// TestMendedTimes: an order of times that misses something, or leads nowhere, is found and made anew.
func TestMendedTimes(t *testing.T) {
	for seed := range uint64(6) {
		for _, kind := range []byte{0, 1, 4, 5} {
			r := newGroupRun(t, seed)
			for range 30 {
				r.step()
			}
			r.release(r.some(20))
			r.idlest(r.now, 1<<20)
			dropped := int64(0)
			r.update(func(tx store.Tx) error {
				heads, err := tx.Heads(nil, streamKey)
				if err != nil {
					return err
				}
				kinds := store.Range{Min: store.Bound{Edge: store.Inclusive, Field: []byte{kind}},
					Max: store.Bound{Edge: store.Exclusive, Field: []byte{kind + 1}}, Limit: 1}
				for it := range tx.Range(heads[0].ID, store.Pending, kinds) {
					if kind == 0 { // what is kept by id is believed
						delete(r.model, idOf(it.Field))
					}
				}
				ch, err := tx.DropRange(heads[0].ID, store.Pending, kinds)
				dropped = -ch.Count
				heads[0].Bytes += ch.Bytes
				return cmp.Or(err, tx.PutHead(streamKey, heads[0]))
			})
			for _, want := range []bool{dropped > 0, false} {
				r.update(func(tx store.Tx) error {
					found, err := store.Amend(tx, streamKey)
					if (len(found) > 0) != want {
						t.Errorf("seed %d, kind %d: %v is found", seed, kind, found)
					}
					return err
				})
			}
			r.check()
			r.idlest(r.now, 1<<20)
			r.check()
		}
	}
}

// idOf is the id that a pending item's field ends with.
func idOf(field []byte) store.StreamID {
	var id store.StreamID
	for i, b := range field[len(field)-16:] {
		if i < 8 {
			id.Millis = id.Millis<<8 | uint64(b)
		} else {
			id.Seq = id.Seq<<8 | uint64(b)
		}
	}
	return id
}
