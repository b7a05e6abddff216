package wal

import (
	"errors"
	"io/fs"
	"math"
)

// Recover calls replay with all records in order, and answers the LSN behind them, 0 without a segment. A segment is
// synced before its records are told: after kill -9 what it holds may still be on its way to the disk, and nobody must
// get ahead of it.
func (l *Log) Recover(replay func(lsn uint64, payload []byte) error) (next uint64, err error) {
	if l.old, err = listSegments(l.dir); err != nil {
		return 0, err
	}
	l.trust(math.MaxUint64)
	read := sequence{}
	for _, path := range l.old {
		if l.number, err = segmentNumber(path); err == nil {
			err = l.recoverSegment(path, &read, replay)
		}
		if err != nil {
			return 0, refusal(err)
		}
	}
	return read.expected, nil
}

// recoverSegment replays one file.
func (l *Log) recoverSegment(path string, read *sequence, replay func(lsn uint64, payload []byte) error) error {
	s, err := openSegment(l.files, path)
	if errors.Is(err, errUnbegun) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.file.Close()
	if err := s.file.Sync(); err != nil {
		return ioError("the journal cannot be synced", err)
	}
	switch left, m := read.admit(s); {
	case left:
		return nil
	case m != nil:
		return m
	}
	return read.follow(s, replay)
}

// Begin has the log go on with the record next, in a fresh segment, and deletes the segments that were recovered:
// nothing in them is needed any more.
func (l *Log) Begin(next uint64) error {
	if err := l.beginFresh(next); err != nil {
		return err
	}
	for _, path := range l.old {
		if err := l.files.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	l.old = nil
	err := l.dropSpare()
	l.Stock()
	return err
}
