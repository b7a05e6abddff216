package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sort"

	"larder/store"
)

// A segment is a file of records. It begins with a header that holds a salt of its own;
// each record's checksum covers the salt, the checksum before it and its bytes. So a tail
// left over from an earlier use of the same blocks never validates.
//
//	header: magic 8, salt 8, first LSN 8, checksum 4
//	record: length 4, checksum 4, LSN 8, payload
const (
	magic       = "LARDERJ1"
	headerBytes = 28
	frameBytes  = 16
)

// file is what a segment needs of its file; tests put one that fails in its place.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// segment is one file of the journal. For the holder of Log.mu.
type segment struct {
	file  file
	path  string
	first uint64 // LSN of its first record
	last  uint64 // LSN of its last record, first-1 when empty
	size  int64
	salt  uint64
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

// createSegment makes a new file.
func createSegment(dir, path string, first uint64, wrap func(file) file) (*segment, error) {
	opened, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return beginSegment(dir, path, first, wrap(dataFile{opened}))
}

// beginSegment makes a header and the file's directory entry durable before anything is behind it.
func beginSegment(dir, path string, first uint64, f file) (*segment, error) {
	s := &segment{file: f, path: path, first: first, last: first - 1}
	if err := s.writeHeader(); err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return s, syncDir(dir)
}

func (s *segment) writeHeader() error {
	var salt [8]byte
	rand.Read(salt[:])
	header := append([]byte(magic), salt[:]...)
	header = binary.LittleEndian.AppendUint64(header, s.first)
	header = binary.LittleEndian.AppendUint32(header, crc32.Checksum(header, castagnoli()))
	if _, err := s.file.WriteAt(header, 0); err != nil {
		return err
	}
	s.adopt(header)
	return s.file.Sync()
}

func (s *segment) adopt(header []byte) {
	s.salt = binary.LittleEndian.Uint64(header[8:])
	s.first = binary.LittleEndian.Uint64(header[16:])
	s.last = s.first - 1
	s.chain = crc32.Checksum(header, castagnoli())
	s.size = headerBytes
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

// openSegment reads a file's header; a file too short for one is an empty tail.
func openSegment(path string) (*segment, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	header := make([]byte, headerBytes)
	_, err = f.ReadAt(header, 0)
	sum := crc32.Checksum(header[:headerBytes-4], castagnoli())
	if err != nil || string(header[:8]) != magic || binary.LittleEndian.Uint32(header[headerBytes-4:]) != sum {
		f.Close()
		return nil, errTail
	}
	s := &segment{file: f, path: path}
	s.adopt(header)
	return s, nil
}

// each calls fn for every valid record, and leaves size, last and chain behind the last.
func (s *segment) each(fn func(lsn uint64, payload []byte) error) error {
	in := io.NewSectionReader(s.file, headerBytes, 1<<62)
	for {
		lsn, payload, chain, err := readFrame(in, s.chain)
		if err == errTail {
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
	paths, err := filepath.Glob(filepath.Join(dir, "journal-*.log"))
	sort.Strings(paths)
	return paths, err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// damaged is the refusal to open a journal with a hole in it.
func damaged(path string, want, got uint64) error {
	return &store.Error{Code: store.CodeDamaged, Message: fmt.Sprintf(
		"the journal has a hole: %s begins at record %d where %d was expected; restore the missing file or remove it and what follows to lose those writes", path, got, want)}
}
