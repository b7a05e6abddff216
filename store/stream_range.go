package store

import (
	"iter"
	"slices"
)

// StreamRange is a stretch of ids, both ends included.
type StreamRange struct {
	From, To StreamID
	Reverse  bool  // from the highest
	Limit    int64 // 0 means all
}

func (r StreamRange) items() Range {
	return Range{Min: Bound{Edge: Inclusive, Field: r.From.field()}, Max: Bound{Edge: Inclusive, Field: r.To.field()},
		Reverse: r.Reverse, Limit: r.Limit}
}

// Range walks the entries of a stretch. What it yields is valid until the next entry.
func (s *StreamKey) Range(r StreamRange) iter.Seq2[StreamEntry, error] {
	return func(yield func(StreamEntry, error) bool) {
		if r.From.Compare(s.state.first) < 0 {
			r.From = s.state.first
		}
		if s.head.Len == 0 || r.From.Compare(r.To) > 0 {
			return
		}
		for it, err := range s.tx.Range(s.head.ID, Entries, r.items()) {
			var e StreamEntry
			if err == nil {
				e, err = streamEntryOf(it)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Edge is the first entry, or the last; ok is false in an empty stream.
func (s *StreamKey) Edge(last bool) (e StreamEntry, ok bool, err error) {
	for e, err := range s.Range(StreamRange{To: maxStreamID, Reverse: last, Limit: 1}) {
		for i, f := range e.Fields {
			e.Fields[i] = slices.Clone(f)
		}
		return e, err == nil, err
	}
	return e, false, nil
}

// lowest is the id of the first entry. It is read once, for groups ask for it with each entry they count.
func (s *StreamKey) lowest() (StreamID, error) {
	if !s.edge.known {
		first, _, err := s.Edge(false)
		if err != nil {
			return StreamID{}, err
		}
		s.edge.known, s.edge.id = true, first.ID
	}
	return s.edge.id, nil
}

// Top is the highest id that is there, 0-0 in an empty stream.
func (s *StreamKey) Top() (StreamID, error) {
	e, _, err := s.Edge(true)
	return e.ID, err
}

// Groups is the number of consumer groups.
func (s *StreamKey) Groups() (int64, error) {
	if !s.Exists() {
		return 0, nil
	}
	return s.tx.Count(s.head.ID, Groups, Range{})
}
