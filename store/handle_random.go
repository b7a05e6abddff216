package store

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"slices"
)

// sampleMemory is the most items a sample remembers to tell repeats; a larger one walks the part.
const sampleMemory = 1 << 16

// drawMax is the most draws, with repeats, that one command gets. Redis has no bound and runs out
// of memory; here the disk would, and a reader would be busy for many minutes.
const drawMax = 1 << 24

// drawMisses is how many draws in a row may meet expired items alone, where at least half are not.
const drawMisses = 64

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
	live, err := h.live()
	if err == nil && live*2 < h.Len() {
		return h.drawWalking(p, live, n, visit)
	}
	size, misses := h.drawSize(), 0
	for n > 0 && live > 0 && err == nil {
		var drawn []Item
		if drawn, err = h.random(p, int(min(n, size))); err == nil && live < h.Len() {
			drawn, err = h.alive(drawn)
		}
		before := n
		for _, it := range drawn {
			if it.Found {
				visit(it)
				n--
			}
		}
		if misses++; n < before {
			misses = 0
		}
		if err == nil && (len(drawn) == 0 || misses == drawMisses) {
			err = errWrongLen
		}
	}
	return err
}

// drawWalking is draw of so many living items where more have expired and are not removed yet: then it walks over all
// of them for each batch, for draws that meet an expired one would go on for as long as nearly all are. That state is
// short.
func (h *handle) drawWalking(p Part, live, n int64, visit func(Item)) (err error) {
	for err == nil && n > 0 && live > 0 {
		ranks := make([]int64, min(n, batchItems))
		for i := range ranks {
			ranks[i] = rand.Int64N(live)
		}
		n -= int64(len(ranks))
		var drawn []Item
		if drawn, err = h.nth(p, ranks); err == nil && len(drawn) < len(ranks) {
			err = errWrongLen
		}
		for _, it := range drawn {
			visit(it)
		}
	}
	return err
}

// nth copies the items at these places among all of a part.
func (h *handle) nth(p Part, ranks []int64) ([]Item, error) {
	slices.Sort(ranks)
	drawn, at := make([]Item, 0, len(ranks)), int64(0)
	for it, err := range h.items(p) {
		if err != nil {
			return nil, err
		}
		for len(drawn) < len(ranks) && ranks[len(drawn)] == at {
			drawn = append(drawn, Item{Field: bytes.Clone(it.Field), Value: bytes.Clone(it.Value), Found: true})
		}
		if at++; len(drawn) == len(ranks) {
			break
		}
	}
	rand.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn, nil
}

// sample calls visit with n different items, all choices of n being as likely, or with all
// items if there are not more. It draws while repeats are rare, else it walks over all and picks. Collections that
// Redis keeps in an order are visited in that order.
func (h *handle) sample(p Part, n int64, visit func(Item)) error {
	live, err := h.live()
	if err != nil {
		return err
	}
	if n > sampleMemory || n*3 > live || live*2 < h.Len() || h.packed() || h.compact() && h.Len() <= orderMax {
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

// sift yields all items of a part, with their times, and takes each with the probability that makes it n in the
// end. Slices are valid until the next is asked for.
func (h *handle) sift(p Part, n int64) iter.Seq2[sifted, error] {
	return func(yield func(sifted, error) bool) {
		left, err := h.live()
		if err != nil {
			yield(sifted{}, err)
			return
		}
		for it, err := range h.itemsTimed(p) {
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
