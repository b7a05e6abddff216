package store

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// UnknownRead says that it is unknown how many entries a group has read.
const UnknownRead = -1

// StreamGroup is a consumer group of an open stream. It belongs to the transaction's goroutine.
//
// A group, each of its consumers and each pending entry is a named item of its own, so that whatever is
// done to one of a million pending entries touches that one, or the few that were delivered with it (see pendingRun).
// Pending entries are there twice: by id, and by consumer and id. Counts are kept, as XINFO and XPENDING ask for them.
// Save writes them.
type StreamGroup struct {
	Name    []byte
	Last    StreamID // the last one delivered
	Read    int64    // entries ever delivered, or UnknownRead
	Pending int64
	Runs    int64 // of pending entries, see pendingRun
	// Released is how many of the pending entries were given back and belong to no consumer.
	Released int64
	Timed    bool // the order of times is kept, see orderTimes

	stream     *StreamKey
	consumers  []*StreamConsumer // that were opened
	opened     map[string]*StreamConsumer
	deliveries deliveries
	bytes      int64 // what items added
}

// StreamConsumer is a consumer of a group. Times are in Unix milliseconds.
type StreamConsumer struct {
	Name    []byte
	Seen    int64 // when it last asked
	Active  int64 // when it last got something, 0 for never
	Pending int64

	stored []byte // what its item holds
}

func (c *StreamConsumer) value() []byte { return numbers(c.Seen, c.Active, c.Pending) }

// groupField begins the fields of all that belongs to a group; kind tells apart what shares a part.
func groupField(kind byte, names ...[]byte) []byte {
	b := []byte{kind}
	for _, n := range names {
		b = binary.AppendUvarint(b, uint64(len(n)))
		b = append(b, n...)
	}
	return b
}

// consumerField ends with the consumer's bare name, so that consumers are in the order of names.
func consumerField(group, name []byte) []byte { return append(groupField(0, group), name...) }

// nameOf is the group's field: its bare name, so that groups are in the order of names.
func nameOf(group []byte) []byte { return append([]byte{0}, group...) }

// numbers encodes whole numbers that are not negative.
func numbers(all ...int64) []byte {
	var b []byte
	for _, n := range all {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// takeNumbers decodes what numbers made, and returns the rest.
func takeNumbers(b []byte, to ...*int64) []byte {
	for _, n := range to {
		v, size := binary.Uvarint(b)
		if size <= 0 {
			return nil
		}
		*n, b = int64(v), b[size:]
	}
	return b
}

func (g *StreamGroup) value() []byte {
	b := g.Last.field()
	b = append(b, numbers(g.Read+1, g.Pending, g.Runs)...)
	if g.Released == 0 && !g.Timed {
		return b
	}
	timed := int64(0)
	if g.Timed {
		timed = 1
	}
	return append(b, numbers(g.Released, timed)...)
}

func (s *StreamKey) groupOf(it Item) *StreamGroup {
	g := &StreamGroup{Name: it.Field[1:], Last: streamIDOf(it.Value), stream: s}
	timed := int64(0)
	more := takeNumbers(it.Value[min(16, len(it.Value)):], &g.Read, &g.Pending, &g.Runs)
	takeNumbers(more, &g.Released, &timed)
	g.Read--
	g.Timed = timed == 1
	return g
}

// Group finds a group by name; nil if there is none.
func (s *StreamKey) Group(name []byte) (*StreamGroup, error) {
	if !s.Exists() {
		return nil, nil
	}
	found, err := s.tx.Items(nil, s.head.ID, Groups, nameOf(name))
	if err != nil || !found[0].Found {
		return nil, err
	}
	return s.groupOf(found[0]), nil
}

// AllGroups lists the groups by name.
func (s *StreamKey) AllGroups() (all []*StreamGroup, err error) {
	if !s.Exists() {
		return nil, nil
	}
	for it, err := range s.tx.Range(s.head.ID, Groups, Range{}) {
		if err != nil {
			return nil, err
		}
		it.Field, it.Value = slices.Clone(it.Field), slices.Clone(it.Value)
		all = append(all, s.groupOf(it))
	}
	return all, nil
}

// CreateGroup makes a group of a stream that is there; false if there is one of that name.
func (s *StreamKey) CreateGroup(name []byte, last StreamID, read int64) (bool, error) {
	if g, err := s.Group(name); g != nil || err != nil {
		return false, err
	}
	g := &StreamGroup{Name: name, Last: last, Read: read, stream: s}
	return true, g.Save()
}

// DestroyGroup removes a group with all it holds.
func (s *StreamKey) DestroyGroup(name []byte) (bool, error) {
	g, err := s.Group(name)
	if g == nil || err != nil {
		return false, err
	}
	for kind := byte(byID); kind <= runsByTime; kind++ {
		if err := g.dropPrefix(Pending, groupField(kind, name)); err != nil {
			return false, err
		}
	}
	if err := g.dropPrefix(Consumers, groupField(0, name)); err != nil {
		return false, err
	}
	ch, err := s.tx.DropItems(s.head.ID, Groups, nameOf(name))
	if err != nil {
		return false, err
	}
	return true, s.commit(Change{Bytes: g.bytes + ch.Bytes})
}

// prefixed is the range of all fields that begin so. A prefix ends with a name behind its length, so
// that it is none of another name's.
func prefixed(prefix []byte) Range {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			break
		}
	}
	return Range{Min: Bound{Edge: Inclusive, Field: prefix}, Max: Bound{Edge: Exclusive, Field: end}}
}

func (g *StreamGroup) dropPrefix(p Part, prefix []byte) error {
	ch, err := g.stream.tx.DropRange(g.stream.head.ID, p, prefixed(prefix))
	g.bytes += ch.Bytes
	return err
}

func (g *StreamGroup) put(p Part, items ...Item) error {
	if len(items) == 0 {
		return nil
	}
	ch, err := g.stream.tx.PutItems(g.stream.head.ID, p, items...)
	g.bytes += ch.Bytes
	return err
}

func (g *StreamGroup) drop(p Part, fields ...[]byte) error {
	if len(fields) == 0 {
		return nil
	}
	ch, err := g.stream.tx.DropItems(g.stream.head.ID, p, fields...)
	g.bytes += ch.Bytes
	return err
}

// Save writes the group, what became of the entries that were loaded, and the consumers that changed.
func (g *StreamGroup) Save() error {
	if err := g.Flush(); err != nil {
		return err
	}
	var changed []Item
	for _, c := range g.consumers {
		if value := c.value(); !bytes.Equal(value, c.stored) {
			changed = append(changed, Item{Field: consumerField(g.Name, c.Name), Value: value})
			c.stored = value
		}
	}
	if err := g.put(Consumers, changed...); err != nil {
		return err
	}
	if err := g.put(Groups, Item{Field: nameOf(g.Name), Value: g.value()}); err != nil {
		return err
	}
	ch := Change{Bytes: g.bytes}
	g.bytes = 0
	return g.stream.commit(ch)
}

func (g *StreamGroup) consumerOf(it Item) *StreamConsumer {
	c := &StreamConsumer{Name: it.Field[len(groupField(0, g.Name)):]}
	takeNumbers(it.Value, &c.Seen, &c.Active, &c.Pending)
	c.stored = c.value()
	return c
}

// Consumer finds a consumer, nil if there is none. Save writes it.
func (g *StreamGroup) Consumer(name []byte) (*StreamConsumer, error) {
	err := g.open(name)
	return g.opened[string(name)], err
}

// open reads the consumers of these names that are not open.
func (g *StreamGroup) open(names ...[]byte) error {
	var fields [][]byte
	asked := map[string]bool{}
	for _, name := range names {
		if g.opened[string(name)] == nil && !asked[string(name)] {
			asked[string(name)] = true
			fields = append(fields, consumerField(g.Name, name))
		}
	}
	if len(fields) == 0 {
		return nil
	}
	found, err := g.stream.tx.Items(nil, g.stream.head.ID, Consumers, fields...)
	for _, it := range found {
		if it.Found {
			g.keep(g.consumerOf(it))
		}
	}
	return err
}

// keep has Save write a consumer.
func (g *StreamGroup) keep(c *StreamConsumer) {
	if g.opened == nil {
		g.opened = map[string]*StreamConsumer{}
	}
	g.opened[string(c.Name)] = c
	g.consumers = append(g.consumers, c)
}

// Join finds a consumer or makes it, and notes that it asked now. Save writes it.
func (g *StreamGroup) Join(name []byte, nowMillis int64) (c *StreamConsumer, created bool, err error) {
	if c, err = g.Consumer(name); err != nil {
		return nil, false, err
	}
	if created = c == nil; created {
		c = &StreamConsumer{Name: name}
		g.keep(c)
	}
	c.Seen = nowMillis
	return c, created, nil
}

// Consumers lists all consumers by name.
func (g *StreamGroup) Consumers() (all []*StreamConsumer, err error) {
	for it, err := range g.stream.tx.Range(g.stream.head.ID, Consumers, prefixed(groupField(0, g.Name))) {
		if err != nil {
			return nil, err
		}
		it.Field = slices.Clone(it.Field)
		all = append(all, g.consumerOf(it))
	}
	return all, nil
}

// ConsumersOfGroups counts the consumers of all groups, by their names.
func (s *StreamKey) ConsumersOfGroups() (map[string]int64, error) {
	n := map[string]int64{}
	for it, err := range s.tx.Range(s.head.ID, Consumers, Range{}) {
		if err != nil {
			return nil, err
		}
		name := it.Field[1:]
		if length, size := binary.Uvarint(name); size > 0 && length <= uint64(len(name)-size) {
			n[string(name[size:size+int(length)])]++
		}
	}
	return n, nil
}

// Leave removes a consumer and what it has pending, and returns how much that was.
func (g *StreamGroup) Leave(name []byte) (n int64, err error) {
	c, err := g.Consumer(name)
	if c == nil || err != nil {
		return 0, err
	}
	if _, err := g.forsake(name, byConsumer, byID); err != nil {
		return 0, err
	}
	runs, err := g.forsake(name, runsByConsumer, runsByID)
	if err != nil {
		return 0, err
	}
	g.Runs -= runs
	g.Pending -= c.Pending
	delete(g.opened, string(name))
	g.consumers = slices.DeleteFunc(g.consumers, func(o *StreamConsumer) bool { return o == c })
	if err := g.drop(Consumers, consumerField(g.Name, name)); err != nil {
		return 0, err
	}
	return c.Pending, g.Save()
}

// forsake drops the items of one kind that a consumer has, from both orders, and tells how many there were.
func (g *StreamGroup) forsake(name []byte, own, all byte) (n int64, err error) {
	for from, more := minStreamID, true; more; {
		ids, err := g.owned(own, PendingRange{Consumer: name, From: from, To: maxStreamID}, pendingPage)
		if err != nil {
			return n, err
		}
		if len(ids) == 0 {
			break
		}
		gone, err := g.remove(all, ids)
		if n += gone; err != nil {
			return n, err
		}
		from, more = ids[len(ids)-1].Next()
	}
	return n, g.dropPrefix(Pending, groupField(own, g.Name, name))
}

// remove drops pending items of one kind, and tells how many there were.
func (g *StreamGroup) remove(kind byte, ids []StreamID) (int64, error) {
	fields := make([][]byte, len(ids))
	for i, id := range ids {
		fields[i] = append(groupField(kind, g.Name), id.field()...)
	}
	if err := g.untime(kind, fields); err != nil {
		return 0, err
	}
	ch, err := g.stream.tx.DropItems(g.stream.head.ID, Pending, fields...)
	g.bytes += ch.Bytes
	return -ch.Count, err
}
