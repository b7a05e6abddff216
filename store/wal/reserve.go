package wal

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// What frees space needs space first: a DEL or a FLUSHALL a record, and the data files room in their own logs before
// the journal may forget the records in front. So two files keep blocks for it. The first becomes a segment that takes
// no more than records which free; the second is deleted for the data files. Until both are there again no record is
// taken that would need more space, or the busiest writer would take all the space that deleting frees.

const (
	// reserveSegment and reserveSpace are the two files; their names are not among those that recovery reads.
	reserveSegment = "reserve-segment"
	reserveSpace   = "reserve-space"
	// segmentReserve and spaceReserve are their sizes in bytes.
	segmentReserve = 1 << 20
	spaceReserve   = 4 << 20
)

// Demand is what a record asks of a disk that is full.
type Demand uint8

const (
	Frees   Demand = iota // it may use the reserve
	Empties               // it may use the end of the reserve too
	Grows                 // it has to wait until there is space
)

// emptiesReserve is what only flushes take of the reserve, in bytes.
const emptiesReserve = 16 << 10

// isFull reports whether an error says that the file system has no room.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// Stock makes the reserves again that are missing. While it cannot, Short says why. It is called at the start and every
// second.
func (l *Log) Stock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.short != nil || l.reserve == nil {
		l.stockNow()
	}
}

// stockNow is Stock for the holder of mu.
func (l *Log) stockNow() {
	l.turnOver()
	if l.short = l.restock(); l.short != nil {
		l.short = ioError("the reserves for a full disk cannot be made", l.short)
	}
}

// turnOver goes on in the reserve if no shard needs a record of the present segment: then its file can go.
func (l *Log) turnOver() {
	s := l.segments[len(l.segments)-1]
	if l.broken == nil && s.held == 0 && s.size > segmentReserve && s.last <= slices.Min(l.settled) &&
		l.makeRoom(l.short, Empties) {
		l.reap()
	}
}

// restock: see Stock. A segment that was a reserve ends here.
func (l *Log) restock() error {
	if err := allocate(filepath.Join(l.dir, reserveSpace), spaceReserve); err != nil {
		return err
	}
	if l.reserve == nil {
		path := filepath.Join(l.dir, reserveSegment)
		if err := allocate(path, segmentReserve); err != nil {
			return err
		}
		f, err := l.files.Open(path)
		if err != nil {
			return err
		}
		l.reserve = l.wrap(f)
	}
	if l.broken == nil && l.segments[len(l.segments)-1].held > 0 {
		if err := l.roll(); err != nil {
			return err
		}
		l.reap()
	}
	return nil
}

// allocate makes a file that has all its blocks, unless it is there. One that is too short goes.
func allocate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != size {
		err = errors.Join(f.Truncate(0), fillFile(f, size))
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		os.Remove(path)
	}
	return err
}

// zeros fills a file where the system cannot allocate.
func zeros(f *os.File, size int64) error {
	piece := make([]byte, 1<<16)
	for at := int64(0); at < size; at += int64(len(piece)) {
		if _, err := f.WriteAt(piece[:min(int64(len(piece)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

// refusal is why a record cannot be taken while reserves are missing, nil if it can. The caller holds mu.
func (l *Log) refusal(d Demand, size int) error {
	s := l.segments[len(l.segments)-1]
	left := s.held - s.size - int64(size)
	if d == Frees {
		left -= emptiesReserve
	}
	switch {
	case d == Grows:
		return l.short
	case s.held > 0 && left < 0:
		return &os.PathError{Op: "write", Path: s.path, Err: syscall.ENOSPC}
	}
	return nil
}

// makeRoom goes on in a file that has its blocks, after a write has found none: a used-up one, or for a record that
// frees the reserve. The caller holds mu.
func (l *Log) makeRoom(cause error, d Demand) bool {
	held := int64(0)
	if l.spare.file == nil {
		if d == Grows || l.reserve == nil || l.files.Rename(filepath.Join(l.dir, reserveSegment), l.sparePath()) != nil {
			return false
		}
		l.spare, l.reserve, held = spare{l.reserve, segmentReserve}, nil, segmentReserve
		l.short = ioError("the journal cannot be written", cause)
	}
	if l.roll() != nil {
		return false
	}
	l.segments[len(l.segments)-1].held = held
	return true
}

// GiveSpace leaves the second reserve to the data files.
func (l *Log) GiveSpace(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.files.Remove(filepath.Join(l.dir, reserveSpace)) == nil {
		l.short = ioError("the data files cannot be written", cause)
	}
}

// Short is why no record is taken that needs more space, nil if all are.
func (l *Log) Short() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.short
}
