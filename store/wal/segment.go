package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"regexp"
	"strconv"

	"larder/disk"
	"larder/store"
)

// A segment is a file of records behind a header, see header. Each record's checksum covers its bytes and the checksum
// before it, the first one's what the header says. So a tail left over from an earlier use of the file never validates.
//
//	record: length 4, checksum 4, LSN 8, payload
const frameBytes = 16

// file is what a segment needs of its file; tests put one that fails in its place.
type file = disk.File

// segment is one file of the journal. For the holder of Log.mu.
type segment struct {
	header
	file  file
	path  string
	last  uint64 // LSN of its last record, first-1 when empty
	size  int64
	chain uint32
	// held is how long the file is if it was a reserve: it takes no more.
	held int64
	// suspect: an fsync failed, so that the file may lack what was written to it.
	suspect bool
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// segmentPath numbers the files in the order they were made; two may begin with the same
// LSN, when the later one was made to replace what the earlier one may have lost.
func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("journal-%016x.log", number))
}

var segmentName = regexp.MustCompile(`^journal-([0-9a-f]{16})\.log$`)

// segmentNumber is what segmentPath made a path of.
func segmentNumber(path string) (uint64, error) {
	m := segmentName.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return 0, &misfit{path, "has not the name of a segment"}
	}
	return strconv.ParseUint(m[1], 16, 64)
}

// beginSegment makes a file's name durable, and only then its header: were the name of a file that is used again taken
// back by a power cut, the header would stand under its old one, before records that it does not fit. Nothing is
// behind the header before it is durable too.
func beginSegment(files disk.Files, path string, h header, f file) (*segment, error) {
	s := &segment{header: h, file: f, path: path, last: h.first - 1, size: h.bytes(), chain: h.chain()}
	err := files.SyncDir(filepath.Dir(path))
	if err == nil {
		_, err = f.WriteAt(h.encode(), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), files.Remove(path))
	}
	return s, nil
}

// frame encodes a record behind dst and returns the chain after it.
func frame(dst []byte, lsn uint64, payload []byte, chain uint32) ([]byte, uint32) {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, lsn)
	dst = append(dst, payload...)
	chain = checksum(chain, dst[at:at+4], dst[at+8:])
	binary.LittleEndian.PutUint32(dst[at+4:], chain)
	return dst, chain
}

func checksum(chain uint32, length, rest []byte) uint32 {
	table := castagnoli()
	return crc32.Update(crc32.Update(chain, table, length), table, rest)
}

// errTail ends a segment: what follows is not a record of this journal.
var errTail = errors.New("end of the valid records")

// openSegment reads a file's header. It returns errUnbegun if no record was ever written to the file under its
// present name, and a misfit if the file does not belong there.
func openSegment(files disk.Files, path string) (*segment, error) {
	number, err := segmentNumber(path)
	if err != nil {
		return nil, err
	}
	f, err := files.Open(path)
	if err != nil {
		return nil, ioError("the journal cannot be read", err)
	}
	h, err := readHeader(f)
	problem := ""
	switch {
	case err == errUnbegun || err == nil && h.older(number):
		err = errUnbegun
	case err == errHeader:
		problem = "has an unreadable header"
	case err == nil && h.version > headerVersion:
		err = &store.Error{Code: store.CodeRefused,
			Message: fmt.Sprintf("%s is of version %c of the journal, and this Larder "+
				"knows versions up to %c: start the newer Larder that wrote it", path, h.version, headerVersion)}
	case err == nil && h.later(number):
		problem = fmt.Sprintf("carries the header of %s, which was made later", filepath.Base(segmentPath("", h.number)))
	}
	if problem != "" {
		err = &misfit{path, problem}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &segment{header: h, file: f, path: path, last: h.first - 1, size: h.bytes(), chain: h.chain()}, nil
}

// each calls fn for every valid record, and leaves size, last and chain behind the last. Records of a segment are
// numbered without a gap: what validates and has another number is left from an earlier use of a file of version 1.
func (s *segment) each(fn func(lsn uint64, payload []byte) error) error {
	in := io.NewSectionReader(s.file, s.size, 1<<62)
	for {
		lsn, payload, chain, err := readFrame(in, s.chain)
		if err == errTail || err == nil && lsn != s.last+1 {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(lsn, payload); err != nil {
			return err
		}
		s.chain, s.last = chain, lsn
		s.size += int64(frameBytes + len(payload))
	}
}

func readFrame(in io.Reader, chain uint32) (lsn uint64, payload []byte, next uint32, err error) {
	var head [frameBytes]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, 0, tailOr(err)
	}
	n := binary.LittleEndian.Uint32(head[:])
	payload, err = readPayload(in, int(n))
	if err != nil {
		return 0, nil, 0, tailOr(err)
	}
	next = checksum(chain, head[:4], head[8:])
	next = crc32.Update(next, castagnoli(), payload)
	if next != binary.LittleEndian.Uint32(head[4:]) {
		return 0, nil, 0, errTail
	}
	return binary.LittleEndian.Uint64(head[8:]), payload, next, nil
}

// readPayload grows with what is really there, so that a length of rubbish costs nothing.
func readPayload(in io.Reader, n int) ([]byte, error) {
	var payload []byte
	for len(payload) < n {
		piece := make([]byte, min(n-len(payload), 1<<20))
		if _, err := io.ReadFull(in, piece); err != nil {
			return nil, err
		}
		payload = append(payload, piece...)
	}
	return payload, nil
}

func tailOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTail
	}
	return err
}

// listSegments returns the journal files of a directory, oldest first.
func listSegments(dir string) ([]string, error) {
	return disk.List(dir, "journal-*.log")
}
