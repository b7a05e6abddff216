package rdb

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"slices"
)

// StreamID is the id of a stream's entry.
type StreamID struct{ Millis, Seq uint64 }

// Compare orders ids.
func (id StreamID) Compare(o StreamID) int {
	return cmp.Or(cmp.Compare(id.Millis, o.Millis), cmp.Compare(id.Seq, o.Seq))
}

// StreamEntry is one entry; fields and values alternate.
type StreamEntry struct {
	ID     StreamID
	Fields [][]byte
}

// StreamState is what a stream remembers besides its entries.
type StreamState struct {
	Last, MaxDeleted StreamID
	Added            uint64
	// Counted says that the payload told MaxDeleted and Added, and of each group what it has read: those from
	// before 7.0 do not.
	Counted bool
}

// StreamGroup is a consumer group; pending entries are in the order of their ids.
type StreamGroup struct {
	Name      []byte
	Last      StreamID
	Read      int64 // -1 for unknown
	Pending   []StreamPending
	Consumers []StreamConsumer
}

// StreamPending is an entry that was delivered and not acknowledged. Times are in Unix milliseconds.
type StreamPending struct {
	ID               StreamID
	Delivered, Count int64
	Consumer         int // in the group's list
}

// StreamConsumer is a consumer of a group.
type StreamConsumer struct {
	Name    []byte
	Seen    int64
	Active  int64 // 0 for never
	Pending int64 // how many entries are its
}

// StreamReader reads a stream in the order of its payload: all Entries, then the State, then all Groups. For one
// goroutine.
type StreamReader struct {
	r       reader
	form    form
	last    StreamID
	entries uint64
	spared  int64 // how many bytes more entries may have of names that stand once in their node
}

// Names that all entries of a node have stand there once, so that a payload could mean its square. redis-server's own
// limits let a node of 4096 bytes mean some sixty times as much.
const sparedEach, sparedFree = 256, 1 << 20

// Stream begins to read a stream.
func (v *Value) Stream() *StreamReader {
	return &StreamReader{r: reader{in: v.body}, form: v.form, spared: sparedFree + sparedEach*int64(len(v.body))}
}

func (v *Value) checkStream() error {
	s := v.Stream()
	for _, err := range s.Entries() {
		if err != nil {
			return err
		}
	}
	if _, err := s.State(); err != nil {
		return err
	}
	for _, err := range s.Groups() {
		if err != nil {
			return err
		}
	}
	return nil
}

// Entries yields the entries in the order of ids, and ErrFormat where the payload is wrong. An entry's slices stay
// valid as long as the payload, the list of them until the next.
func (s *StreamReader) Entries() iter.Seq2[StreamEntry, error] {
	return func(yield func(StreamEntry, error) bool) {
		for n := s.r.count(); n > 0 && !s.r.failed; n-- {
			node := s.node()
			for node.more() {
				e, there := node.next(s)
				if node.failed() {
					break
				}
				if there && !yield(e, nil) {
					return
				}
			}
			if !node.whole() {
				s.r.fail()
			}
		}
		if s.r.failed {
			yield(StreamEntry{}, ErrFormat)
		}
	}
}

// streamNode is a cursor over a node: a listpack that begins with how many entries there are and how many were
// deleted, and with fields that most of them have. For one goroutine.
type streamNode struct {
	in     *listpack
	first  StreamID
	left   int64
	live   int64
	master [][]byte
	fields [][]byte
}

// Flags of an entry.
const (
	entryDeleted    = 1
	entrySameFields = 2
)

func (s *StreamReader) node() *streamNode {
	name := s.r.text()
	n := &streamNode{in: listpackOf(s.r.text())}
	if len(name) != 16 || s.r.failed {
		n.in.in.fail()
		return n
	}
	n.first = StreamID{binary.BigEndian.Uint64(name), binary.BigEndian.Uint64(name[8:])}
	live, deleted, fields := n.number(), n.number(), n.number()
	for ; fields > 0 && !n.failed(); fields-- {
		n.master = append(n.master, n.in.next().bytes())
	}
	if n.number() != 0 || live < 0 || deleted < 0 || live > math.MaxInt32 || deleted > math.MaxInt32 || live+deleted == 0 {
		n.in.in.fail()
	}
	n.live, n.left = live, live+deleted
	return n
}

// number reads an integer that the format puts there.
func (n *streamNode) number() int64 {
	v, ok := n.in.next().integer()
	if !ok {
		n.in.in.fail()
	}
	return v
}

func (n *streamNode) failed() bool { return n.in.in.failed }

func (n *streamNode) more() bool { return n.left > 0 && !n.failed() }

func (n *streamNode) whole() bool { return n.left == 0 && n.live == 0 && n.in.whole() }

// next reads an entry; there is false if it was deleted.
func (n *streamNode) next(s *StreamReader) (e StreamEntry, there bool) {
	flags, millis, seq := n.number(), n.number(), n.number()
	e.ID = StreamID{n.first.Millis + uint64(millis), n.first.Seq + uint64(seq)}
	n.fields = n.fields[:0]
	parts := int64(3)
	if flags&entrySameFields != 0 {
		for i := 0; i < len(n.master) && !n.failed(); i++ {
			n.fields = append(n.fields, n.master[i], n.in.next().bytes())
			s.spared -= int64(len(n.master[i]))
		}
		parts += int64(len(n.master))
	} else {
		fields := n.number()
		for i := int64(0); i < fields && !n.failed(); i++ {
			n.fields = append(n.fields, n.in.next().bytes(), n.in.next().bytes())
		}
		parts += 1 + int64(len(n.fields))
	}
	n.left--
	if n.number() != parts {
		n.in.in.fail()
	}
	if there = flags&entryDeleted == 0; there {
		n.live--
		if e.ID.Compare(s.last) <= 0 || len(n.fields) == 0 || s.spared < 0 {
			n.in.in.fail()
		}
		s.last = e.ID
		s.entries++
	}
	e.Fields = n.fields
	return e, there
}

// id reads an id as two numbers.
func (r *reader) id() StreamID { return StreamID{r.number(), r.number()} }

// raw reads an id as 16 bytes, which are in the order of ids.
func (r *reader) raw() StreamID {
	b := r.take(16)
	if len(b) < 16 {
		return StreamID{}
	}
	return StreamID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// millis reads a time; one before 1970 is no time.
func (r *reader) millis() int64 { return max(int64(r.little(8)), 0) }

// State reads what follows the entries.
func (s *StreamReader) State() (StreamState, error) {
	n := s.r.number()
	state := StreamState{Last: s.r.id(), Added: n}
	if s.form != stream {
		s.r.id() // the first entry's, which is known
		state.MaxDeleted, state.Added, state.Counted = s.r.id(), s.r.number(), true
	}
	if s.r.failed || n != s.entries || state.Last.Compare(s.last) < 0 || state.Added > math.MaxInt64 {
		s.r.fail()
		return state, ErrFormat
	}
	return state, nil
}

// Groups yields the consumer groups. Of the newest forms what stands behind them is left: producers' message ids,
// which are forgotten after a while anyway.
func (s *StreamReader) Groups() iter.Seq2[StreamGroup, error] {
	return func(yield func(StreamGroup, error) bool) {
		names := map[string]bool{}
		for n := s.r.count(); n > 0 && !s.r.failed; n-- {
			g, err := s.group()
			if names[string(g.Name)] {
				s.r.fail()
			}
			if s.r.failed {
				break
			}
			names[string(g.Name)] = true
			if !yield(g, err) || err != nil {
				return
			}
		}
		if s.r.failed {
			yield(StreamGroup{}, ErrFormat)
		}
	}
}

func (s *StreamReader) group() (g StreamGroup, err error) {
	g = StreamGroup{Name: s.r.text(), Last: s.r.id(), Read: -1}
	if s.form != stream {
		g.Read = int64(s.r.number()) // -1 is written as the highest number
	}
	s.pending(&g)
	s.consumers(&g)
	if s.form == stream5 && s.r.number() > 0 && !s.r.failed {
		return g, ForeignError("RESTORE does not serve streams of Redis 8.8 with entries that XNACK gave back")
	}
	for _, p := range g.Pending {
		if p.Consumer < 0 {
			s.r.fail()
		}
	}
	if g.Read < -1 {
		s.r.fail()
	}
	return g, nil
}

func (s *StreamReader) pending(g *StreamGroup) {
	for n := s.r.count(); n > 0 && !s.r.failed; n-- {
		p := StreamPending{ID: s.r.raw(), Delivered: s.r.millis(), Count: int64(min(s.r.number(), math.MaxInt64)),
			Consumer: -1}
		if last := len(g.Pending) - 1; last >= 0 && p.ID.Compare(g.Pending[last].ID) <= 0 {
			s.r.fail()
			return
		}
		g.Pending = append(g.Pending, p)
	}
}

func (s *StreamReader) consumers(g *StreamGroup) {
	names := map[string]bool{}
	for n := s.r.count(); n > 0 && !s.r.failed; n-- {
		c := StreamConsumer{Name: s.r.text(), Seen: s.r.millis()}
		if c.Active = c.Seen; s.form >= stream3 {
			c.Active = s.r.millis()
		}
		if names[string(c.Name)] {
			s.r.fail()
			return
		}
		names[string(c.Name)] = true
		s.owned(g, &c)
		g.Consumers = append(g.Consumers, c)
	}
}

// owned reads which of the group's pending entries are a consumer's: each is one's.
func (s *StreamReader) owned(g *StreamGroup, c *StreamConsumer) {
	for n := s.r.count(); n > 0 && !s.r.failed; n-- {
		at, found := slices.BinarySearchFunc(g.Pending, s.r.raw(), func(p StreamPending, id StreamID) int {
			return p.ID.Compare(id)
		})
		if !found || g.Pending[at].Consumer >= 0 {
			s.r.fail()
			return
		}
		g.Pending[at].Consumer = len(g.Consumers)
		c.Pending++
	}
}
