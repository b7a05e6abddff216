package wal

import "larder/disk"

// SegmentMax is the size past which the log goes on in a new file, in bytes, unless Options.SegmentBytes says another.
const SegmentMax = 64 << 20

// Options are what a Log is made with; the zero value is usable.
type Options struct {
	// SegmentBytes is the size past which the log goes on in a new file. 0 means SegmentMax.
	SegmentBytes int64
	// Files are what the log does with its files; nil means the operating system's.
	Files disk.Files
	// Wrap and Step are for tests: one gets between the log and its files, the other is told of each step at which a
	// crash may fall.
	Wrap func(disk.File) disk.File
	Step func(name string)
}

// New makes the log in dir for so many shards. Before records are appended, those that are there are recovered, and
// the log begins.
func New(dir string, shards int, o Options) *Log {
	l := &Log{dir: dir, files: o.Files, segmentBytes: o.SegmentBytes, rolled: make(chan struct{}, 1),
		settled: make([]uint64, shards), wrap: o.Wrap, step: o.Step}
	if l.files == nil {
		l.files = disk.OS{}
	}
	if l.segmentBytes <= 0 {
		l.segmentBytes = SegmentMax
	}
	if l.wrap == nil {
		l.wrap = func(f file) file { return f }
	}
	if l.step == nil {
		l.step = func(string) {}
	}
	return l
}
