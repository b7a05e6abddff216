package store

import "iter"

// StreamContent is all of a stream, told in the order of its methods' names here: entries, state, groups. Slices need
// only be valid until the next entry or group.
type StreamContent struct {
	Entries iter.Seq2[StreamEntry, error] // in the order of ids
	// State is asked once all entries were told. Counted says that it tells what was deleted and added; else the stream
	// is as if nothing had been deleted, and of groups Read is found out.
	State  func() (state StreamState, counted bool, err error)
	Groups iter.Seq2[GroupContent, error]
}

// GroupContent is all of a consumer group.
type GroupContent struct {
	Name      []byte
	Last      StreamID
	Read      int64
	Consumers []StreamConsumer // with a Pending that does not count
	// Pending are in the order of ids; each is of one of the Consumers.
	Pending iter.Seq2[StreamPending, error]
}

// StoreStream makes a stream with its groups the content of dst, whatever that held. Unlike other collections it may be
// empty. Memory stays bounded but for names of consumers.
func StoreStream(tx Tx, dst Key, c StreamContent) error {
	made, err := newBatch(tx, dst, Entries)
	if err != nil {
		return err
	}
	s := &StreamKey{}
	for e, err := range c.Entries {
		if err != nil {
			return err
		}
		if s.state.first.Zero() {
			s.state.first = e.ID
		}
		if err := made.add(Item{Field: e.ID.field(), Value: appendStreamFields(nil, e.Fields), New: true}); err != nil {
			return err
		}
	}
	ch, err := made.flush()
	if err != nil {
		return err
	}
	state, counted, err := c.State()
	if err != nil {
		return err
	}
	if state.first = s.state.first; !counted {
		state.MaxDeleted, state.Added = StreamID{}, uint64(ch.Count)
	}
	s.state = state
	s.handle = handle{tx: tx, key: dst, head: Head{Type: Stream, ID: made.id, Encoding: uint8(EncodingStream),
		Bytes: KeyBytes(dst)}}
	if err := s.commit(ch); err != nil {
		return err
	}
	for g, err := range c.Groups {
		if err != nil {
			return err
		}
		if err := s.storeGroup(g, counted); err != nil {
			return err
		}
	}
	return nil
}

// storeGroup makes a group of a stream that has none of that name.
func (s *StreamKey) storeGroup(c GroupContent, counted bool) (err error) {
	if !counted {
		if c.Read, err = s.Distance(c.Last); err != nil {
			return err
		}
	}
	g := &StreamGroup{Name: c.Name, Last: c.Last, Read: c.Read, stream: s}
	for i := range c.Consumers {
		one := c.Consumers[i]
		g.keep(&StreamConsumer{Name: one.Name, Seen: one.Seen, Active: one.Active})
	}
	if err := g.storePending(c.Pending); err != nil {
		return err
	}
	return g.Save()
}

// storePage is how many pending entries are written at once: runs are made of those that are together.
const storePage = 4096

// storePending delivers entries to the consumers that have them.
func (g *StreamGroup) storePending(all iter.Seq2[StreamPending, error]) error {
	n := 0
	for p, err := range all {
		if err != nil {
			return err
		}
		d, _ := g.deliveries.add(p.ID)
		d.fresh = true
		g.Deliver(p, g.opened[string(p.Consumer)])
		if n++; n%storePage != 0 {
			continue
		}
		if err := g.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Distance is how many entries were ever added up to an id as far as the stream itself tells, UnknownRead if it does
// not.
func (s *StreamKey) Distance(id StreamID) (int64, error) { return s.distance(id) }
