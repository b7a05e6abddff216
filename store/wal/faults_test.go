package wal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"larder/disk"
	"larder/store"
)

var errInjected = errors.New("injected failure")

// faults are what the files of a log answer. They are set between calls, and belong to the test's goroutine.
type faults struct {
	write    error // writes answer it after half of their bytes
	truncate error
	sync     error
	full     bool // files take no more than they have blocks for
	syncs    int  // that succeeded
}

// flawed is a file with faults.
type flawed struct {
	disk.File
	*faults
	blocks int64
}

func (f *flawed) WriteAt(b []byte, at int64) (int, error) {
	if f.full && at+int64(len(b)) > f.blocks {
		return 0, syscall.ENOSPC
	}
	if f.write != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], at)
		return n, f.write
	}
	f.blocks = max(f.blocks, at+int64(len(b)))
	return f.File.WriteAt(b, at)
}

func (f *flawed) Truncate(n int64) error {
	if f.truncate != nil {
		return f.truncate
	}
	return f.File.Truncate(n)
}

func (f *flawed) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	f.syncs++
	return f.File.Sync()
}

// fixture is a log over flawed files, and what was acknowledged of it.
type fixture struct {
	*testing.T
	*Log
	fail  faults
	dir   string
	acked []string
}

func begin(t *testing.T, o Options) *fixture {
	t.Helper()
	f := &fixture{T: t, dir: t.TempDir()}
	o.Wrap = func(under disk.File) disk.File {
		file := &flawed{File: under, faults: &f.fail}
		if s, ok := under.(interface{ Stat() (os.FileInfo, error) }); ok {
			if info, err := s.Stat(); err == nil {
				file.blocks = info.Size()
			}
		}
		return file
	}
	f.Log = New(f.dir, 2, o)
	if _, err := f.Recover(func(uint64, []byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := f.Begin(1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.fail = faults{}; f.Log.Close() })
	return f
}

// put appends a record of some bytes.
func (f *fixture) put(bytesLong int) error {
	payload := bytes.Repeat([]byte{byte('a' + len(f.acked)%26)}, bytesLong)
	lsn, err := f.Append(payload, Grows)
	if err == nil {
		f.acked = append(f.acked, fmt.Sprint(lsn, string(payload)))
	}
	return err
}

// wantAll recovers a copy of the directory, as a crash leaves it, and compares with what was acknowledged from a record on.
func (f *fixture) wantAll(from int) {
	f.Helper()
	dir := f.TempDir()
	if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil {
		f.Fatal(err)
	}
	var got []string
	_, err := New(dir, 2, Options{}).Recover(func(lsn uint64, payload []byte) error {
		got = append(got, fmt.Sprint(lsn, string(payload)))
		return nil
	})
	if err != nil || !slices.Equal(got, f.acked[from:]) {
		f.Errorf("after a crash %d records are read, want %d: %v", len(got), len(f.acked)-from, err)
	}
}

func (f *fixture) wantCode(err error, code store.Code) {
	f.Helper()
	if !errors.Is(err, &store.Error{Code: code}) {
		f.Errorf("%v, want code %v", err, code)
	}
}

func (f *fixture) segmentFiles() int {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(f.dir, "journal-*.log"))
	if err != nil {
		f.Fatal(err)
	}
	return len(paths)
}

// A write that fails in its middle is cut off, and the log goes on behind the last good record, in the same file.
func TestShortWriteIsCutOff(t *testing.T) {
	f := begin(t, Options{})
	for range 3 {
		if err := f.put(100); err != nil {
			t.Fatal(err)
		}
	}
	f.fail.write = errInjected
	f.wantCode(f.put(100), store.CodeIO)
	f.fail.write = nil
	if _, _, broken := f.Safety(); broken {
		t.Error("a write that was cut off breaks the log")
	}
	if err := f.put(50); err != nil {
		t.Fatal(err)
	}
	f.wantAll(0)
	if n := f.segmentFiles(); n != 1 {
		t.Errorf("%d segments, want 1", n)
	}
}

// What can be neither written nor cut off breaks the log: it goes on in a new segment, which holds again what was not
// synced, and is synced before anything else.
func TestLogGoesOnElsewhere(t *testing.T) {
	f := begin(t, Options{})
	for range 3 {
		if err := f.put(100); err != nil {
			t.Fatal(err)
		}
	}
	f.fail.write, f.fail.truncate = errInjected, errInjected
	f.wantCode(f.put(100), store.CodeIO)
	f.wantCode(f.put(100), store.CodeIO) // nor can the new segment be made
	if unsynced, _, broken := f.Safety(); !broken || unsynced != 3 {
		t.Errorf("broken %v with %d records unsynced", broken, unsynced)
	}
	f.AwaitSync(3) // returns: reads go on
	f.fail = faults{}
	if err := f.put(50); err != nil {
		t.Fatal(err)
	}
	if unsynced, _, broken := f.Safety(); broken || unsynced != 1 {
		t.Errorf("broken %v with %d records unsynced, after the log went on", broken, unsynced)
	}
	f.wantAll(0)
	if n := f.segmentFiles(); n != 2 {
		t.Errorf("%d segments, want 2", n)
	}
}

// After an fsync that failed the pages of its file mean nothing: the records since the one before lie in a new segment, and
// the old file's descriptor is not synced again.
func TestFailedSyncIsNotTriedAgain(t *testing.T) {
	f := begin(t, Options{})
	if err := f.put(10); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(1); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.put(20), f.put(30)); err != nil {
		t.Fatal(err)
	}
	f.fail.sync = errInjected
	f.wantCode(f.Sync(3), store.CodeIO)
	f.wantCode(f.Sync(3), store.CodeIO) // what mends it cannot be synced either
	if n := f.segmentFiles(); n != 1 {
		t.Errorf("%d segments: one that could not be synced is left", n)
	}
	f.fail = faults{}
	f.AwaitSync(3) // returns without an fsync: the log is broken until somebody writes
	if f.fail.syncs != 0 {
		t.Errorf("%d fsyncs for a reader of a broken log", f.fail.syncs)
	}
	if err := f.Sync(3); err != nil {
		t.Fatal(err)
	}
	if unsynced, at, broken := f.Safety(); broken || unsynced != 0 || at.IsZero() {
		t.Errorf("broken %v, %d unsynced, safe at %v", broken, unsynced, at)
	}
	if f.segments[0].suspect != true || f.segmentFiles() != 2 {
		t.Errorf("the old segment is trusted, among %d", f.segmentFiles())
	}
	f.wantAll(0)
	f.AwaitSync(3)
	if appends, syncs, took := f.Work(); appends != 3 || syncs != 3 || took < 0 {
		t.Errorf("%d appends, %d fsyncs in %v", appends, syncs, took)
	}
}

// A roll that cannot sync the segment it leaves breaks the log, and mending it loses nothing.
func TestRollThatCannotSync(t *testing.T) {
	f := begin(t, Options{SegmentBytes: 200})
	if err := f.put(300); err != nil {
		t.Fatal(err)
	}
	f.fail.sync = errInjected
	f.wantCode(f.put(10), store.CodeIO)
	f.fail.sync = nil
	if err := f.put(10); err != nil {
		t.Fatal(err)
	}
	f.wantAll(0)
}

// A used-up segment becomes the spare file and then a segment again. What is settled is deleted, and what a shard still
// needs is not.
func TestSegmentsAreUsedAgain(t *testing.T) {
	var steps []string
	f := begin(t, Options{SegmentBytes: 1 << 20, Step: func(name string) { steps = append(steps, name) }})
	f.SetSegmentBytes(1000)
	if f.SegmentBytes() != 1000 {
		t.Fatal("a segment keeps its length")
	}
	fill := func() {
		for range 4 {
			if err := f.put(400); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill()
	<-f.Rolled()
	if n := f.segmentFiles(); n != 2 {
		t.Fatalf("%d segments, want 2", n)
	}
	f.Settled(0, 4)
	if f.segmentFiles() != 2 || !f.HeldUp(1, 0) || f.HeldUp(0, 0) || f.HeldUp(1, 1<<20) {
		t.Error("a segment goes that a shard needs, or it is not told which one holds it up")
	}
	f.wantAll(0)
	f.Settled(1, 3)
	if f.segmentFiles() != 1 || f.spare.file == nil {
		t.Errorf("%d segments, spare %v", f.segmentFiles(), f.spare.file)
	}
	if n := f.Bytes(); n < 1200 || n > 3000 {
		t.Errorf("the log has %d bytes", n)
	}
	fill()
	if f.spare.file != nil || !slices.Contains(steps, "before the header of a used segment") {
		t.Error("the spare file is not used again")
	}
	f.wantAll(3)
}

// A log that rests gives back the spare file, and then its long segment.
func TestRestGivesBack(t *testing.T) {
	f := begin(t, Options{SegmentBytes: 1000})
	for range 6 {
		if err := f.put(400); err != nil {
			t.Fatal(err)
		}
	}
	f.Settled(0, 6)
	f.Settled(1, 6)
	long := f.segments[0].size
	for range spareLooks + 2 {
		f.Rest()
	}
	if f.spare.file != nil || f.segmentFiles() != 1 || f.segments[0].size >= long {
		t.Errorf("a log at rest keeps %d segments of %d bytes and a spare %v", f.segmentFiles(), f.segments[0].size, f.spare.file)
	}
	if err := f.put(10); err != nil {
		t.Fatal(err)
	}
	f.wantAll(6)
}

// Without blocks nothing that grows is taken, what frees space goes into the reserve, and once there are blocks again
// both reserves are made before anything grows.
func TestReserves(t *testing.T) {
	f := begin(t, Options{})
	if err := f.put(10); err != nil {
		t.Fatal(err)
	}
	f.fail.full = true
	f.wantCode(f.put(10), store.CodeFull)
	if f.Short() == nil {
		t.Error("a log without room does not say so")
	}
	for i := range 3 {
		payload := fmt.Sprint("frees", i)
		lsn, err := f.Append([]byte(payload), Frees)
		if err != nil {
			t.Fatal(err)
		}
		f.acked = append(f.acked, fmt.Sprint(lsn, payload))
	}
	f.wantAll(0)
	if _, err := os.Stat(filepath.Join(f.dir, reserveSegment)); err == nil {
		t.Error("the reserve was not used")
	}
	_, err := f.Append(make([]byte, segmentReserve), Frees)
	f.wantCode(err, store.CodeFull)
	f.GiveSpace(syscall.ENOSPC)
	if _, err := os.Stat(filepath.Join(f.dir, reserveSpace)); err == nil {
		t.Error("the files did not get their reserve")
	}
	f.fail.full = false
	f.wantCode(f.put(10), store.CodeFull)
	f.Stock()
	if err := f.Short(); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int64{reserveSegment: segmentReserve, reserveSpace: spaceReserve} {
		if info, err := os.Stat(filepath.Join(f.dir, name)); err != nil || info.Size() != size {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if err := f.put(10); err != nil {
		t.Fatal(err)
	}
	f.wantAll(0)
}

// On a full disk a long segment that nobody needs gives way to the reserve, so that its file can go.
func TestFullLogLetsGoOfItsSegment(t *testing.T) {
	f := begin(t, Options{})
	for range 3 {
		if err := f.put(segmentReserve / 2); err != nil {
			t.Fatal(err)
		}
	}
	f.fail.full = true
	f.Settled(0, 3)
	f.wantCode(f.put(10), store.CodeFull)
	f.Stock()
	if n := f.Bytes(); n < segmentReserve {
		t.Errorf("a shard needs records that are gone: %d bytes are left", n)
	}
	f.Settled(1, 3)
	f.wantCode(f.put(10), store.CodeFull)
	f.Stock()
	if n, files := f.Bytes(), f.segmentFiles(); n >= segmentReserve || files != 1 {
		t.Errorf("the log keeps %d bytes that nobody needs, in %d segments", n, files)
	}
	f.fail.full = false
	f.Stock()
	if err := f.put(10); err != nil {
		t.Fatal(err)
	}
	f.wantAll(3)
}

// A file of zeros is what a reserve is where the system cannot allocate.
func TestZeros(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zeros")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const size = 1<<16 + 7
	if err := zeros(file, size); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, make([]byte, size)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := zeros(file, -1); err != nil {
		t.Error(err)
	}
	closed, _ := os.Open(path)
	if zeros(closed, size) == nil { // it is open for reading alone
		t.Error("a file that cannot be written is filled")
	}
	if fillFile(closed, size) == nil {
		t.Error("a file that cannot be written is allocated")
	}
	closed.Close()
	if fillFile(closed, size) == nil {
		t.Error("a closed file is allocated")
	}
}
