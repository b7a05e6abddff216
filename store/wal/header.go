package wal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
)

// header is what a segment begins with. It fits in a sector, which a device writes wholly or not at all.
//
//	version 2: magic 8, salt 8, number of the file 8, first LSN 8, used before 4, checksum 4
//	version 1: magic 8, salt 8, first LSN 8, checksum 4
//
// The last byte of the magic is the version. In version 1 the records' checksums began with that of the whole header,
// its own checksum included, which is the same number whatever the header says: records of an earlier use of the file
// validated, and only their LSN gave them away. Now they begin with that of what differs. Immutable.
type header struct {
	version byte
	salt    uint64
	number  uint64 // of the file that the header was written for; 0 in version 1
	first   uint64 // LSN of the first record
	used    bool   // the file has had another header, so that old records may stand behind the new ones
}

const (
	magic         = "LARDERJ"
	headerVersion = '2'
	headerBytes   = 40
	headerBytes1  = 28
)

// newHeader has a salt of its own.
func newHeader(number, first uint64, used bool) header {
	var salt [8]byte
	rand.Read(salt[:])
	return header{version: headerVersion, salt: binary.LittleEndian.Uint64(salt[:]), number: number, first: first,
		used: used}
}

// bytes is the length.
func (h header) bytes() int64 {
	if h.version == '1' {
		return headerBytes1
	}
	return headerBytes
}

func (h header) encode() []byte {
	b := append([]byte(magic), h.version)
	b = binary.LittleEndian.AppendUint64(b, h.salt)
	if h.version != '1' {
		b = binary.LittleEndian.AppendUint64(b, h.number)
	}
	b = binary.LittleEndian.AppendUint64(b, h.first)
	if h.version != '1' {
		b = binary.LittleEndian.AppendUint32(b, h.usedBefore())
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli()))
}

func (h header) usedBefore() uint32 {
	if h.used {
		return 1
	}
	return 0
}

// chain is what the first record's checksum begins with.
func (h header) chain() uint32 {
	b := h.encode()
	if h.version != '1' {
		b = b[:len(b)-4]
	}
	return crc32.Checksum(b, castagnoli())
}

var (
	// errUnbegun is the answer for a file that a crash has left before its header was written, or before it was synced.
	errUnbegun = errors.New("the segment was never begun")
	// errHeader: something stands where the header should be.
	errHeader = errors.New("the segment has an unreadable header")
)

// readHeader reads the header of a file.
func readHeader(f io.ReaderAt) (h header, err error) {
	b := make([]byte, headerBytes)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return h, ioError("the journal cannot be read", err)
	}
	switch b = b[:n]; {
	case empty(b):
		return h, unlessMore(f)
	case n < len(magic)+1 || string(b[:len(magic)]) != magic:
		return h, errHeader
	case b[len(magic)] == '1' && n >= headerBytes1:
		b = b[:headerBytes1]
		h = header{version: '1', salt: binary.LittleEndian.Uint64(b[8:]), first: binary.LittleEndian.Uint64(b[16:])}
	case b[len(magic)] == headerVersion && n == headerBytes:
		h = header{version: headerVersion, salt: binary.LittleEndian.Uint64(b[8:]),
			number: binary.LittleEndian.Uint64(b[16:]),
			first:  binary.LittleEndian.Uint64(b[24:]), used: b[32] == 1}
	case b[len(magic)] == '1' || b[len(magic)] == headerVersion:
		return h, errUnbegun // the file ends within its header
	case b[len(magic)] < '1':
		return h, errHeader
	default:
		return header{version: b[len(magic)]}, nil // a later one, whose rest means something else
	}
	if !bytes.Equal(b, h.encode()) {
		return h, errHeader
	}
	return h, nil
}

func empty(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// unlessMore is errUnbegun for a file of zeros: nothing is written behind a header before that is on stable storage.
func unlessMore(f io.ReaderAt) error {
	in, piece := io.NewSectionReader(f, 0, math.MaxInt64), make([]byte, 64<<10)
	for {
		n, err := in.Read(piece)
		switch {
		case !empty(piece[:n]):
			return errHeader
		case err == io.EOF:
			return errUnbegun
		case err != nil:
			return ioError("the journal cannot be read", err)
		}
	}
}

// older reports whether the header was written for a file of a lower number: it is left from the use before, whose
// records no shard needs, and the new one was not written yet.
func (h header) older(number uint64) bool { return h.version == headerVersion && h.number < number }

// later reports the opposite, which no crash leaves.
func (h header) later(number uint64) bool { return h.version == headerVersion && h.number > number }
