package store

// Advance notes that a group got entries that are behind its last one, in the order of ids, and counts them: the count
// is known as long as no entry was deleted that the group has not read.
func (g *StreamGroup) Advance(ids ...StreamID) error {
	for _, id := range ids {
		if id.Compare(g.Last) <= 0 {
			continue
		}
		holes, err := g.stream.holesBehind(id)
		switch {
		case err != nil:
			return err
		case g.Read != UnknownRead && !holes:
			g.Read++
		case g.stream.state.Added > 0:
			if g.Read, err = g.stream.distance(id); err != nil {
				return err
			}
		}
		g.Last = id
	}
	return nil
}

// Lag is the number of entries the group has not got yet, -1 if it is unknown.
func (g *StreamGroup) Lag() (int64, error) {
	added := int64(g.stream.state.Added)
	if added == 0 {
		return 0, nil
	}
	holes, err := g.stream.holesBehind(g.Last)
	if err != nil {
		return 0, err
	}
	if g.Read != UnknownRead && !holes {
		return added - g.Read, nil
	}
	read, err := g.stream.distance(g.Last)
	if err != nil || read == UnknownRead {
		return -1, err
	}
	return added - read, nil
}

// holesBehind tells whether XDEL may have removed an entry from id on.
func (s *StreamKey) holesBehind(id StreamID) (bool, error) {
	if s.head.Len == 0 || s.state.MaxDeleted.Zero() {
		return false, nil
	}
	first, err := s.lowest()
	if err != nil || first.Compare(s.state.MaxDeleted) > 0 {
		return false, err
	}
	return id.Compare(s.state.MaxDeleted) <= 0, nil
}

// distance is how many entries were ever added up to an id, UnknownRead if that is unknown.
func (s *StreamKey) distance(id StreamID) (int64, error) {
	added := int64(s.state.Added)
	switch order := id.Compare(s.state.Last); {
	case added == 0:
		return 0, nil
	case s.head.Len == 0 && order < 1:
		return added, nil
	case !id.Zero() && id.Compare(s.state.MaxDeleted) < 0:
		return UnknownRead, nil
	case order == 0:
		return added, nil
	case order > 0:
		return UnknownRead, nil
	}
	first, err := s.lowest()
	if err != nil {
		return 0, err
	}
	if s.state.MaxDeleted.Zero() || s.state.MaxDeleted.Compare(first) < 0 {
		switch order := id.Compare(first); {
		case order < 0:
			return added - s.head.Len, nil
		case order == 0:
			return added - s.head.Len + 1, nil
		}
	}
	return UnknownRead, nil
}
