package store

import (
	"iter"
	"math/rand/v2"
)

// sampleMemory is the most items a sample remembers to tell repeats; a larger one walks the part.
const sampleMemory = 1 << 16

// drawMax is the most draws, with repeats, that one command gets. Redis has no bound and runs out
// of memory; here the disk would, and a reader would be busy for many minutes.
const drawMax = 1 << 24

// errDraws refuses more.
var errDraws = Invalid("value is out of range")

// errWrongLen stops what would otherwise draw for ever from a damaged key.
var errWrongLen = &Error{Code: CodeInternal, Message: "a key has fewer items than its head says"}

// drawSize is the number of items drawn at once: fewer where items are large on average.
func (h *handle) drawSize() int64 {
	average := h.head.Bytes/max(h.head.Len, 1) + 1
	return min(max(batchBytes/average, 1), batchItems)
}

// draw calls visit with n items of a part, each drawn uniformly whatever was drawn before. An
// absent key gives none.
func (h *handle) draw(p Part, n int64, visit func(Item)) error {
	if n > drawMax && h.Exists() {
		return errDraws
	}
	size := h.drawSize()
	for n > 0 && h.Exists() {
		drawn, err := h.random(p, int(min(n, size)))
		if err == nil && len(drawn) == 0 {
			err = errWrongLen
		}
		if err != nil {
			return err
		}
		for _, it := range drawn {
			visit(it)
		}
		n -= int64(len(drawn))
	}
	return nil
}

// sample calls visit with n different items, all choices of n being as likely, or with all
// items if there are not more. It draws while repeats are rare, else it sifts. What Redis has in an order comes in it.
func (h *handle) sample(p Part, n int64, visit func(Item)) error {
	if n > sampleMemory || n*3 > h.Len() || h.packed() || h.compact() && h.Len() <= orderMax {
		return h.sampleAll(p, min(n, h.Len()), visit)
	}
	seen := make(map[string]struct{}, n)
	for int64(len(seen)) < n {
		err := h.draw(p, n-int64(len(seen)), func(it Item) {
			if _, again := seen[string(it.Field)]; !again {
				seen[string(it.Field)] = struct{}{}
				visit(it)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *handle) sampleAll(p Part, n int64, visit func(Item)) error {
	if n <= 0 {
		return nil
	}
	for s, err := range h.sift(p, n) {
		if err != nil {
			return err
		}
		if !s.taken {
			continue
		}
		visit(s.item)
		if n--; n == 0 {
			break
		}
	}
	return nil
}

// sifted is an item and what the dice said about it.
type sifted struct {
	item  Item
	taken bool
}

// sift yields all items of a part and takes each with the probability that makes it n in the
// end. Slices are valid until the next is asked for.
func (h *handle) sift(p Part, n int64) iter.Seq2[sifted, error] {
	return func(yield func(sifted, error) bool) {
		left, err := h.Len(), error(nil)
		if h.stale() {
			gone := int64(0)
			if gone, err = h.lapsed(); err != nil {
				yield(sifted{}, err)
				return
			}
			left -= gone
		}
		for it, err := range h.items(p) {
			taken := err == nil && rand.Int64N(max(left, 1)) < n
			if taken {
				n--
			}
			left--
			if !yield(sifted{it, taken}, err) {
				return
			}
		}
	}
}
