package store

import "iter"

const (
	// moveLeast is how many items must go for it to be worth to write those that stay anew.
	moveLeast = 512
	// moveShare is how many times more must go than stay. It is Redis's figure for SPOP, and Redis's encodings show
	// which way was taken there.
	moveShare = 5
)

// movable reports whether it is cheaper to write the items that stay under a fresh id, and to leave the old one to the
// sweep, than to remove those that go. The engine removes a million in seconds, in which no other writer runs.
func movable(stay, gone int64) bool { return gone >= moveLeast && stay*moveShare <= gone }

// moveItems gives the collection what a sequence yields of it, under a fresh id, and returns what it went through with
// that. It must have no other parts.
func (h *handle) moveItems(p Part, stay iter.Seq2[Item, error]) (Change, error) {
	fresh, err := newBatch(h.tx, h.key, p)
	if err != nil {
		return Change{}, err
	}
	for it, err := range stay {
		if err != nil {
			return Change{}, err
		}
		if err := fresh.add(Item{Pos: it.Pos, Field: it.Field, Score: it.Score, Value: it.Value, New: true}); err != nil {
			return Change{}, err
		}
	}
	ch, err := fresh.flush()
	if err != nil {
		return ch, err
	}
	h.head.ID = fresh.id
	return ch.Minus(Change{Count: h.head.Len, Bytes: h.head.Bytes - baseBytes(h.key, h.head.Notes)}), nil
}
