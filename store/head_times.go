package store

import "encoding/binary"

// FieldTimes says of a hash when fields of it expire, and of a set when its members do, which are called fields here.
// It is zero where none does, and for all other types. A field is
// gone once the clock is past its time, as a key is.
type FieldTimes struct {
	// Count is how many fields have an expiry: expired ones that are still to be removed, too.
	Count int64
	// First is when the first of them goes, in Unix milliseconds, and Last when the last of them does, and with it the
	// key: Last is 0 unless every field has an expiry.
	First, Last int64
}

// due reports whether the time of a field has passed.
func (f FieldTimes) due(nowMillis int64) bool { return f.Count > 0 && nowMillis > f.First }

// Expired reports whether the head's time has passed at nowMillis, or that of the last of its fields.
func (h *Head) Expired(nowMillis int64) bool {
	return h.Outlived(nowMillis) || h.Fields.Last != 0 && nowMillis > h.Fields.Last
}

// Outlived reports whether the time of the key as such has passed.
func (h *Head) Outlived(nowMillis int64) bool { return h.ExpireAt != 0 && nowMillis > h.ExpireAt }

// Wake is when something of a key is to be removed, in Unix milliseconds: all of it, or the first of its fields; 0 for
// never. Engines find keys by it: see Expirer.
func (h *Head) Wake() int64 {
	if h.Fields.Count > 0 && (h.ExpireAt == 0 || h.Fields.First < h.ExpireAt) {
		return h.Fields.First
	}
	return h.ExpireAt
}

// An engine keeps Wake in the place of ExpireAt, so that one index serves keys and fields, and beside it two bits and
// what Aside returns. For a head without times of fields, Aside returns the notes alone and the bits are zero: such a
// head takes no more space for it. The rejected alternative, a column and an index for fields, costs each key a byte
// and each look for what is due a second walk.

// Timed reports whether what Aside returns begins with times.
func (h *Head) Timed() bool { return h.Fields.Count > 0 }

// Aside is the notes, and before them ExpireAt and Fields if the head is Timed.
func (h *Head) Aside() string {
	if !h.Timed() {
		return string(h.Notes)
	}
	b := make([]byte, 0, 32+len(h.Notes))
	for _, n := range [...]int64{h.ExpireAt, h.Fields.Count, h.Fields.First, h.Fields.Last} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return string(append(b, h.Notes...))
}

// SetAside is the way back from Wake, Timed and Aside.
func (h *Head) SetAside(wake int64, timed bool, aside string) {
	h.ExpireAt, h.Fields = wake, FieldTimes{}
	if timed {
		for _, into := range [...]*int64{&h.ExpireAt, &h.Fields.Count, &h.Fields.First, &h.Fields.Last} {
			n, rest := cutUvarint(aside)
			*into, aside = int64(n), rest
		}
	}
	h.Notes = Notes(aside)
}
