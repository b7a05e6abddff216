package memtable

import (
	"hash/maphash"
	"math/rand/v2"
	"testing"
)

type named struct{ at place }

func (n *named) place() place { return n.at }

// TestIndexFollowsAMap adds and removes until every slot has been somebody else's.
func TestIndexFollowsAMap(t *testing.T) {
	x := index[*named]{seed: maphash.MakeSeed()}
	model := map[int64]*named{}
	at := func(i int64) place { // positions, and names in two databases
		if i%3 == 0 {
			return place{n: i}
		}
		return place{n: i % 2, text: []byte{byte(i), byte(i >> 8)}}
	}
	draw := rand.New(rand.NewPCG(5, 6))
	for step := range 100_000 {
		i := draw.Int64N(700)
		if step%20_000 == 19_999 {
			x.clear()
			clear(model)
		}
		switch have := model[i]; {
		case x.find(at(i)) != have:
			t.Fatalf("step %d: %d is found as %v, want %v", step, i, x.find(at(i)), have)
		case have != nil:
			x.remove(at(i))
			delete(model, i)
		default:
			model[i] = &named{at(i)}
			x.add(model[i])
		}
		x.remove(place{n: 1 << 40}) // never there
		if x.n != len(model) {
			t.Fatalf("step %d: %d entries, want %d", step, x.n, len(model))
		}
	}
	seen := map[*named]bool{}
	for e := range x.all() {
		seen[e] = true
	}
	for _, e := range model {
		if !seen[e] {
			t.Fatalf("%v is not among all", e.at)
		}
	}
	if len(seen) != len(model) {
		t.Fatalf("%d entries in all, want %d", len(seen), len(model))
	}
}
