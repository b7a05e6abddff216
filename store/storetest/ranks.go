package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"larder/store"
)

func rankRows() []row {
	var rows []row
	for _, o := range rankedOrders() {
		rows = append(rows, row{"Ranks/random changes " + o.name, func(w *world) { ranksChurn(w, o) }})
	}
	return append(rows, row{"Ranks/a ranked id is swept and renamed like others", ranksLife})
}

// rankedOrders are the orders with items that can be told apart by a number.
func rankedOrders() []order {
	return []order{
		{"hashed", store.Members, store.Natural, func(i int) store.Item { return item(fmt.Sprintf("m%d", i), "") },
			store.Set},
		{"by score", store.Scores, store.ByScore, rankedItem, store.ZSet},
		{"hashed with scores", store.Scores, store.Natural, rankedItem, store.ZSet},
		{"placed", store.Elements, store.Natural, func(i int) store.Item {
			return store.Item{Pos: int64(i), Value: []byte("v")}
		}, store.List},
		{"named", store.Entries, store.Natural, func(i int) store.Item { return item(fmt.Sprintf("%08d", i), "v") },
			store.Stream},
	}
}

func rankedItem(i int) store.Item {
	it := item(fmt.Sprintf("m%d", i), "")
	it.Score = float64(i % 97)
	return it
}

// ranksChurn grows a ranked id past RankedMin, shrinks it to almost nothing and grows it again, and compares
// ranks with brute force on the way.
func ranksChurn(w *world, o order) {
	k := key("k")
	random := rand.New(rand.NewPCG(3, 4))
	sorted := o.fill(w, k, store.RankedMin+100)
	w.update(func(p *probe) { h := p.head(k); h.Type, h.Ranked = o.typ, true; p.put(k, h) })
	next := store.RankedMin + 100
	for round := range 14 {
		add, drop := 400, 100
		if round > 4 && round < 10 {
			add, drop = 20, 330
		}
		sorted = ranksChange(w, o, k, random, &next, add, drop)
		w.view(func(p *probe) {
			id := p.head(k).ID
			p.want(len(p.list(id, o.part, store.Range{Order: o.order})) == len(sorted), "round %d: length", round)
			for range Times(4, 25) {
				p.wantRange(o, id, sorted, randomRange(o, random, sorted))
			}
		})
	}
}

// ranksChange adds and drops items in one transaction and returns what is there afterwards.
func ranksChange(w *world, o order, k store.Key, random *rand.Rand, next *int, add, drop int) (sorted []store.Item) {
	w.t.Helper()
	seed, first := random.Uint64(), *next
	*next += add
	w.update(func(p *probe) {
		random := rand.New(rand.NewPCG(seed, 0))
		h := p.head(k)
		all := p.list(h.ID, o.part, store.Range{Order: o.order})
		var fresh []store.Item
		for i := range add {
			fresh = append(fresh, o.item(first+i))
		}
		ch := p.putItems(h.ID, o.part, fresh...)
		if moved := all[random.IntN(len(all))]; o.part == store.Scores {
			moved.Score = random.Float64() * 100
			ch = ch.Plus(p.putItems(h.ID, o.part, moved))
		}
		for range min(drop, len(all)-5) {
			i := random.IntN(len(all))
			ch = ch.Plus(p.dropOne(h.ID, o.part, all[i]))
			all = slices.Delete(all, i, i+1)
		}
		end := random.Int64N(int64(len(all)))
		cut, err := p.DropRange(h.ID, o.part, store.Range{Order: o.order, Skip: end, Limit: 40})
		p.ok(err)
		h.Len += ch.Plus(cut).Count
		p.put(k, h)
		sorted = p.list(h.ID, o.part, store.Range{Order: o.order})
		p.want(int64(len(sorted)) == h.Len, "%d items, changes say %d", len(sorted), h.Len)
		p.want(slices.IsSortedFunc(sorted, o.compare), "out of order")
	})
	return sorted
}

func (p *probe) dropOne(id store.ID, part store.Part, it store.Item) store.Change {
	var ch store.Change
	var err error
	if part.Class() == store.Placed {
		ch, err = p.DropRange(id, part, store.Positions(it.Pos, it.Pos))
	} else {
		ch, err = p.DropItems(id, part, it.Field)
	}
	p.ok(err)
	p.want(ch.Count == -1, "dropping one item changed %+v", ch)
	return ch
}

func randomRange(o order, random *rand.Rand, sorted []store.Item) store.Range {
	bound := func() store.Bound {
		it := sorted[random.IntN(len(sorted))]
		b := store.Bound{Edge: store.Edge(random.IntN(3)), Pos: it.Pos, Score: it.Score, Field: it.Field}
		if o.order == store.ByScore && random.IntN(2) == 0 {
			b.Field = nil
		}
		return b
	}
	r := store.Range{Order: o.order, Min: bound(), Max: bound(), Reverse: random.IntN(2) == 0}
	if random.IntN(3) > 0 {
		r.Skip = random.Int64N(int64(len(sorted)))
	}
	if random.IntN(2) > 0 {
		r.Limit = random.Int64N(50)
	}
	return r
}

func ranksLife(w *world) {
	o := rankedOrders()[1]
	from, to := key("{x}from"), key("{x}to")
	o.fill(w, from, 1000)
	w.update(func(p *probe) { h := p.head(from); h.Ranked = true; p.put(from, h) })
	w.update(func(p *probe) {
		h := p.head(from)
		p.move(from, to)
		_, err := p.DropRange(h.ID, o.part, store.Range{})
		p.ok(err)
		p.want(p.count(h.ID, o.part, store.Range{}) == 0, "items are left")
		p.putItems(h.ID, o.part, rankedItem(1), rankedItem(2))
	})
	w.view(func(p *probe) {
		all := p.list(p.head(to).ID, o.part, store.Range{Order: store.ByScore, Skip: 1})
		p.want(len(all) == 1 && all[0].Score == 2, "%+v", all)
	})
	w.update(func(p *probe) { _, err := p.Drop(to); p.ok(err) })
	w.sweep()
	if n := w.sizes().Orphans; n != 0 {
		w.t.Errorf("%d orphans are left", n)
	}
}
