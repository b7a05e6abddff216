package geos

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"larder/geo"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func search(c *cmd.Call) reply.Reply         { return run(c, &query{form: searching}) }
func searchStore(c *cmd.Call) reply.Reply    { return run(c, &query{form: searchStoring}) }
func radius(c *cmd.Call) reply.Reply         { return run(c, &query{form: fromPlace}) }
func radiusByMember(c *cmd.Call) reply.Reply { return run(c, &query{form: fromOne}) }

func radiusRO(c *cmd.Call) reply.Reply { return run(c, &query{form: fromPlace, readOnly: true}) }

func radiusByMemberRO(c *cmd.Call) reply.Reply {
	return run(c, &query{form: fromOne, readOnly: true})
}

// match is a member inside the shape. member is valid until the next match, unless it was copied.
type match struct {
	member   []byte
	score    float64
	distance float64 // from the centre, in metres
}

func run(c *cmd.Call, q *query) reply.Reply {
	if err := q.read(c); err != nil {
		return reply.Err(err)
	}
	matches := q.matches()
	if q.ascending || q.descending {
		matches = q.sorted(matches)
	}
	if q.stores {
		n, err := store.StoreZSet(c.Tx, q.to, q.items(matches))
		if err != nil {
			return reply.Err(err)
		}
		return reply.Integer(n)
	}
	list := c.List(reply.Array)
	for m, err := range matches {
		if err != nil {
			return list.End(err)
		}
		q.answer(list, m)
	}
	return list.Done()
}

// matches yields what lies in the shape in the order of cells, and no more than ANY asks for.
func (q *query) matches() iter.Seq2[match, error] {
	return func(yield func(match, error) bool) {
		if !q.zset.Exists() {
			return
		}
		if !q.any { // which may have enough in the first cell
			found, ok, err := q.sweep()
			if err != nil {
				yield(match{}, err)
				return
			}
			if ok {
				each(found, yield)
				return
			}
		}
		n, finder := int64(0), q.shape.Finder()
		for _, r := range q.shape.Ranges() {
			for it, err := range q.zset.Members(scores(r)) {
				if err != nil {
					yield(match{}, err)
					return
				}
				distance, ok := finder.Distance(geo.FromScore(it.Score))
				if !ok {
					continue
				}
				if n++; !yield(match{it.Field, it.Score, distance}, nil) || q.any && n == q.count {
					return
				}
			}
		}
	}
}

func each(found []match, yield func(match, error) bool) {
	for _, m := range found {
		if !yield(m, nil) {
			return
		}
	}
}

func scores(r geo.Range) store.Range {
	return store.Range{Order: store.ByScore,
		Min: store.Bound{Edge: store.Inclusive, Score: r.Min}, Max: store.Bound{Edge: store.Exclusive, Score: r.Max}}
}

// sorted yields matches by distance, the first of them if there is a count. It holds them all in memory, or twice the
// count.
func (q *query) sorted(all iter.Seq2[match, error]) iter.Seq2[match, error] {
	return func(yield func(match, error) bool) {
		var held []match
		for m, err := range all {
			if err != nil {
				yield(m, err)
				return
			}
			m.member = bytes.Clone(m.member)
			if held = append(held, m); q.count > 0 && int64(len(held)) >= 2*q.count && len(held) >= 1024 {
				held = q.first(held)
			}
		}
		for _, m := range q.first(held) {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// first sorts what is held and keeps the count of it. Equal distances stay in the order of cells.
func (q *query) first(held []match) []match {
	slices.SortStableFunc(held, func(a, b match) int {
		if q.descending {
			a, b = b, a
		}
		return cmp.Compare(a.distance, b.distance)
	})
	if q.count > 0 && int64(len(held)) > q.count {
		clear(held[q.count:])
		held = held[:q.count]
	}
	return held
}

// items are the members to store.
func (q *query) items(matches iter.Seq2[match, error]) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for m, err := range matches {
			it := store.Item{Field: m.member, Score: m.score}
			if q.storeDist {
				it.Score = m.distance / q.shape.Unit
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

func (q *query) answer(list *reply.List, m match) {
	if !q.withDist && !q.withHash && !q.withCoord {
		list.Bytes(m.member)
		return
	}
	elems := []reply.Reply{reply.Bytes(m.member)}
	if q.withDist {
		elems = append(elems, reply.Bytes(places(m.distance/q.shape.Unit)))
	}
	if q.withHash {
		elems = append(elems, reply.Integer(int64(m.score)))
	}
	if q.withCoord {
		elems = append(elems, coordinates(geo.FromScore(m.score)))
	}
	list.Reply(reply.Of(elems...))
}
