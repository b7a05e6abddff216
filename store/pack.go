package store

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// A pack is a small collection in one byte string, which stands in its head: a byte with the version and what an entry
// consists of, then the entries one behind the other. An entry is, in this order,
//
//	when it expires, a uvarint in Unix milliseconds, 0 for never   (packExpiring)
//	the length of a as a uvarint, and a
//	the length of b as a uvarint, and b                            (packPairs)
//	the score, 8 bytes, little endian                              (packScored)
//
// Only hashes of which a field expires, and sets of which a member does, have packs with expiries: a byte for each that
// does not. What looks into a pack is linear in its length, which PackedMax bounds, and allocates nothing. What changes
// one changes its bytes in place: a pack that was read from a head is cloned first.
//
// Rejected: lengths behind the entries, too, to walk backwards as Redis's listpack does. A byte an entry, where
// walking 2 KB from the front takes half a microsecond.
type pack []byte

// packKind is a pack's first byte.
type packKind byte

const (
	packPairs packKind = 1 << iota
	packScored
	packExpiring
	packVersion packKind = 1 << 4
	packFlags            = packPairs | packScored | packExpiring
	packHeader           = 1
)

// errPack is the answer to bytes that are no pack.
var errPack = &Error{Code: CodeInternal, Message: "a packed collection is not readable"}

// packEntry is an entry of a pack. Slices point into the pack. It lies in it from byte from up to byte to.
type packEntry struct {
	a, b     []byte
	score    float64
	expireAt int64
	from, to int
}

func newPack(kind packKind, room int) pack {
	return append(make(pack, 0, packHeader+room), byte(packVersion|kind))
}

// readable reports whether the first byte is one that this program writes. No bytes at all are the pack of nothing.
func (p pack) readable() bool { return len(p) == 0 || packKind(p[0])&^packFlags == packVersion }

func (p pack) kind() packKind {
	if len(p) == 0 {
		return packVersion
	}
	return packKind(p[0])
}

// packReader walks over a pack. Entries are those before a call of next that returned false; after the last one
// err tells whether the pack ended there. It is a value of one goroutine.
type packReader struct {
	packEntry
	p      pack
	kind   packKind
	broken bool
}

// read begins before the first entry.
func (p pack) read() packReader {
	r := packReader{p: p, kind: p.kind(), broken: !p.readable()}
	r.to = min(packHeader, len(p))
	return r
}

func (r *packReader) err() error {
	if r.broken {
		return errPack
	}
	return nil
}

// next moves to the next entry and reports whether there is one.
func (r *packReader) next() bool {
	if r.broken || r.to >= len(r.p) {
		return false
	}
	r.from = r.to
	rest := r.p[r.to:]
	if r.kind&packExpiring != 0 {
		at, n := binary.Uvarint(rest)
		if n <= 0 || at > math.MaxInt64 {
			return r.fail()
		}
		r.expireAt, rest = int64(at), rest[n:]
	}
	var ok bool
	if r.a, rest, ok = cutBytes(rest); !ok {
		return r.fail()
	}
	if r.kind&packPairs != 0 {
		if r.b, rest, ok = cutBytes(rest); !ok {
			return r.fail()
		}
	}
	if r.kind&packScored != 0 {
		if len(rest) < 8 {
			return r.fail()
		}
		r.score, rest = math.Float64frombits(binary.LittleEndian.Uint64(rest)), rest[8:]
	}
	r.to = len(r.p) - len(rest)
	return true
}

func (r *packReader) fail() bool {
	r.broken = true
	return false
}

// cutBytes takes a byte string behind its length off the front.
func cutBytes(b pack) (s []byte, rest pack, ok bool) {
	if len(b) > 0 && b[0] < 0x80 {
		end := int(b[0]) + 1
		if end > len(b) {
			return nil, nil, false
		}
		return b[1:end:end], b[end:], true
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	end := n + int(size)
	return b[n:end:end], b[end:], true
}

// find looks for the entry whose first string is a.
func (p pack) find(a []byte) (e packEntry, found bool, err error) {
	r := p.read()
	for r.next() {
		if bytes.Equal(r.a, a) {
			return r.packEntry, true, nil
		}
	}
	return e, false, r.err()
}

// nth looks up entry n, from 0; found is false if there are not so many.
func (p pack) nth(n int64) (e packEntry, found bool, err error) {
	r := p.read()
	for r.next() {
		if n == 0 {
			return r.packEntry, true, nil
		}
		n--
	}
	return e, false, r.err()
}

// count is the number of entries.
func (p pack) count() (n int64, err error) {
	r := p.read()
	for r.next() {
		n++
	}
	return n, r.err()
}

// appendEntry encodes an entry.
func (k packKind) appendEntry(dst []byte, e *packEntry) []byte {
	if k&packExpiring != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.expireAt))
	}
	dst = append(binary.AppendUvarint(dst, uint64(len(e.a))), e.a...)
	if k&packPairs != 0 {
		dst = append(binary.AppendUvarint(dst, uint64(len(e.b))), e.b...)
	}
	if k&packScored != 0 {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(e.score))
	}
	return dst
}

// add puts an entry behind the last one.
func (p pack) add(e *packEntry) pack { return p.kind().appendEntry(p, e) }

// put puts an entry in the place of the bytes from one offset to another, both of which entries begin or end at. It
// must not point into the pack.
func (p pack) put(from, to int, e *packEntry) pack {
	if from == len(p) {
		return p.add(e)
	}
	var room [128]byte
	return slices.Replace(p, from, to, p.kind().appendEntry(room[:0], e)...)
}

// cut takes out the bytes from one offset to another.
func (p pack) cut(from, to int) pack { return slices.Delete(p, from, to) }

// clone copies a pack, with room for so many bytes more.
func (p pack) clone(room int) pack { return append(make(pack, 0, len(p)+room), p...) }
