package sqlite

import "larder/store/sqlite/capi"

const (
	arenaFirst = 4 << 10
	arenaKept  = 256 << 10 // a larger block is left to the garbage collector
)

// arena lends the memory that Heads and Items point into until their transaction ends. It
// belongs to its transaction. Blocks are never moved: what was lent stays where it is.
type arena struct {
	block []byte
	used  int
}

func (a *arena) reset() {
	a.used = 0
	if len(a.block) > arenaKept {
		a.block = nil
	}
}

// Take lends n bytes, which may hold anything.
func (a *arena) Take(n int) []byte {
	if a.used+n > len(a.block) {
		a.block = make([]byte, max(n, 2*len(a.block), arenaFirst))
		if len(a.block) > arenaKept && n <= arenaKept {
			a.block = a.block[:arenaKept]
		}
		a.used = 0
	}
	b := a.block[a.used : a.used+n : a.used+n]
	a.used += n
	return b
}

// column copies a blob; a NULL and an empty one give nil.
func (a *arena) column(s *capi.Stmt, col int) []byte {
	from := s.Bytes(col)
	if len(from) == 0 {
		return nil
	}
	b := a.Take(len(from))
	copy(b, from)
	return b
}
