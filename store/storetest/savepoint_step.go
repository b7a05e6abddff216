package storetest

import (
	"fmt"

	"larder/store"
)

// step is a change to what savepointData has made.
type step struct {
	name string
	do   func(p *probe)
}

// savepointData is dumped at every turn: in the short form the set that may be ranked is short but where ranks are the
// matter.
func savepointData(p *probe) { savepointDataWith(p, Times(50, 500)) }

func savepointDataRanked(p *probe) { savepointDataWith(p, 500) }

func savepointDataWith(p *probe, many int) {
	p.make(key("h"), store.Fields, hashItems(20)...)
	p.make(key("{z}"), store.Scores, scoredItems(20)...)
	p.make(key("l"), store.Elements, placedItems(20)...)
	p.make(key("x"), store.Entries, hashItems(20)...)
	p.make(key("many"), store.Scores, scoredItems(many)...)
	p.set(key("s"), "text")
	p.setUntil(key("e"), "gone", start-1)
	p.setUntil(key("t"), "there", start+1000)
	p.tag(key("n"), "tag0", "tag1")
	p.set(inDB(1, "one"), "v")
}

func scoredItems(n int) []store.Item {
	items := hashItems(n)
	for i := range items {
		items[i].Score = float64(i % 7)
	}
	return items
}

func placedItems(n int) []store.Item {
	items := hashItems(n)
	for i := range items {
		items[i].Pos, items[i].Field = int64(i), nil
	}
	return items
}

// savepointSteps are the changes of heads, of items of every class, and of databases.
func savepointSteps() []step {
	return append([]step{
		{"a head", func(p *probe) { p.set(key("s"), "other") }},
		{"a new key", func(p *probe) { p.set(key("new"), "v"); p.make(key("owns"), store.Fields, hashItems(3)...) }},
		{"an expiry", func(p *probe) { p.setUntil(key("s"), "text", start+7); p.set(key("t"), "for ever") }},
		{"a note", func(p *probe) { p.tag(key("n"), "tag2"); p.tag(key("s"), "tag0") }},
		{"Drop", func(p *probe) { p.drop(key("h"), key("s"), key("n"), key("absent")) }},
		{"Drop and a new key of the name", func(p *probe) {
			p.drop(key("h"))
			p.make(key("h"), store.Scores, scoredItems(3)...)
		}},
		{"another id", func(p *probe) { p.make(key("x"), store.Fields, hashItems(4)...) }},
		{"Expire", func(p *probe) {
			_, err := p.Expire(key("e"), key("t"))
			p.ok(err)
		}},
		{"a rename", func(p *probe) { p.move(key("{z}"), key("{z}too")); p.move(key("l"), inDB(3, "l")) }},
		{"a rename there and back", func(p *probe) { p.move(key("l"), inDB(3, "l")); p.move(inDB(3, "l"), key("l")) }},
		{"Move", func(p *probe) { p.move(key("h"), key("s")); p.move(key("s"), key("moved")) }},
		ranksStep(),
		{"Flush", func(p *probe) { p.ok(p.Flush(0)) }},
		{"Flush and a new key", func(p *probe) { p.ok(p.Flush(0)); p.set(key("new"), "v") }},
		{"Swap", func(p *probe) { p.ok(p.Swap(0, 1)) }},
		{"nothing", func(*probe) {}},
	}, itemSteps()...)
}

func ranksStep() step {
	return step{"ranks", func(p *probe) {
		if h := p.head(key("many")); h.ID != 0 {
			h.Ranked = true
			p.put(key("many"), h)
			p.putItems(h.ID, store.Scores, item("one more", ""))
		}
	}}
}

func itemSteps() (steps []step) {
	for _, of := range []struct {
		k    store.Key
		part store.Part
		make func(int) []store.Item
	}{
		{key("h"), store.Fields, hashItems}, {key("{z}"), store.Scores, scoredItems},
		{key("l"), store.Elements, placedItems}, {key("x"), store.Entries, hashItems},
	} {
		items := func() []store.Item {
			items := of.make(25)
			for i := range items {
				items[i].Score, items[i].Value = items[i].Score+1, []byte("other")
			}
			return items[10:]
		}
		steps = append(steps, step{fmt.Sprint("putting items of part ", of.part), func(p *probe) {
			if id := p.head(of.k).ID; id != 0 { // an earlier step may have taken it
				p.putItems(id, of.part, items()...)
			}
		}}, step{fmt.Sprint("a range of part ", of.part), func(p *probe) {
			if id := p.head(of.k).ID; id != 0 {
				p.putItems(id, of.part, items()...)
				_, err := p.DropRange(id, of.part, store.Range{Limit: 12})
				p.ok(err)
			}
		}})
		if of.part.Class() == store.Placed {
			continue
		}
		steps = append(steps, step{fmt.Sprint("dropping items of part ", of.part), func(p *probe) {
			if id := p.head(of.k).ID; id != 0 {
				_, err := p.DropItems(id, of.part, []byte("f0001"), []byte("f0007"), []byte("absent"))
				p.ok(err)
				p.putItems(id, of.part, item("f0007", "again"))
			}
		}})
	}
	return steps
}

func (a *act) mark() { a.points = append(a.points, a.savepoint()) }

// cut chooses a savepoint and forgets the later ones.
func (a *act) cut() (store.Savepoint, bool) {
	if len(a.points) == 0 {
		return 0, false
	}
	i := a.random.IntN(len(a.points))
	a.points = a.points[:i+1]
	return a.points[i], true
}

func (a *act) takeBack() {
	if point, ok := a.cut(); ok {
		a.rollback(point)
		a.say("rolled back")
	}
}

func (a *act) release() {
	if point, ok := a.cut(); ok {
		a.ok(a.Release(point))
		a.points = a.points[:len(a.points)-1]
	}
}
