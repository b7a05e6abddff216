package storetest

import (
	"fmt"
	"math"

	"larder/store"
)

func randomRows() []row {
	var rows []row
	for _, c := range []struct {
		part   store.Part
		size   int
		ranked bool
	}{
		{store.Members, 10, false}, {store.Members, 1000, false}, {store.Members, 1000, true},
		{store.Members, Times(2000, 5000), true}, {store.Fields, 100, false}, {store.Scores, 1000, true},
		{store.Elements, 200, false},
	} {
		name := fmt.Sprintf("Random/part %d, %d items, ranked %v", c.part, c.size, c.ranked)
		rows = append(rows, row{name, func(w *world) { randomUniform(w, c.part, c.size, c.ranked) }})
	}
	return append(rows, row{"Random/few", randomFew})
}

// randomUniform accepts a chi-square up to eight standard deviations above its mean: a uniform
// draw goes beyond about once in a million times, and drawing "the item after a random hash" misses
// it by hundreds of deviations.
func randomUniform(w *world, part store.Part, size int, ranked bool) {
	k := key("k")
	w.update(func(p *probe) {
		var items []store.Item
		for i := range size {
			items = append(items, store.Item{Pos: int64(i), Field: fmt.Appendf(nil, "m%d", i), Value: []byte("v"),
				Score: float64(i)})
		}
		p.make(k, part, items...)
		h := p.head(k)
		h.Ranked = ranked
		p.put(k, h)
	})
	draws := max(Times(5, 10)*size, 1000)
	var counts map[string]int
	w.view(func(p *probe) {
		counts = map[string]int{}
		id := p.head(k).ID
		for range draws / 100 {
			items, err := p.Random(id, part, int64(size), 100)
			p.ok(err)
			p.want(len(items) == 100, "%d items drawn", len(items))
			for _, it := range items {
				counts[fmt.Sprint(it.Field, it.Pos)]++
			}
		}
	})
	expected, chi := float64(draws)/float64(size), 0.0
	for _, n := range counts {
		chi += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	chi += expected * float64(size-len(counts))
	freedom := float64(size - 1)
	if limit := freedom + 8*math.Sqrt(2*freedom); len(counts) > size || chi > limit {
		w.t.Errorf("chi-square %.1f over %d items, at most %.1f is likely", chi, len(counts), limit)
	}
}

func randomFew(w *world) {
	k := key("k")
	w.update(func(p *probe) { p.make(k, store.Fields, item("only", "v")) })
	w.view(func(p *probe) {
		id := p.head(k).ID
		items, err := p.Random(id, store.Fields, 1, 3)
		p.ok(err)
		p.want(len(items) == 3 && string(items[2].Field) == "only" && string(items[2].Value) == "v", "%+v", items)
		items, err = p.Random(id, store.Fields, 1, 0)
		p.ok(err)
		p.want(len(items) == 0, "%+v", items)
	})
}
