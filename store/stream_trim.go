package store

// StreamTrim says which entries go: all but the newest Max, or those below MinID.
type StreamTrim struct {
	ByID  bool
	Max   int64
	MinID StreamID
	// Nearly removes whole hundreds only, as Redis does, which keeps a hundred entries in a node;
	// Limit then bounds how many go at once, 0 for no bound.
	Nearly bool
	Limit  int64
}

// streamNode is the number of entries that go together when a stream is trimmed nearly.
const streamNode = 100

// Trim removes the oldest entries and returns how many went. The stream stays.
func (s *StreamKey) Trim(t StreamTrim) (int64, error) {
	n, err := s.surplus(t)
	if err != nil {
		return 0, err
	}
	if t.Nearly {
		if t.Limit > 0 {
			n = min(n, t.Limit)
		}
		n -= n % streamNode
	}
	if n <= 0 {
		return 0, nil
	}
	ch, err := s.tx.DropRange(s.head.ID, Entries, Range{Limit: n})
	if err != nil {
		return 0, err
	}
	return -ch.Count, s.commit(ch)
}

// surplus is how many entries are beyond the limit.
func (s *StreamKey) surplus(t StreamTrim) (int64, error) {
	switch {
	case s.head.Len == 0:
		return 0, nil
	case !t.ByID:
		return s.head.Len - t.Max, nil
	}
	return s.tx.Count(s.head.ID, Entries, Range{Max: Bound{Edge: Exclusive, Field: t.MinID.field()}})
}
