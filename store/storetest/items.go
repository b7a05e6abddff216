package storetest

import (
	"bytes"
	"fmt"
	"math"

	"larder/store"
)

func itemRows() []row {
	rows := []row{
		{"Items/parts and ids are apart", itemsApart},
		{"Items/placed", itemsPlaced},
		{"Items/moving scores", itemsScores},
		{"Items/loops within loops", itemsLoops},
		{"Items/large values", itemsLarge},
		{"Items/no id owns nothing", itemsNoID},
	}
	for _, part := range []store.Part{store.Fields, store.Members, store.Entries, store.Pending} {
		rows = append(rows, row{fmt.Sprintf("Items/life of part %d", part), func(w *world) { itemsLife(w, part) }})
	}
	return rows
}

func item(field, value string) store.Item {
	return store.Item{Field: []byte(field), Value: []byte(value)}
}

func (p *probe) wantChange(what string, got store.Change, count, size int64) {
	p.want(got == store.Change{Count: count, Bytes: size}, "%s changed %+v, want %d items and %d bytes", what, got, count,
		size)
}

// itemsLife adds, finds, overwrites and removes items that are found by their field.
func itemsLife(w *world, part store.Part) {
	k := key("k")
	var id store.ID
	w.update(func(p *probe) {
		var err error
		id, err = p.NewID(k)
		p.ok(err)
		p.wantChange("putting", p.putItems(id, part, item("a", "1"), item("", "empty"), item("b\x00", ""), item("a", "123")),
			3, 12+13+10)
		p.put(k, store.Head{Type: store.String, ID: id, Len: 3})
		p.wantItems(id, part)
	})
	w.view(func(p *probe) { p.head(k); p.wantItems(id, part) })
	w.update(func(p *probe) {
		p.head(k)
		p.wantChange("overwriting", p.putItems(id, part, item("a", ""), item("c", "new")), 1, -3+12)
		ch, err := p.DropItems(id, part, []byte("none"), []byte(""), []byte("c"), []byte("c"))
		p.ok(err)
		p.wantChange("dropping", ch, -2, -13-12)
		ch, err = p.PutItems(id, part)
		p.ok(err)
		p.wantChange("putting nothing", ch, 0, 0)
	})
	w.update(func(p *probe) {
		p.head(k)
		all := p.list(id, part, store.Range{})
		p.want(len(all) == 2, "%d items", len(all))
		ch, err := p.DropRange(id, part, store.Range{})
		p.ok(err)
		p.wantChange("dropping all", ch, -2, -9-10)
		p.want(p.count(id, part, store.Range{}) == 0, "items are left")
		p.wantChange("putting again", p.putItems(id, part, item("a", "")), 1, 9)
	})
}

// wantItems looks up what itemsLife wrote first.
func (p *probe) wantItems(id store.ID, part store.Part) {
	found, err := p.Items([]store.Item{{Pos: 77}}, id, part, []byte("b\x00"), []byte("none"), []byte(""), []byte("a"),
		[]byte("a"), []byte("b"))
	p.ok(err)
	var text []string
	for _, it := range found {
		text = append(text, fmt.Sprintf("%q=%q %v", it.Field, it.Value, it.Found))
	}
	got := fmt.Sprint(text[1:])
	p.want(len(found) == 7 && found[0].Pos == 77 &&
		got == `["b\x00"="" true "none"="" false ""="empty" true "a"="123" true "a"="123" true "b"="" false]`, "found %s",
		got)
	for _, it := range found[1:] {
		hashed := part.Class() == store.Hashed
		p.want(hashed && it.Pos>>store.HashBits == 0 || it.Pos == 0, "position %d of %q", it.Pos, it.Field)
	}
}

func itemsApart(w *world) {
	a, b := key("{x}a"), key("{x}b")
	parts := []store.Part{
		store.Fields, store.Members, store.Scores, store.Elements, store.Chunks,
		store.Entries, store.Groups, store.Consumers, store.Pending, store.Producers,
	}
	var ids [2]store.ID
	w.update(func(p *probe) {
		for i, k := range []store.Key{a, b} {
			ids[i] = p.make(k, store.Groups, item("f", "v"))
			for _, part := range parts {
				p.putItems(ids[i], part, store.Item{Field: []byte("f"), Score: float64(i), Value: []byte{byte(part), byte(i)}})
			}
		}
		_, err := p.DropRange(ids[0], store.Members, store.Range{})
		p.ok(err)
	})
	w.view(func(p *probe) {
		for i, k := range []store.Key{a, b} {
			p.head(k)
			for _, part := range parts {
				all := p.list(ids[i], part, store.Range{})
				if part == store.Members && i == 0 {
					p.want(len(all) == 0, "part %d of a has items", part)
					continue
				}
				mine := len(all) == 1 && bytes.Equal(all[0].Value, []byte{byte(part), byte(i)})
				if part.Scored() {
					mine = len(all) == 1 && all[0].Score == float64(i)
				}
				p.want(mine, "part %d of %d: %+v", part, i, all)
			}
		}
	})
}

func itemsPlaced(w *world) {
	k := key("k")
	at := func(pos int64, v string) store.Item { return store.Item{Pos: pos, Value: []byte(v)} }
	w.update(func(p *probe) {
		id, err := p.NewID(k)
		p.ok(err)
		ch := p.putItems(id, store.Elements, at(0, "zero"), at(-5, "minus"), at(math.MaxInt64, "last"),
			at(math.MinInt64, "first"), at(0, "nil"))
		p.wantChange("putting", ch, 4, 11+13+12+13)
		p.put(k, store.Head{Type: store.String, ID: id, Len: 4})
		ch, err = p.DropRange(id, store.Elements, store.Positions(-5, -5))
		p.ok(err)
		p.wantChange("dropping", ch, -1, -13)
	})
	w.view(func(p *probe) {
		id := p.head(k).ID
		var got []string
		for _, it := range p.list(id, store.Elements, store.Range{}) {
			got = append(got, fmt.Sprintf("%d %s %s", it.Pos, it.Value, it.Field))
		}
		p.want(fmt.Sprint(got) == "[-9223372036854775808 first  0 nil  9223372036854775807 last ]", "%v", got)
		p.want(p.count(id, store.Elements, store.Positions(math.MinInt64, math.MaxInt64)) == 3, "count by positions")
	})
}

// A changed score must leave no trace in the second order.
func itemsScores(w *world) {
	k := key("k")
	scored := func(f string, s float64) store.Item { return store.Item{Field: []byte(f), Score: s} }
	w.update(func(p *probe) {
		id := p.make(k, store.Scores, scored("a", 1))
		p.wantChange("adding", p.putItems(id, store.Scores, scored("b", 2), scored("a", 1), scored("c", 3)), 2, 18)
		p.wantChange("moving", p.putItems(id, store.Scores, scored("a", math.Inf(1)), scored("c", math.Inf(-1)),
			scored("b", 2)), 0, 0)
	})
	w.update(func(p *probe) {
		id := p.head(k).ID
		p.putItems(id, store.Scores, scored("b", math.Copysign(0, -1)), scored("d", 0), scored("e", 1e-300))
		ch, err := p.DropItems(id, store.Scores, []byte("c"), []byte("none"))
		p.ok(err)
		p.wantChange("dropping", ch, -1, -9)
	})
	w.view(func(p *probe) {
		id := p.head(k).ID
		var got []string
		for _, it := range p.list(id, store.Scores, store.Range{Order: store.ByScore}) {
			got = append(got, fmt.Sprint(string(it.Field), it.Score+0)) // an engine may forget the sign of 0
		}
		p.want(fmt.Sprint(got) == "[b0 d0 e1e-300 a+Inf]", "%v", got)
		found, err := p.Items(nil, id, store.Scores, []byte("a"), []byte("c"))
		p.ok(err)
		p.want(math.IsInf(found[0].Score, 1) && !found[1].Found, "%+v", found)
	})
}

// Loops may be left early, run inside each other, and write to other ids.
func itemsLoops(w *world) {
	a, b := key("{x}a"), key("{x}b")
	w.update(func(p *probe) {
		p.make(a, store.Entries, hashItems(600)...)
		p.make(b, store.Entries, hashItems(3)...)
	})
	w.update(func(p *probe) {
		from, to := p.head(a).ID, p.head(b).ID
		n := 0
		for it, err := range p.Range(from, store.Entries, store.Range{}) {
			p.ok(err)
			it.Value = []byte("copied")
			p.putItems(to, store.Entries, it)
			if n++; n%200 == 0 {
				p.want(len(p.list(from, store.Entries, store.Range{Reverse: true})) == 600, "inner loop")
			}
		}
		for range p.Range(from, store.Entries, store.Range{}) {
			break
		}
		p.want(n == 600 && p.count(to, store.Entries, store.Range{}) == 600, "%d items went by", n)
		_, err := p.DropRange(from, store.Entries, store.Range{Skip: 1})
		p.ok(err)
		p.want(p.count(from, store.Entries, store.Range{}) == 1, "writing after the loops")
	})
}

func itemsLarge(w *world) {
	k := key("k")
	value := bytes.Repeat([]byte("0123456789abcdef"), store.ChunkSize/16)
	w.update(func(p *probe) {
		var chunks []store.Item
		for i := range int64(40) {
			chunks = append(chunks, store.Item{Pos: i, Value: value})
		}
		id := p.make(k, store.Chunks, chunks...)
		p.putItems(id, store.Fields, store.Item{Field: bytes.Repeat([]byte("F"), 100_000),
			Value: bytes.Repeat([]byte("V"), 3<<20)})
	})
	w.view(func(p *probe) {
		id := p.head(k).ID
		n := int64(0)
		for it, err := range p.Range(id, store.Chunks, store.Range{}) {
			p.ok(err)
			p.want(it.Pos == n && bytes.Equal(it.Value, value), "chunk %d differs", n)
			n++
		}
		found, err := p.Items(nil, id, store.Fields, bytes.Repeat([]byte("F"), 100_000))
		p.ok(err)
		p.want(n == 40 && found[0].Found && len(found[0].Value) == 3<<20, "%d chunks", n)
	})
}

func itemsNoID(w *world) {
	w.view(func(p *probe) {
		found, err := p.Items(nil, 0, store.Fields, []byte("f"))
		p.ok(err)
		p.want(len(found) == 1 && !found[0].Found, "%+v", found)
		p.want(len(p.list(0, store.Fields, store.Range{})) == 0 && p.count(0, store.Elements, store.Range{}) == 0,
			"id 0 has items")
	})
}
