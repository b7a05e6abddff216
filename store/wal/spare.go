package wal

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
)

// One used-up segment file is kept and used again. Its blocks are there already, so a record written into
// it changes nothing in the file system's own books, and an fsync takes about half as long. What stands in
// it from before never validates, as each use has a salt of its own; and were its new header lost, the
// old one would name another file.

// spareName is not among the names that recovery reads.
const spareName = "spare-segment"

// spareLooks is how many calls of rest without a new segment tell that no spare file is needed.
const spareLooks = 3

// spare is the file and its length. For the holder of Log.mu.
type spare struct {
	file  file // nil without one
	bytes int64
}

func (l *Log) sparePath() string { return filepath.Join(l.dir, spareName) }

// retire keeps a segment's file for later, or deletes it: see reusable. The caller holds mu.
func (l *Log) retire(s *segment) {
	if l.reusable(s) && l.files.Rename(s.path, l.sparePath()) == nil {
		l.spare = spare{s.file, s.size}
		return
	}
	s.file.Close()
	l.files.Remove(s.path)
}

// reusable reports whether a segment's file may be the spare one: not if there is one already, if it is not of full
// length or of more than twice that, as one great record makes it, if the disk is full, or if an fsync of it has
// failed, after which its pages mean nothing.
func (l *Log) reusable(s *segment) bool {
	return l.spare.file == nil && l.short == nil && s.size > l.segmentBytes && s.size <= 2*l.segmentBytes && !s.suspect
}

// create makes the next segment, in the spare file if there is one. The caller holds mu.
func (l *Log) create(first uint64) (*segment, error) {
	l.number++
	path := segmentPath(l.dir, l.number)
	if f := l.spare.file; f != nil {
		l.spare = spare{}
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
	if l.spare.file != nil {
		l.spare.file.Close()
		l.spare = spare{}
	}
	if err := l.files.Remove(l.sparePath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Rest gives the disk back what a log that hardly grows does not need: the spare file, and once nothing is written and
// all is settled the segment. It is called about once a second.
func (l *Log) Rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	still := l.next == l.seen
	l.seen = l.next
	if l.calm++; l.calm <= spareLooks {
		return
	}
	if l.spare.file != nil {
		_ = l.dropSpare() // what cannot be removed is tried again at the next start
	}
	if still {
		l.restart()
	}
}

// restBytes is the length of a segment that is not worth a new one, unless it has all the length it may have.
const restBytes = 1 << 20

// restart goes on in a new file if no record of the log is needed and the present one is long. The caller holds mu.
func (l *Log) restart() {
	s := l.segments[len(l.segments)-1]
	if l.broken != nil || l.short != nil || s.size <= min(restBytes, l.segmentBytes) || s.last > slices.Min(l.settled) ||
		l.roll() != nil {
		return // a failed roll leaves the log as it was, or broken, which the next writer mends
	}
	l.reap()
	_ = l.dropSpare() // as above
}
