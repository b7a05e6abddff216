package shard

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"larder/disk"
	"larder/store"
	"larder/store/wal"
)

// ErrInjected is what a failing file answers.
var ErrInjected = errors.New("injected failure")

// Faults makes the log's files fail on demand. Set the fields between calls only.
type Faults struct {
	Writes    bool // writes fail after half their bytes
	Truncates bool
	Syncs     bool
}

// MemtableBytes is what a shard's layers take.
func MemtableBytes(s *Shard) int64 { return s.present().Bytes() + s.present().FrozenBytes() }

// WithFaults wires faults into an engine's options.
func WithFaults(o Options, f *Faults) Options {
	o.test = func(l *wal.Options) { l.Wrap = func(under disk.File) disk.File { return &faulty{under, f} } }
	return o
}

// WithSteps has fn told of every step at which a crash may fall. Segments are short, so that
// the log rolls and uses files again.
func WithSteps(o Options, fn func(name string)) Options {
	o.test = func(l *wal.Options) { l.Step, l.SegmentBytes = fn, 1<<10 }
	return o
}

type faulty struct {
	disk.File
	faults *Faults
}

func (f *faulty) WriteAt(b []byte, at int64) (int, error) {
	if !f.faults.Writes {
		return f.File.WriteAt(b, at)
	}
	half := len(b) / 2
	if at == 0 {
		half = 0 // a header lies in one sector
	}
	n, _ := f.File.WriteAt(b[:half], at)
	return n, ErrInjected
}

func (f *faulty) Truncate(n int64) error {
	if f.faults.Truncates {
		return ErrInjected
	}
	return f.File.Truncate(n)
}

func (f *faulty) Sync() error {
	if f.faults.Syncs {
		return ErrInjected
	}
	return f.File.Sync()
}

// WithHeldSyncs has every fsync after the log is open wait for gate to be closed, and tells of each record that is appended.
func WithHeldSyncs(o Options, gate <-chan struct{}, appended chan<- struct{}) Options {
	o.test = func(l *wal.Options) {
		opened := &atomic.Bool{}
		l.Wrap = func(under disk.File) disk.File { return &held{under, gate, opened} }
		l.Step = func(name string) {
			if name == "before publish" {
				opened.Store(true)
				appended <- struct{}{}
			}
		}
	}
	return o
}

type held struct {
	disk.File
	gate   <-chan struct{}
	opened *atomic.Bool
}

func (h *held) Sync() error {
	if h.opened.Load() {
		<-h.gate
	}
	return h.File.Sync()
}

// WithShortSegments makes the log roll and use files again within a few records.
func WithShortSegments(o Options) Options {
	before := o.test
	o.test = func(l *wal.Options) {
		l.SegmentBytes = 1 << 10
		if before != nil {
			before(l)
		}
	}
	return o
}

// WithFullDisk has the log's files take no more than they have blocks for while full is set.
func WithFullDisk(o Options, full *atomic.Bool) Options {
	o.test = func(l *wal.Options) {
		l.Wrap = func(under disk.File) disk.File { return &crowded{under.(statted), full} }
	}
	return o
}

type crowded struct {
	statted
	full *atomic.Bool
}

// statted is a file of the operating system's.
type statted interface {
	disk.File
	Stat() (os.FileInfo, error)
	Name() string
}

func (c *crowded) WriteAt(b []byte, at int64) (int, error) {
	info, err := c.Stat()
	if err == nil && c.full.Load() && at+int64(len(b)) > info.Size() {
		return 0, &os.PathError{Op: "write", Path: c.Name(), Err: syscall.ENOSPC}
	}
	return c.statted.WriteAt(b, at)
}

// Moment is how many times something had become visible when a transaction began. A View has no turn among the writers,
// nor has what is staged before it is published.
func Moment(tx store.Tx) (moment uint64, turn bool) {
	t := tx.(*Tx)
	switch s := t.shards.(type) {
	case *view:
		return s.moment, false
	case *staging:
		return s.view.moment, false
	}
	return t.order.moment.Load(), true
}

// Waiting is the number of tickets in the line.
func (o *Order) Waiting() int {
	o.line.mu.Lock()
	defer o.line.mu.Unlock()
	return len(o.line.waiting)
}
