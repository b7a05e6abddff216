package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"larder/store"
)

// aside is what the name of a segment that cannot be replayed ends with when it is put aside.
const aside = ".aside"

// Check reads the journal in dir, which nobody has open, as Open would, and changes nothing. With fix,
// what Open would refuse or throw away is put aside: renamed, never deleted. A torn record at the very
// end is no finding: it was not acknowledged, or the power went before it was synced.
func Check(dir string, fix bool) ([]store.Finding, error) {
	paths, err := listSegments(dir)
	if err != nil {
		return nil, ioError("the journal cannot be listed", err)
	}
	c := check{fix: fix}
	for i, path := range paths {
		if err := c.segment(path, i == len(paths)-1); err != nil {
			return c.found, err
		}
	}
	return c.found, nil
}

// SetAside renames all segments, so that the server starts from what the shards have settled. It is for a journal that
// does not fit the shards.
func SetAside(dir string) ([]string, error) {
	paths, err := listSegments(dir)
	for _, path := range paths {
		err = errors.Join(err, os.Rename(path, path+aside))
	}
	return paths, errors.Join(err, syncDir(dir))
}

// check is one reading of a journal. It belongs to its goroutine.
type check struct {
	fix      bool
	expected uint64 // LSN of the next record, 0 before the first
	holed    bool   // records before this segment are missing
	found    []store.Finding
}

func (c *check) report(path, problem, repair string, mend func() error) error {
	f := store.Finding{Shard: -1, Subject: "journal segment " + filepath.Base(path), Problem: problem, Repair: repair}
	var err error
	if c.fix {
		err = mend()
		f.Fixed = err == nil
	}
	c.found = append(c.found, f)
	return err
}

func (c *check) segment(path string, last bool) error {
	putAside := func() error { return os.Rename(path, path+aside) }
	const kept = "it is renamed to end with " + aside + ": its writes are not replayed"
	s, err := openSegment(path)
	if errors.Is(err, errTail) {
		if info, err := os.Stat(path); err != nil || info.Size() < headerBytes {
			return err // the crash came while it was made
		}
		return c.report(path, "has an unreadable header", kept, putAside)
	}
	if err != nil {
		return ioError("a segment cannot be read", err)
	}
	defer s.file.Close()
	if c.holed || c.expected != 0 && s.first > c.expected {
		problem := fmt.Sprintf("begins at record %d where %d was expected: records between are missing", s.first, c.expected)
		if c.holed {
			problem = "comes behind missing records"
		}
		c.holed = true
		return c.report(path, problem, kept, putAside)
	}
	if err := s.each(func(lsn uint64, _ []byte) error { c.expected = max(c.expected, lsn+1); return nil }); err != nil {
		return ioError("a segment cannot be read", err)
	}
	c.expected = max(c.expected, s.first)
	rest, err := s.unread()
	if err != nil || rest == 0 {
		return err
	}
	return c.report(path, fmt.Sprintf("has %d bytes behind record %d that are no records", rest, s.last),
		"a copy that ends with "+aside+" is kept, and the records before them are replayed", func() error { return copyFile(path, path+aside) })
}

// unread is how many bytes lie behind the last record that are more than a record that was cut off: a
// record that is whole and wrong, or something behind one.
func (s *segment) unread() (int64, error) {
	in := io.NewSectionReader(s.file, s.size, math.MaxInt64-s.size)
	rest, err := io.Copy(io.Discard, in)
	if err != nil || rest < frameBytes {
		return 0, err
	}
	var head [frameBytes]byte
	if _, err := s.file.ReadAt(head[:], s.size); err != nil {
		return 0, err
	}
	if n := int64(binary.LittleEndian.Uint32(head[:])); head == [frameBytes]byte{} || frameBytes+n > rest {
		return 0, nil
	}
	return rest, nil
}

func copyFile(from, to string) error {
	content, err := os.Open(from)
	if err != nil {
		return err
	}
	defer content.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Sync(), out.Close())
}
