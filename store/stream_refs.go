package store

// Refs says what becomes of the references to an entry that is removed: the pending entries of consumer groups.
type Refs uint8

// What XDELEX, XACKDEL and trimming do with references.
const (
	KeepRefs  Refs = iota // they stay, without the entry
	DropRefs              // they go with it
	OnlyAcked             // an entry that a group has still to get, or to acknowledge, is not removed
)

// Removal is what became of an entry that was to be removed.
type Removal int64

// What can become of it, in the numbers of XDELEX.
const (
	RemovalAbsent  Removal = -1
	RemovalDone    Removal = 1
	RemovalRefused Removal = 2 // a group still refers to it
)

// streamRefs are the groups of a stream with what they have pending. They belong to the transaction's goroutine.
type streamRefs struct {
	groups  []*StreamGroup
	touched map[*StreamGroup]bool
}

func (s *StreamKey) refs() (*streamRefs, error) {
	groups, err := s.AllGroups()
	return &streamRefs{groups: groups, touched: map[*StreamGroup]bool{}}, err
}

func (r *streamRefs) named(name []byte) *StreamGroup {
	for _, g := range r.groups {
		if string(g.Name) == string(name) {
			return g
		}
	}
	return nil
}

// load readies entries for held and finish.
func (r *streamRefs) load(ids []StreamID) error {
	for _, g := range r.groups {
		if err := g.Load(ids...); err != nil {
			return err
		}
	}
	return nil
}

// held reports whether a group has an entry still to get, or has it pending.
func (r *streamRefs) held(id StreamID) bool {
	for _, g := range r.groups {
		if _, waiting := g.Waiting(id); waiting || g.Last.Compare(id) < 0 {
			return true
		}
	}
	return false
}

// finish ends that an entry is pending in a group; false if it was not.
func (r *streamRefs) finish(g *StreamGroup, id StreamID) bool {
	if !g.Finish(id) {
		return false
	}
	r.touched[g] = true
	return true
}

func (r *streamRefs) finishAll(id StreamID) {
	for _, g := range r.groups {
		r.finish(g, id)
	}
}

// flush writes what became of a page of pending entries, and forgets them.
func (r *streamRefs) flush() error {
	for _, g := range r.groups {
		if err := g.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// save writes the groups that lost something.
func (r *streamRefs) save() error {
	for _, g := range r.groups {
		if !r.touched[g] {
			continue
		}
		if err := g.Save(); err != nil {
			return err
		}
	}
	return nil
}

// DeleteRefs removes entries by id, with what refers to them, and tells of each what became of it. Where there are no
// groups nobody has acknowledged anything, so OnlyAcked removes nothing.
func (s *StreamKey) DeleteRefs(mode Refs, ids ...StreamID) ([]Removal, error) {
	return s.removeRefs(ids, func(refs *streamRefs, id StreamID, there bool) (Removal, bool) {
		switch {
		case mode == DropRefs:
			refs.finishAll(id)
		case mode == OnlyAcked && there && (len(refs.groups) == 0 || refs.held(id)):
			return RemovalRefused, false
		}
		if !there {
			return RemovalAbsent, false
		}
		return RemovalDone, true
	})
}

// AcknowledgeDelete acknowledges entries in a group and removes those that were pending there. Without the group
// none was.
func (s *StreamKey) AcknowledgeDelete(group []byte, mode Refs, ids ...StreamID) ([]Removal, error) {
	return s.removeRefs(ids, func(refs *streamRefs, id StreamID, there bool) (Removal, bool) {
		g := refs.named(group)
		switch {
		case g == nil:
			return RemovalAbsent, false
		case !refs.finish(g, id):
			if mode == DropRefs && !there {
				refs.finishAll(id)
			}
			return RemovalAbsent, false
		case mode == DropRefs:
			refs.finishAll(id)
		case mode == OnlyAcked && refs.held(id):
			return RemovalRefused, false
		}
		return RemovalDone, there
	})
}

// removeRefs goes over entries a page at a time; judge says what becomes of each, and whether it is removed.
func (s *StreamKey) removeRefs(ids []StreamID, judge func(*streamRefs, StreamID, bool) (Removal, bool)) ([]Removal,
	error) {
	all := make([]Removal, 0, len(ids))
	refs, err := s.refs()
	if err != nil {
		return nil, err
	}
	for len(ids) > 0 {
		page := ids[:min(len(ids), pendingPage)]
		ids = ids[len(page):]
		there, err := s.present(page)
		if err == nil {
			err = refs.load(page)
		}
		if err != nil {
			return nil, err
		}
		var gone []StreamID
		for _, id := range page {
			r, remove := judge(refs, id, there[id])
			if all = append(all, r); remove {
				gone = append(gone, id)
				there[id] = false
			}
		}
		if err := refs.flush(); err != nil {
			return nil, err
		}
		if len(gone) == 0 {
			continue
		}
		if _, err := s.Delete(gone...); err != nil {
			return nil, err
		}
	}
	return all, refs.save()
}

// present tells which entries are there.
func (s *StreamKey) present(ids []StreamID) (map[StreamID]bool, error) {
	there := make(map[StreamID]bool, len(ids))
	if !s.Exists() {
		return there, nil
	}
	fields := make([][]byte, len(ids))
	for i, id := range ids {
		fields[i] = id.field()
	}
	found, err := s.tx.Items(nil, s.head.ID, Entries, fields...)
	if err != nil {
		return nil, err
	}
	for i, it := range found {
		there[ids[i]] = it.Found
	}
	return there, nil
}

// dropRefs ends that the n oldest entries are pending anywhere.
func (s *StreamKey) dropRefs(refs *streamRefs, n int64) error {
	err := s.oldest(n, func(page []StreamID) (bool, error) {
		if err := refs.load(page); err != nil {
			return false, err
		}
		for _, id := range page {
			refs.finishAll(id)
		}
		return true, refs.flush()
	})
	if err != nil {
		return err
	}
	return refs.save()
}

// trimAcked removes up to n entries that every group has acknowledged, the oldest first. Those of a stretch of ids
// are looked for there alone; those beyond a length are looked for everywhere.
func (s *StreamKey) trimAcked(refs *streamRefs, n int64, everywhere bool) (trimmed int64, err error) {
	walk := n
	if everywhere {
		walk = s.head.Len
	}
	var gone []StreamID
	err = s.oldest(walk, func(page []StreamID) (bool, error) {
		if err := refs.load(page); err != nil {
			return false, err
		}
		for _, id := range page {
			if trimmed < n && !refs.held(id) {
				gone = append(gone, id)
				trimmed++
			}
		}
		return trimmed < n && !refs.ahead(page[len(page)-1]), refs.flush()
	})
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	return s.Delete(gone...)
}

// ahead reports whether a group has not come so far.
func (r *streamRefs) ahead(id StreamID) bool {
	for _, g := range r.groups {
		if g.Last.Compare(id) < 0 {
			return true
		}
	}
	return false
}

// oldest calls fn with the ids of the n oldest entries, a page at a time, until it says that it has enough. It may
// write what is not an entry.
func (s *StreamKey) oldest(n int64, fn func(page []StreamID) (more bool, err error)) error {
	for from, more := s.state.first, true; more && n > 0; {
		page := make([]StreamID, 0, min(n, pendingPage))
		r := Range{Min: Bound{Edge: Inclusive, Field: from.field()}, Limit: min(n, pendingPage)}
		for it, err := range s.tx.Range(s.head.ID, Entries, r) {
			if err != nil {
				return err
			}
			page = append(page, streamIDOf(it.Field))
		}
		if len(page) == 0 {
			return nil
		}
		wants, err := fn(page)
		if err != nil {
			return err
		}
		n -= int64(len(page))
		if from, more = page[len(page)-1].Next(); !wants {
			return nil
		}
	}
	return nil
}
