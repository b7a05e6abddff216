package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"larder/store"
)

// order is a part in one of its orders, with what fills it.
type order struct {
	name  string
	part  store.Part
	order store.Order
	item  func(i int) store.Item
	// typ is a type whose Len counts the part's items, for tests that keep it.
	typ store.Type
}

func orders() []order {
	return []order{
		{"hashed", store.Fields, store.Natural, func(i int) store.Item { return item(fmt.Sprintf("f%d", i), "v") },
			store.Hash},
		{"hashed with scores", store.Scores, store.Natural, scoredItem, store.ZSet},
		{"by score", store.Scores, store.ByScore, scoredItem, store.ZSet},
		{"placed", store.Elements, store.Natural, func(i int) store.Item {
			return store.Item{Pos: int64(i*3 - 40), Value: []byte("v")}
		}, store.List},
		{"named", store.Entries, store.Natural, func(i int) store.Item { return item(namedField(i), "v") }, store.Stream},
	}
}

// scoredItem gives about four items each score.
func scoredItem(i int) store.Item {
	scores := []float64{math.Inf(-1), -2.5, 0, 1, 1e300, math.Inf(1)}
	it := item(fmt.Sprintf("m%c%d", 'a'+i%7, i), "")
	it.Score = float64(i / 4)
	if i < 24 {
		it.Score = scores[i/4]
	}
	return it
}

// namedField includes prefixes of each other and bytes of both ends.
func namedField(i int) string {
	return string(bytes.Repeat([]byte{byte(i * 11)}, 1+i%3)) + fmt.Sprint(i/24)
}

func rangeRows() []row {
	var rows []row
	for _, o := range orders() {
		rows = append(rows,
			row{"Ranges/all bounds " + o.name, func(w *world) { rangeBounds(w, o) }},
			row{"Ranges/dropping " + o.name, func(w *world) { rangeDrop(w, o) }},
			row{"Ranges/pages " + o.name, func(w *world) { rangePages(w, o) }},
		)
	}
	return append(rows, row{"Ranges/one score for all", rangeOneScore})
}

// compare is the order of items as the contract words it.
func (o order) compare(a, b store.Item) int {
	first := cmp.Compare(a.Pos, b.Pos)
	if o.order == store.ByScore {
		first = cmp.Compare(a.Score, b.Score)
	}
	return cmp.Or(first, bytes.Compare(a.Field, b.Field))
}

// against compares an item with a bound.
func (o order) against(it store.Item, b store.Bound) int {
	switch {
	case o.order == store.ByScore && b.Field != nil:
		return cmp.Or(cmp.Compare(it.Score, b.Score), bytes.Compare(it.Field, b.Field))
	case o.order == store.ByScore:
		return cmp.Compare(it.Score, b.Score)
	case o.part.Class() == store.Named:
		return bytes.Compare(it.Field, b.Field)
	}
	return cmp.Compare(it.Pos, b.Pos)
}

// brute answers a range from a sorted list.
func (o order) brute(sorted []store.Item, r store.Range) []store.Item {
	var in []store.Item
	for _, it := range sorted {
		low, high := o.against(it, r.Min), o.against(it, r.Max)
		tooLow := r.Min.Edge != store.Unbounded && (low < 0 || low == 0 && r.Min.Edge == store.Exclusive)
		tooHigh := r.Max.Edge != store.Unbounded && (high > 0 || high == 0 && r.Max.Edge == store.Exclusive)
		if !tooLow && !tooHigh {
			in = append(in, it)
		}
	}
	if r.Reverse {
		slices.Reverse(in)
	}
	in = in[min(r.Skip, int64(len(in))):]
	if r.Limit > 0 {
		in = in[:min(r.Limit, int64(len(in)))]
	}
	return in
}

// bounds are no bound, and bounds at and between some of the items.
func (o order) bounds(sorted []store.Item) []store.Bound {
	all := []store.Bound{{}}
	add := func(b store.Bound) {
		for _, e := range []store.Edge{store.Inclusive, store.Exclusive} {
			b.Edge = e
			all = append(all, b)
		}
	}
	for _, i := range []int{0, 1, len(sorted) / 3, len(sorted) / 2, len(sorted) - 1} {
		it := sorted[i]
		switch {
		case o.order == store.ByScore:
			add(store.Bound{Score: it.Score})
			add(store.Bound{Score: it.Score, Field: it.Field})
			add(store.Bound{Score: it.Score, Field: []byte{}})
		case o.part.Class() == store.Named:
			add(store.Bound{Field: it.Field})
			add(store.Bound{Field: append(slices.Clone(it.Field), 0)})
		default:
			add(store.Bound{Pos: it.Pos})
			add(store.Bound{Pos: it.Pos + 1})
		}
	}
	switch {
	case o.order == store.ByScore:
		add(store.Bound{Score: math.Inf(-1)})
		add(store.Bound{Score: math.Inf(1)})
	case o.part.Class() == store.Named:
		add(store.Bound{})
		add(store.Bound{Field: []byte{255, 255, 255, 255}})
	default:
		add(store.Bound{Pos: math.MinInt64})
		add(store.Bound{Pos: math.MaxInt64})
	}
	return all
}

// fill makes a key with n items and returns them in order, as the engine reads them.
func (o order) fill(w *world, k store.Key, n int) []store.Item {
	w.t.Helper()
	w.update(func(p *probe) {
		var items []store.Item
		for i := range n {
			items = append(items, o.item(i))
		}
		p.make(k, o.part, items...)
	})
	var sorted []store.Item
	w.view(func(p *probe) { sorted = p.list(p.head(k).ID, o.part, store.Range{}) })
	if len(sorted) != n {
		w.t.Fatalf("%d of %d items are there", len(sorted), n)
	}
	slices.SortFunc(sorted, o.compare)
	return sorted
}

// asked is a range in words, for those that need them: thousands are compared and hardly one is wrong.
type asked struct {
	name string
	r    store.Range
}

func (a asked) String() string { return fmt.Sprintf("%s %+v", a.name, a.r) }

// wantRange compares Range and Count with brute force.
func (p *probe) wantRange(o order, id store.ID, sorted []store.Item, r store.Range) {
	want := o.brute(sorted, r)
	got := p.list(id, o.part, r)
	p.want(sameItems(got, want), "%s: got %d items %+v, want %d %+v", asked{o.name, r}, len(got), got, len(want), want)
	n := p.count(id, o.part, r)
	p.want(n == int64(len(want)), "%s: count %d, want %d", asked{o.name, r}, n, len(want))
}

func rangeBounds(w *world, o order) {
	k := key("k")
	sorted := o.fill(w, k, 40)
	w.view(func(p *probe) {
		id := p.head(k).ID
		for _, low := range o.bounds(sorted) {
			for _, high := range o.bounds(sorted) {
				for _, reverse := range []bool{false, true} {
					r := store.Range{Order: o.order, Min: low, Max: high, Reverse: reverse}
					p.wantRange(o, id, sorted, r)
					r.Skip, r.Limit = 2, 3
					p.wantRange(o, id, sorted, r)
				}
			}
		}
		for _, cut := range [][2]int64{{0, 1}, {0, 40}, {0, 41}, {39, 0}, {40, 0}, {41, 5}, {1 << 40, 1},
			{10, math.MaxInt64}} {
			p.wantRange(o, id, sorted, store.Range{Order: o.order, Skip: cut[0], Limit: cut[1]})
			p.wantRange(o, id, sorted, store.Range{Order: o.order, Skip: cut[0], Limit: cut[1], Reverse: true})
		}
	})
}

func rangeDrop(w *world, o order) {
	k := key("k")
	sorted := o.fill(w, k, 40)
	random := rand.New(rand.NewPCG(1, 2))
	bounds := o.bounds(sorted)
	for range 60 {
		r := store.Range{Order: o.order, Min: bounds[random.IntN(len(bounds))], Max: bounds[random.IntN(len(bounds))]}
		r.Reverse, r.Skip, r.Limit = random.IntN(2) == 0, random.Int64N(4), random.Int64N(9)
		err := w.e.Update(ctx, store.One(k), func(tx store.Tx) error {
			p := &probe{Tx: tx}
			id := p.head(k).ID
			doomed := o.brute(sorted, r)
			var size int64
			for _, it := range doomed {
				size -= store.ItemBytes(it)
			}
			ch, err := p.DropRange(id, o.part, r)
			p.ok(err)
			p.wantChange(asked{o.name, r}.String(), ch, -int64(len(doomed)), size)
			left := slices.DeleteFunc(slices.Clone(sorted), func(it store.Item) bool {
				return slices.ContainsFunc(doomed, func(d store.Item) bool { return sameItem(d, it) })
			})
			p.wantRange(o, id, left, store.Range{Order: o.order})
			p.ok(errUndo)
			return p.err
		})
		w.wantUndone(err)
	}
	w.view(func(p *probe) { p.wantRange(o, p.head(k).ID, sorted, store.Range{Order: o.order}) })
}

// rangePages reads more than any page an engine would fetch at a time.
func rangePages(w *world, o order) {
	k := key("k")
	sorted := o.fill(w, k, 2500)
	w.view(func(p *probe) {
		id := p.head(k).ID
		for _, reverse := range []bool{false, true} {
			p.wantRange(o, id, sorted, store.Range{Order: o.order, Reverse: reverse})
			p.wantRange(o, id, sorted, store.Range{Order: o.order, Reverse: reverse, Skip: 700, Limit: 1500})
		}
	})
}

func rangeOneScore(w *world) {
	o := order{"one score", store.Scores, store.ByScore, func(i int) store.Item { return item(fmt.Sprint(i), "") },
		store.ZSet}
	sorted := o.fill(w, key("k"), 1500)
	w.view(func(p *probe) {
		id := p.head(key("k")).ID
		zero := store.Bound{Edge: store.Inclusive}
		for _, r := range []store.Range{{}, {Reverse: true}, {Min: zero, Max: zero},
			{Min: zero, Max: zero, Reverse: true, Skip: 600, Limit: 600}} {
			r.Order = store.ByScore
			p.wantRange(o, id, sorted, r)
		}
	})
}
