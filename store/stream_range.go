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

// walkLeast is how many ids are worth a walk along the entries.
const walkLeast = 16

// Entries finds entries by id; there tells which exist. Many that lie close together are read as a range, which takes
// half as long as looking for each.
func (s *StreamKey) Entries(ids ...StreamID) (all []StreamEntry, there []bool, err error) {
	all, there = make([]StreamEntry, len(ids)), make([]bool, len(ids))
	met := 0
	if len(ids) >= walkLeast && ascending(ids) {
		if met, err = s.meet(ids, all, there); err != nil || met == len(ids) {
			return all, there, err
		}
	}
	fields := make([][]byte, len(ids)-met)
	for i, id := range ids[met:] {
		fields[i] = id.field()
	}
	found, err := s.tx.Items(nil, s.head.ID, Entries, fields...)
	if err != nil {
		return nil, nil, err
	}
	for i, it := range found {
		if !it.Found {
			continue
		}
		if all[met+i], err = streamEntryOf(it); err != nil {
			return nil, nil, err
		}
		there[met+i] = true
	}
	return all, there, nil
}

// ascending reports whether ids are in order, each once.
func ascending(ids []StreamID) bool {
	for i := range ids[1:] {
		if ids[i].Compare(ids[i+1]) >= 0 {
			return false
		}
	}
	return true
}

// meet walks along the entries and notes those with ascending ids; it gives up where others are as many, and
// returns how many of the ids it has come past.
func (s *StreamKey) meet(ids []StreamID, all []StreamEntry, there []bool) (met int, err error) {
	others, r := 0, StreamRange{From: ids[0], To: ids[len(ids)-1]}
	for it, err := range s.tx.Range(s.head.ID, Entries, r.items()) {
		if err != nil {
			return 0, err
		}
		id := streamIDOf(it.Field)
		for ids[met].Compare(id) < 0 { // ends, for none is behind the last
			met++
		}
		if ids[met] != id {
			if others++; others > len(ids) {
				return met, nil
			}
			continue
		}
		it.Value = slices.Clone(it.Value)
		if all[met], err = streamEntryOf(it); err != nil {
			return 0, err
		}
		there[met] = true
		if met++; met == len(ids) {
			break
		}
	}
	return len(ids), nil
}
