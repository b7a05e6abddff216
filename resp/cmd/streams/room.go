package streams

import (
	"math"

	"larder/resp/arg"
	"larder/resp/reply"
	"larder/store"
)

// room is what the reply of one read may still hold, of all its streams together. It belongs to one call.
type room struct {
	proto   int
	entries int64 // how many more
	bytes   int64 // of entries as the client gets them
	given   bool  // there is an entry already
	full    bool  // an entry did not fit: what comes behind it, in whatever stream, is not given either
}

func roomFor(proto int) *room {
	return &room{proto: proto, entries: math.MaxInt64, bytes: math.MaxInt64}
}

// option reads MAXCOUNT or MAXSIZE; false if the next word is neither.
func (m *room) option(s *arg.Scanner) bool {
	switch {
	case s.WordWith("MAXCOUNT", 1):
		m.entries = positive(s, "MAXCOUNT must be a positive integer")
	case s.WordWith("MAXSIZE", 1):
		m.bytes = positive(s, "MAXSIZE must be a positive integer")
	default:
		return false
	}
	return true
}

func positive(s *arg.Scanner, message string) int64 {
	n := s.Int()
	if s.Err() == nil && n < 1 {
		s.Fail(message)
	}
	return n
}

// spent reports whether no more entries are to be given.
func (m *room) spent() bool { return m.full || m.entries == 0 }

// add gives an entry if there is room for it. There always is for the first, or nobody would come past a large one.
func (m *room) add(out *reply.List, e reply.Reply) bool {
	if m.spent() {
		return false
	}
	if m.bytes != math.MaxInt64 {
		size := int64(len(e.Append(nil, m.proto)))
		if m.full = m.given && size > m.bytes; m.full {
			return false
		}
		m.bytes -= size
	}
	m.entries--
	m.given = true
	out.Reply(e)
	return true
}

// most is how many entries one stream may give, when the command's own count is n, 0 for any number.
func (m *room) most(n int64) int64 {
	if n == 0 {
		return m.entries
	}
	return min(n, m.entries)
}

// fill gives the entries of a stretch.
func (m *room) fill(out *reply.List, s *store.StreamKey, r store.StreamRange) error {
	for e, err := range s.Range(r) {
		if err != nil {
			return err
		}
		if !m.add(out, entry(e)) {
			break
		}
	}
	return nil
}
