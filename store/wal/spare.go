package wal

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// One used-up segment file is kept and used again. Its blocks are there already, so a record written into
// it changes nothing in the file system's own books, and an fsync takes about half as long. What stands in
// it from before never validates, as each use has a salt of its own; and were its new header lost, the
// old one would name another file.

// spareName is not among the names that recovery reads.
const spareName = "spare-segment"

func (l *Log) sparePath() string { return filepath.Join(l.dir, spareName) }

// retire keeps a segment's file for later, or deletes it: if there is one already, if it is not of full
// length, if the disk is full, or if an fsync of it has failed, after which its pages mean nothing. The caller holds mu.
func (l *Log) retire(s *segment) {
	if l.spare == nil && l.short == nil && s.size > l.segmentBytes && !s.suspect && l.files.Rename(s.path, l.sparePath()) == nil {
		l.spare = s.file
		return
	}
	s.file.Close()
	l.files.Remove(s.path)
}

// create makes the next segment, in the spare file if there is one. The caller holds mu.
func (l *Log) create(first uint64) (*segment, error) {
	l.number++
	path := segmentPath(l.dir, l.number)
	if f := l.spare; f != nil {
		l.spare = nil
		if err := l.files.Rename(l.sparePath(), path); err == nil {
			l.step("before the header of a used segment")
			return beginSegment(l.files, path, newHeader(l.number, first, true), f)
		}
		f.Close()
	}
	f, err := l.files.Create(path)
	if err != nil {
		return nil, err
	}
	return beginSegment(l.files, path, newHeader(l.number, first, false), l.wrap(f))
}

// dropSpare removes the spare file, of this run or of an earlier one.
func (l *Log) dropSpare() error {
	if l.spare != nil {
		l.spare.Close()
		l.spare = nil
	}
	if err := l.files.Remove(l.sparePath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
