package rdb

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
)

// StreamForm is one of the forms that a stream may be written in.
type StreamForm byte

// The forms: the first, which 5.0 reads; the one that tells what was added and deleted, which 7.0 reads; the one that
// tells when consumers were active, which 7.2 reads.
const (
	StreamPlain   = StreamForm(stream)
	StreamCounted = StreamForm(stream2)
	StreamActive  = StreamForm(stream3)
)

// Version is that of the RDB format which brought the form.
func (f StreamForm) Version() uint16 {
	switch f {
	case StreamCounted:
		return VersionStream2
	case StreamActive:
		return VersionStream3
	}
	return VersionStream
}

// StreamNodes tells where nodes end, so that they can be counted before they are written: their number stands in front
// of them. A node has as many entries and bytes as redis-server fills one with. For one goroutine.
type StreamNodes struct {
	entries, bytes int
	n              uint64
}

const (
	nodeEntries = 100
	nodeBytes   = 4096
)

// Begins notes the next entry, whose content has so many bytes, and reports whether it begins a node.
func (s *StreamNodes) Begins(size int) bool {
	begins := s.n == 0 || s.entries == nodeEntries || s.bytes+size > nodeBytes
	if begins {
		s.n++
		s.entries, s.bytes = 0, 0
	}
	s.entries++
	s.bytes += size
	return begins
}

// Count is how many nodes have begun.
func (s *StreamNodes) Count() uint64 { return s.n }

// StreamNode makes a node of entries. The zero value is one without any. For one goroutine.
type StreamNode struct {
	first   StreamID
	master  [][]byte
	body    []byte
	entries int64
	parts   uint64 // elements in body
}

// Empty reports whether no entry was added.
func (n *StreamNode) Empty() bool { return n.entries == 0 }

// Add copies an entry to the node.
func (n *StreamNode) Add(e StreamEntry) {
	if n.Empty() {
		n.begin(e)
	}
	same := len(e.Fields) == 2*len(n.master)
	for i := 0; same && i < len(n.master); i++ {
		same = string(e.Fields[2*i]) == string(n.master[i])
	}
	flags := int64(0)
	if same {
		flags = entrySameFields
	}
	before := n.parts
	n.number(flags)
	n.number(int64(e.ID.Millis - n.first.Millis))
	n.number(int64(e.ID.Seq - n.first.Seq))
	if !same {
		n.number(int64(len(e.Fields) / 2))
	}
	for i, text := range e.Fields {
		if !same || i%2 == 1 {
			n.text(text)
		}
	}
	n.number(int64(n.parts - before))
	n.entries++
}

func (n *StreamNode) begin(e StreamEntry) {
	n.first, n.body, n.parts = e.ID, n.body[:0], 0
	n.master = n.master[:0]
	for i := 0; i < len(e.Fields); i += 2 {
		n.master = append(n.master, slices.Clone(e.Fields[i]))
	}
}

func (n *StreamNode) number(v int64) {
	n.body = appendPackedNumber(n.body, v)
	n.parts++
}

func (n *StreamNode) text(b []byte) {
	n.body = appendPacked(n.body, b)
	n.parts++
}

// Append writes the node and empties it.
func (n *StreamNode) Append(b []byte) []byte {
	head := appendPackedNumber(nil, n.entries)
	head = appendPackedNumber(head, 0)
	head = appendPackedNumber(head, int64(len(n.master)))
	for _, name := range n.master {
		head = appendPacked(head, name)
	}
	head = appendPackedNumber(head, 0)
	const frame = 4 + 2 + 1
	size, parts := frame+len(head)+len(n.body), min(n.parts+uint64(len(n.master))+4, uncounted)
	b = append(b, 16)
	b = AppendStreamID(b, n.first)
	b = appendLength(b, uint64(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = binary.LittleEndian.AppendUint16(b, uint16(parts))
	b = append(append(append(b, head...), n.body...), packedEnd)
	n.entries = 0
	return b
}

// appendPacked adds a text to a listpack, as an integer if it is one.
func appendPacked(b, text []byte) []byte {
	if len(text) > 0 && len(text) <= 20 {
		if v, err := strconv.ParseInt(string(text), 10, 64); err == nil && strconv.FormatInt(v, 10) == string(text) {
			return appendPackedNumber(b, v)
		}
	}
	start, n := len(b), len(text)
	switch {
	case n < 1<<6:
		b = append(b, 0x80|byte(n))
	case n < 1<<12:
		b = append(b, 0xE0|byte(n>>8), byte(n))
	default:
		b = binary.LittleEndian.AppendUint32(append(b, 0xF0), uint32(n))
	}
	b = append(b, text...)
	return appendBackLength(b, len(b)-start)
}

func appendPackedNumber(b []byte, v int64) []byte {
	start := len(b)
	switch {
	case v >= 0 && v < 1<<7:
		b = append(b, byte(v))
	case v >= -1<<12 && v < 1<<12:
		b = append(b, 0xC0|byte(v>>8)&0x1f, byte(v))
	case v >= math.MinInt16 && v <= math.MaxInt16:
		b = binary.LittleEndian.AppendUint16(append(b, 0xF1), uint16(v))
	case v >= -1<<23 && v < 1<<23:
		b = append(b, 0xF2, byte(v), byte(v>>8), byte(v>>16))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		b = binary.LittleEndian.AppendUint32(append(b, 0xF3), uint32(v))
	default:
		b = binary.LittleEndian.AppendUint64(append(b, 0xF4), uint64(v))
	}
	return appendBackLength(b, len(b)-start)
}

// AppendStreamHeader begins a stream of so many nodes, which follow.
func AppendStreamHeader(b []byte, f StreamForm, nodes uint64) []byte {
	return appendLength(append(b, byte(f)), nodes)
}

// AppendStreamState adds what follows the nodes, up to the number of groups.
func AppendStreamState(b []byte, f StreamForm, length uint64, first StreamID, s StreamState, groups uint64) []byte {
	b = appendLength(b, length)
	b = appendTwo(b, s.Last)
	if f != StreamPlain {
		b = appendTwo(appendTwo(b, first), s.MaxDeleted)
		b = appendLength(b, s.Added)
	}
	return appendLength(b, groups)
}

// AppendStreamGroup begins a group; its pending entries and its consumers follow.
func AppendStreamGroup(b []byte, f StreamForm, name []byte, last StreamID, read int64, pending uint64) []byte {
	b = AppendText(b, name)
	b = appendTwo(b, last)
	if f != StreamPlain {
		b = appendLength(b, uint64(read))
	}
	return appendLength(b, pending)
}

// AppendStreamPending adds one of a group's pending entries.
func AppendStreamPending(b []byte, p StreamPending) []byte {
	b = AppendStreamID(b, p.ID)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Delivered))
	return appendLength(b, uint64(p.Count))
}

// AppendStreamConsumers adds the number of a group's consumers.
func AppendStreamConsumers(b []byte, n int) []byte { return appendLength(b, uint64(n)) }

// AppendStreamConsumer begins a consumer; the ids of its pending entries follow.
func AppendStreamConsumer(b []byte, f StreamForm, c StreamConsumer) []byte {
	b = AppendText(b, c.Name)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Seen))
	if f == StreamActive {
		active := c.Active
		if active == 0 {
			active = -1
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(active))
	}
	return appendLength(b, uint64(c.Pending))
}

// AppendStreamID adds an id as 16 bytes.
func AppendStreamID(b []byte, id StreamID) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id.Millis), id.Seq)
}

func appendTwo(b []byte, id StreamID) []byte { return appendLength(appendLength(b, id.Millis), id.Seq) }
