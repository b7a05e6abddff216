package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"larder/disk"
	"larder/store"
)

// aside is what the name of a segment that cannot be replayed ends with when it is put aside.
const aside = ".aside"

// Check reads the journal in dir, which must not be open, as Recover would, and changes nothing. With fix, what
// Recover would refuse or throw away is put aside: renamed, never deleted. A torn record at the very end is no
// finding: it was not acknowledged, or the power went before it was synced.
func Check(dir string, fix bool) ([]store.Finding, error) {
	paths, err := listSegments(dir)
	if err != nil {
		return nil, ioError("the journal cannot be listed", err)
	}
	c := check{fix: fix}
	for _, path := range paths {
		if err = c.segment(path); err != nil {
			break
		}
	}
	if fix && len(c.found) > 0 {
		err = errors.Join(err, disk.OS{}.SyncDir(dir))
	}
	return c.found, err
}

// SetAside renames all segments, so that the server starts from what the shards have settled. It is for a journal that
// does not fit the shards.
func SetAside(dir string) ([]string, error) {
	paths, err := listSegments(dir)
	for _, path := range paths {
		err = errors.Join(err, os.Rename(path, path+aside))
	}
	return paths, errors.Join(err, disk.OS{}.SyncDir(dir))
}

// check is one reading of a journal. It belongs to its goroutine.
type check struct {
	fix     bool
	read    sequence
	earlier []sequence // before each segment that was admitted
	holed   bool       // records before this segment are missing
	found   []store.Finding
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

// putAside reports a segment that is not replayed.
func (c *check) putAside(m *misfit) error {
	return c.report(m.path, m.problem, "it is renamed to end with "+aside+": its writes are not replayed",
		func() error { return os.Rename(m.path, m.path+aside) })
}

func (c *check) segment(path string) error {
	s, err := openSegment(disk.OS{}, path)
	var m *misfit
	switch {
	case errors.Is(err, errUnbegun):
		return nil // the crash came while it was made
	case errors.As(err, &m):
		return c.putAside(m)
	case err != nil:
		return err
	}
	defer s.file.Close()
	if admitted, err := c.admit(s); !admitted {
		return err
	}
	if err := c.read.follow(s, func(uint64, []byte) error { return nil }); err != nil {
		return ioError("a segment cannot be read", err)
	}
	rest, err := s.unread()
	if err != nil || rest == 0 {
		return err
	}
	return c.report(path, fmt.Sprintf("has %d bytes behind record %d that are no records", rest, s.last),
		"a copy that ends with "+aside+" is kept, and the records before them are replayed", func() error {
			return copyFile(path, path+aside)
		})
}

// admit reports a segment that does not follow, or the one before it, if that is the one that does not belong.
func (c *check) admit(s *segment) (admitted bool, err error) {
	if c.holed {
		return false, c.putAside(&misfit{s.path, "comes behind missing records"})
	}
	was := c.read
	left, m := c.read.admit(s)
	switch {
	case left:
		return false, nil
	case m == nil:
		c.earlier = append(c.earlier, was)
		return true, nil
	case m.path == s.path:
		c.holed = s.first > c.read.expected
		return false, c.putAside(m)
	}
	if err := c.putAside(m); err != nil {
		return false, err
	}
	last := len(c.earlier) - 1
	c.read, c.earlier = c.earlier[last], c.earlier[:last]
	return c.admit(s)
}

// unread is how many bytes lie behind the last record that are more than a record that was cut off: a
// record that is whole and wrong, or something behind one. In a file that was used before, a record that was cut off
// ends in what stood there, so that only a record behind it shows that it was whole.
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
	n := int64(binary.LittleEndian.Uint32(head[:]))
	switch {
	case head == [frameBytes]byte{} || frameBytes+n > rest:
		return 0, nil
	case s.used && !s.goesOn(s.size+frameBytes+n):
		return 0, nil
	}
	return rest, nil
}

// goesOn reports whether the record after the next one begins at a place.
func (s *segment) goesOn(at int64) bool {
	var head [frameBytes]byte
	_, err := s.file.ReadAt(head[:], at)
	return err == nil && binary.LittleEndian.Uint64(head[8:]) == s.last+2
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
