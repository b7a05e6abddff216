package store

import (
	"cmp"
	"slices"
)

// StreamTrim says which entries go: all but the newest Max, or those below MinID.
type StreamTrim struct {
	ByID  bool
	Max   int64
	MinID StreamID
	// Nearly removes whole nodes only, see Trim. Limit then bounds how many entries go at once: 0 for
	// no bound, negative for what Redis takes unless told, a hundred nodes or 10000 entries.
	Nearly bool
	Limit  int64
	// Refs says what becomes of what groups have pending. Without groups it says nothing.
	Refs Refs
}

// Trim removes the oldest entries and returns how many went. The stream stays.
//
// Redis keeps Limits.StreamNodeMaxEntries entries in a node and trims nearly by dropping nodes. There are
// no nodes here, but those who ask for it count on some slack and on its bound, so it drops what the first
// nodes would still hold if nothing had been deleted: nodes begin where the number of entries added is
// a multiple of a node's size.
func (s *StreamKey) Trim(t StreamTrim) (int64, error) {
	n, err := s.trim(t)
	if n == 0 || err != nil {
		return 0, err
	}
	return n, s.put()
}

// trim removes entries and leaves the head to be put.
func (s *StreamKey) trim(t StreamTrim) (int64, error) {
	n, err := s.surplus(t)
	if err != nil {
		return 0, err
	}
	if t.Nearly {
		n = s.nodes(n, t.Limit)
	}
	if n <= 0 {
		return 0, nil
	}
	if t.Refs != KeepRefs {
		refs, err := s.refs()
		switch {
		case err != nil:
			return 0, err
		case len(refs.groups) > 0 && t.Refs == OnlyAcked:
			return s.trimAcked(refs, n, !t.ByID)
		}
		if err := s.dropRefs(refs, n); err != nil {
			return 0, err
		}
	}
	ch, err := s.dropOldest(n)
	if err != nil {
		return 0, err
	}
	s.count(ch)
	return -ch.Count, nil
}

// trimPage is how many entries are trimmed one by one: that is cheaper than to look for the end of a range.
const trimPage = 128

func (s *StreamKey) dropOldest(n int64) (Change, error) {
	if n >= s.head.Len {
		return s.tx.DropRange(s.head.ID, Entries, Range{Min: s.begin()})
	}
	if moved, ch, err := s.leave(n); moved || err != nil {
		return ch, err
	}
	if n > trimPage {
		from := s.begin()
		if err := s.beginAt(n); err != nil {
			return Change{}, err
		}
		to := s.begin()
		to.Edge = Exclusive
		return s.tx.DropRange(s.head.ID, Entries, Range{Min: from, Max: to})
	}
	fields := make([][]byte, 0, n+1)
	for it, err := range s.tx.Range(s.head.ID, Entries, Range{Min: s.begin(), Limit: n + 1}) {
		if err != nil {
			return Change{}, err
		}
		s.state.first = streamIDOf(it.Field)
		fields = append(fields, slices.Clone(it.Field))
	}
	return s.tx.DropItems(s.head.ID, Entries, fields[:min(int64(len(fields)), n)]...)
}

// leave moves a stream to what is behind its first n entries, if these are most of it. The groups of a stream, and what
// is known of producers, belong to its id as its entries do, and one with such stays where it is.
func (s *StreamKey) leave(n int64) (moved bool, ch Change, err error) {
	if !movable(s.head.Len-n, n) || s.state.Once.Messages > 0 {
		return false, ch, nil
	}
	if groups, err := s.Groups(); err != nil || groups > 0 {
		return false, ch, err
	}
	if err := s.beginAt(n); err != nil {
		return false, ch, err
	}
	ch, err = s.moveItems(Entries, s.tx.Range(s.head.ID, Entries, Range{Min: s.begin()}))
	return true, ch, err
}

// nodes is the number of entries in the nodes that n entries fill.
func (s *StreamKey) nodes(n, limit int64) int64 {
	node := int64(LimitsOf(s.tx).StreamNodeMaxEntries)
	if limit < 0 {
		limit = min(cmp.Or(100*node, 10_000), 1_000_000)
	}
	if limit > 0 {
		n = min(n, limit)
	}
	if node <= 1 || n <= 0 || n >= s.head.Len { // the last node goes with the last entry
		return n
	}
	gone := max(int64(s.state.Added)-s.head.Len, 0)
	return max((gone+n)/node*node-gone, 0)
}

// surplus is how many entries are beyond the limit.
func (s *StreamKey) surplus(t StreamTrim) (int64, error) {
	switch {
	case s.head.Len == 0:
		return 0, nil
	case !t.ByID:
		return s.head.Len - t.Max, nil
	}
	if t.MinID.Compare(s.state.first) <= 0 {
		return 0, nil
	}
	return s.tx.Count(s.head.ID, Entries, Range{Min: s.begin(), Max: Bound{Edge: Exclusive, Field: t.MinID.field()}})
}
