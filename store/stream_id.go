package store

import (
	"cmp"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// StreamID is the id of an entry: a time in milliseconds and a sequence number. It is a value.
type StreamID struct {
	Millis, Seq uint64
}

// The ends of all ids: XRANGE's - and +.
var (
	minStreamID = StreamID{}
	maxStreamID = StreamID{math.MaxUint64, math.MaxUint64}
)

// FirstStreamID and LastStreamID are the ends of all ids.
func FirstStreamID() StreamID { return minStreamID }

// LastStreamID is the other end.
func LastStreamID() StreamID { return maxStreamID }

// ParseStreamID reads "ms-seq" or "ms"; an id without a sequence number gets seq.
func ParseStreamID(text string, seq uint64) (StreamID, bool) {
	text, _, _ = strings.Cut(text, "\x00") // where a text of C ends
	millis, sequence, both := strings.Cut(text, "-")
	id, ok := StreamID{Seq: seq}, false
	if id.Millis, ok = parseIDPart(millis); !ok {
		return id, false
	}
	if both {
		id.Seq, ok = parseIDPart(sequence)
	}
	return id, ok
}

// parseIDPart reads a number as strtoull does: space and a plus sign may stand before it, and a minus sign turns around
// what was not refused as a negative number, which is one written without spare zeros.
func parseIDPart(text string) (uint64, bool) {
	if n, ok := ParseInteger([]byte(text)); ok && n < 0 {
		return 0, false
	}
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	digits := strings.TrimPrefix(text, "+")
	if len(digits) == len(text) {
		digits = strings.TrimPrefix(text, "-")
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if strings.HasPrefix(text, "-") {
		n = -n
	}
	return n, err == nil
}

// String is "ms-seq".
func (id StreamID) String() string {
	return strconv.FormatUint(id.Millis, 10) + "-" + strconv.FormatUint(id.Seq, 10)
}

// Compare orders ids.
func (id StreamID) Compare(o StreamID) int {
	return cmp.Or(cmp.Compare(id.Millis, o.Millis), cmp.Compare(id.Seq, o.Seq))
}

// Zero reports whether this is 0-0, which no entry has.
func (id StreamID) Zero() bool { return id == StreamID{} }

// Next is the id behind this one; ok is false behind the last.
func (id StreamID) Next() (next StreamID, ok bool) {
	switch {
	case id.Seq < math.MaxUint64:
		return StreamID{id.Millis, id.Seq + 1}, true
	case id.Millis < math.MaxUint64:
		return StreamID{id.Millis + 1, 0}, true
	}
	return id, false
}

// Prev is the id before this one; ok is false before the first.
func (id StreamID) Prev() (prev StreamID, ok bool) {
	switch {
	case id.Seq > 0:
		return StreamID{id.Millis, id.Seq - 1}, true
	case id.Millis > 0:
		return StreamID{id.Millis - 1, math.MaxUint64}, true
	}
	return id, false
}

// field is the id as the field of an item: big endian, so that items are in the order of ids.
func (id StreamID) field() []byte {
	b := make([]byte, 0, 16)
	b = binary.BigEndian.AppendUint64(b, id.Millis)
	return binary.BigEndian.AppendUint64(b, id.Seq)
}

func streamIDOf(field []byte) StreamID {
	if len(field) < 16 {
		return StreamID{}
	}
	return StreamID{binary.BigEndian.Uint64(field), binary.BigEndian.Uint64(field[8:])}
}
