package geos

import (
	"cmp"
	"slices"

	"larder/geo"
	"larder/store"
)

const (
	// sweepMax is how many matches a sweep holds. A search with more is read cell by cell and yields them as they come.
	sweepMax = 10_000
	// strays is how many members between two parts are read over before the next part is looked up: a look-up costs as
	// much as a few of them.
	strays = 4
)

// sweep reads the parts of all cells in one pass. It belongs to one call.
type sweep struct {
	zset   *store.ZSetKey
	finder *geo.Finder
	parts  []geo.Part // that are still to be read
	found  []match
	cells  []int  // of what was found
	names  []byte // the members
	full   bool
}

// sweep finds all matches, in the order of cells; ok is false if that is not told this way, or they are too many.
func (q *query) sweep() (found []match, ok bool, err error) {
	parts, ok := q.shape.Parts()
	if !ok {
		return nil, false, nil
	}
	s := &sweep{zset: q.zset, finder: q.shape.Finder(), parts: parts}
	for len(s.parts) > 0 && err == nil {
		err = s.pass()
	}
	if err != nil || s.full {
		return nil, false, err
	}
	return s.inOrder(), true, nil
}

// pass reads from the next part on, until the last or a gap that is too wide.
func (s *sweep) pass() error {
	stray, last := 0, s.parts[len(s.parts)-1]
	for it, err := range s.zset.Members(scores(geo.Range{Min: s.parts[0].Min, Max: last.Max})) {
		if err != nil {
			return err
		}
		for it.Score >= s.parts[0].Max { // never the last's
			s.parts, stray = s.parts[1:], 0
		}
		if it.Score >= s.parts[0].Min {
			s.look(it)
		} else if stray++; stray > strays {
			return nil
		}
		if s.full {
			break
		}
	}
	s.parts = nil
	return nil
}

// look keeps a member that is inside.
func (s *sweep) look(it store.Item) {
	distance, ok := s.finder.Distance(geo.FromScore(it.Score))
	if !ok {
		return
	}
	at := len(s.names)
	s.names = append(s.names, it.Field...)
	s.found = append(s.found, match{s.names[at:len(s.names):len(s.names)], it.Score, distance})
	s.cells = append(s.cells, s.parts[0].Cell)
	s.full = len(s.found) > sweepMax
}

// inOrder sorts what was found by cells; within each it is in the order of scores.
func (s *sweep) inOrder() []match {
	order := make([]int, len(s.found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.cells[a], s.cells[b]) })
	sorted := make([]match, len(order))
	for i, at := range order {
		sorted[i] = s.found[at]
	}
	return sorted
}
