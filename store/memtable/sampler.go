package memtable

import (
	"math/rand/v2"

	"larder/store"
)

// Sampler looks for keys in pinned layers, oldest first. For one goroutine.
type Sampler struct {
	layers   []*Layer
	volatile bool
}

// Sampler looks for keys in all layers, or for those with an expiry only. The caller has them pinned.
func (s *Stack) Sampler(volatile bool) *Sampler {
	return &Sampler{layers: s.all(), volatile: volatile}
}

func (s *Sampler) sizeOf(l *Layer) int64 {
	if s.volatile {
		return int64(l.ttl.Len())
	}
	return int64(l.heads.n)
}

// Size is the number of entries, of which newer layers may hide some.
func (s *Sampler) Size() (n int64) {
	for _, l := range s.layers {
		n += s.sizeOf(l)
	}
	return n
}

// Draw appends about n keys. A layer's keys are met in the order of its index, which begins
// somewhere else each time.
func (s *Sampler) Draw(dst []store.Candidate, n int) []store.Candidate {
	total := s.Size()
	for most := len(dst) + n; n > 0 && total > 0 && len(dst) < most; n-- {
		i, pick := 0, rand.Int64N(total)
		for ; pick >= s.sizeOf(s.layers[i]); i++ {
			pick -= s.sizeOf(s.layers[i])
		}
		dst = s.drawFrom(dst, i, int(pick), 1+n/2)
	}
	return dst
}

// drawFrom appends at most n keys of a layer.
func (s *Sampler) drawFrom(dst []store.Candidate, i, pick, n int) []store.Candidate {
	l := s.layers[i]
	if s.volatile {
		if e, ok := l.ttl.GetAt(pick); ok && e.marks.has(volatile) && !hidden(s.layers[i+1:], e.key()) {
			dst = append(dst, e.candidate())
		}
		return dst
	}
	tries := 8 * n
	for e := range l.heads.all() {
		if e.live() && !hidden(s.layers[i+1:], e.key()) {
			dst = append(dst, e.candidate())
			n--
		}
		if tries--; n == 0 || tries == 0 {
			break
		}
	}
	return dst
}

// AppendVisible takes what came from the base and no layer has an entry of.
func (s *Sampler) AppendVisible(dst, found []store.Candidate) []store.Candidate {
	for _, c := range found {
		if !hidden(s.layers, c.Key) {
			dst = append(dst, c)
		}
	}
	return dst
}
