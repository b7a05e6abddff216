package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
)

// TestEntriesByID: however the ids lie, in whatever order and how often they are asked for, each is answered for
// itself.
func TestEntriesByID(t *testing.T) {
	r := newGroupRun(t, 1)
	const n = 2000
	id := func(i int) store.StreamID { return store.StreamID{Millis: uint64(i/3 + 1), Seq: uint64(i % 3)} }
	rng := rand.New(rand.NewPCG(1, 2))
	r.update(func(tx store.Tx) error {
		s, err := store.OpenStream(tx, streamKey)
		for i := 0; i < n && err == nil; i += 2 {
			_, err = s.Add(store.NewStreamID{ID: id(i)}, [][]byte{[]byte("f"), fmt.Append(nil, i)})
		}
		return err
	})
	for round := range 200 {
		var asked []int
		step := 1 + rng.IntN(1+round%40)
		for i := rng.IntN(n); i < n && len(asked) < 100; i += 1 + rng.IntN(step) {
			asked = append(asked, i)
		}
		if round%4 == 0 {
			asked = append(asked, asked[0])
		}
		if round%8 == 0 {
			slices.Sort(asked)
		}
		ids := make([]store.StreamID, len(asked))
		for i, a := range asked {
			ids[i] = id(a)
		}
		r.update(func(tx store.Tx) error {
			s, err := store.OpenStream(tx, streamKey)
			if err != nil {
				return err
			}
			all, there, err := s.Entries(ids...)
			for i, a := range asked {
				if there[i] != (a%2 == 0) || there[i] && (all[i].ID != ids[i] || string(all[i].Fields[1]) != fmt.Sprint(a)) {
					t.Errorf("round %d: %d is there: %t, %v", round, a, there[i], all[i])
				}
			}
			return err
		})
	}
}
