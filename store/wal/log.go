package wal

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"larder/disk"
	"larder/store"
)

// Log is one sequence of records for all shards. What is in a record is its writer's. For any goroutine.
type Log struct {
	dir   string
	files disk.Files
	old   []string // the segments that were recovered, until the log begins

	mu       sync.Mutex
	segments []*segment // oldest first; records go into the last
	next     uint64     // LSN of the next record
	number   uint64     // of the next segment file
	spare    spare      // see spare.go
	reserve  file       // see reserve.go; nil while it is in use, or cannot be made
	short    error      // why no record is taken that needs more space
	// segmentBytes is the length of a segment, but for the record that passes it.
	segmentBytes int64
	rolled       chan struct{} // told of each new segment, unless it has not been heard of the one before
	calm         int           // calls of rest since the last new segment
	seen         uint64        // next at the last call of rest
	buf          []byte
	// unsynced are the records since the last successful fsync: after a failed one the old
	// file may have lost them, so they are written again elsewhere.
	unsynced kept
	broken   error // why nothing can be written now
	settled  []uint64

	running chan struct{} // closed when the fsync that is under way has ended; nil without one
	synced  uint64
	safeAt  time.Time // when the last fsync began that succeeded

	appends, syncs int64
	syncTime       time.Duration

	wrap func(file) file   // see Options
	step func(name string) // see Options
}

// SegmentBytes is the size past which the log goes on in a new file.
func (l *Log) SegmentBytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.segmentBytes
}

// SetSegmentBytes changes it from the next record on.
func (l *Log) SetSegmentBytes(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segmentBytes = bytes
}

// Rolled receives something after a new segment has begun: one signal for all that began since the last was heard.
func (l *Log) Rolled() <-chan struct{} { return l.rolled }

// Step tells a test (see Options) of a step at which a crash may fall.
func (l *Log) Step(name string) { l.step(name) }

// bufferKept is the largest buffer that is kept for the next record, in bytes.
const bufferKept = 1 << 20

// keptMax bounds the records kept since the last fsync, in bytes: a writer that passes it
// waits for an fsync, whatever appendfsync says.
const keptMax = 8 << 20

// Crowded reports whether so much is unsynced that writers must wait.
func (l *Log) Crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unsynced.size > keptMax
}

// Append writes one record and returns its LSN. When it fails nothing of the record will
// ever be read again, and later appends try to mend the log first.
func (l *Log) Append(payload []byte, d Demand) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.mend(); err != nil {
		return 0, err
	}
	lsn := l.next
	l.step("before append")
	err := l.write(lsn, payload, d)
	if isFull(err) && l.broken == nil && l.makeRoom(err, d) {
		err = l.write(lsn, payload, d)
	}
	if isFull(err) && d == Grows && l.short == nil {
		l.short = ioError("the journal cannot be written", err) // until Stock has looked what can be had
	}
	if err != nil {
		return 0, ioError("the journal cannot be written", err)
	}
	l.step("after append")
	l.next++
	l.appends++
	l.unsynced.add(lsn, payload)
	return lsn, nil
}

// write puts a frame behind the last one. After a short write the file is cut back to its
// last good record; if even that fails, the log goes on in a new segment.
func (l *Log) write(lsn uint64, payload []byte, d Demand) error {
	if err := l.refusal(d, frameBytes+len(payload)); err != nil {
		return err
	}
	s := l.segments[len(l.segments)-1]
	if s.size > l.segmentBytes {
		if err := l.roll(); err != nil {
			return err
		}
		s = l.segments[len(l.segments)-1]
	}
	var chain uint32
	l.buf, chain = frame(l.buf[:0], lsn, payload, s.chain)
	if _, err := s.file.WriteAt(l.buf, s.size); err != nil {
		if cut := s.file.Truncate(s.size); cut != nil {
			l.broken = errors.Join(err, cut)
		}
		return err
	}
	s.size += int64(len(l.buf))
	s.chain, s.last = chain, lsn
	if cap(l.buf) > bufferKept {
		l.buf = nil
	}
	return nil
}

// trust says that all up to an LSN is on stable storage.
func (l *Log) trust(lsn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.synced = lsn
}

// beginFresh is Begin without what was there before.
func (l *Log) beginFresh(next uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next, l.synced, l.safeAt = next, next-1, time.Now()
	for i := range l.settled {
		l.settled[i] = next - 1
	}
	s, err := l.create(next)
	if err != nil {
		return ioError("the journal cannot be created", err)
	}
	l.segments = append(l.segments, s)
	return nil
}

// roll goes on in a new segment. The old one is synced first: what is in a closed segment
// must not be lost while later records survive.
func (l *Log) roll() error {
	old := l.segments[len(l.segments)-1]
	if err := old.file.Sync(); err != nil {
		l.broken, old.suspect = err, true
		return err
	}
	l.forget(old.last)
	s, err := l.create(l.next)
	if err != nil {
		return err
	}
	l.segments, l.calm = append(l.segments, s), 0
	select {
	case l.rolled <- struct{}{}:
	default:
	}
	return nil
}

// mend makes a broken log writable again: a new segment gets the records that may not have
// reached the disk, and is synced before anything else. The old descriptor is never synced
// again: Linux may have marked its pages clean.
func (l *Log) mend() error {
	if l.broken == nil {
		return nil
	}
	s, err := l.create(l.unsynced.first(l.next))
	if err != nil {
		return ioError("the journal cannot be written", errors.Join(l.broken, err))
	}
	for lsn, payload := range l.unsynced.all() {
		var chain uint32
		l.buf, chain = frame(l.buf[:0], lsn, payload, s.chain)
		if _, err = s.file.WriteAt(l.buf, s.size); err != nil {
			break
		}
		s.size, s.chain, s.last = s.size+int64(len(l.buf)), chain, lsn
	}
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		s.file.Close()
		l.files.Remove(s.path)
		return ioError("the journal cannot be written", errors.Join(l.broken, err))
	}
	l.segments = append(l.segments, s)
	l.broken = nil
	l.forget(s.last)
	l.safeAt = time.Now()
	return nil
}

// forget notes that all up to an LSN is on stable storage.
func (l *Log) forget(lsn uint64) {
	l.synced = max(l.synced, lsn)
	l.unsynced.drop(lsn)
}

// Sync returns once the record lsn is on stable storage; one fsync serves every goroutine that waits. The goroutines
// it has served go on together: a mutex would let them through one by one, behind the one that begins the next fsync.
// Before a goroutine begins an fsync it yields to those that are about to append: a fifth more records then share
// each fsync.
func (l *Log) Sync(lsn uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for yielded := false; l.synced < lsn; {
		switch {
		case l.running != nil:
			running := l.running
			l.apart(func() { <-running })
		case !yielded:
			yielded = true
			l.apart(runtime.Gosched)
		default:
			if err := l.fsync(); err != nil {
				return err
			}
		}
	}
	return nil
}

// apart does something without mu, which the caller holds.
func (l *Log) apart(do func()) {
	l.mu.Unlock()
	do()
	l.mu.Lock()
}

// AwaitSync is Sync for transactions that only read. While the log is broken they do not wait: reads go on, and the
// writers were told that the outcome is unknown.
func (l *Log) AwaitSync(lsn uint64) {
	l.mu.Lock()
	done := l.synced >= lsn || l.broken != nil
	l.mu.Unlock()
	if !done {
		_ = l.Sync(lsn) // see above
	}
}

// fsync puts all records on stable storage. The caller holds mu, which is free meanwhile, and there is no other fsync.
func (l *Log) fsync() error {
	if err := l.mend(); err != nil {
		return err
	}
	s := l.segments[len(l.segments)-1]
	last := s.last
	running := make(chan struct{})
	l.running = running
	l.mu.Unlock()
	start := time.Now()
	err := s.file.Sync()
	l.mu.Lock()
	l.running = nil
	close(running)
	l.syncs++
	l.syncTime += time.Since(start)
	if err != nil {
		s.suspect = true
		if l.segments[len(l.segments)-1] == s {
			l.broken = err
		}
		return ioError("the journal cannot be synced: the outcome of the last writes is unknown", err)
	}
	l.forget(last)
	l.safeAt = start
	return nil
}

// Last is the LSN of the newest record.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next - 1
}

// Settled notes that a shard needs no record up to lsn any more.
func (l *Log) Settled(shard int, lsn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled[shard] = max(l.settled[shard], lsn)
	l.reap()
	if l.short != nil {
		l.stockNow() // before others take what has become free
	}
}

// reap deletes the segments that no shard needs. The caller holds mu.
func (l *Log) reap() {
	need := slices.Min(l.settled)
	l.step("before segments are deleted")
	for len(l.segments) > 1 && l.segments[0].last <= need && l.segments[1].first <= need+1 {
		l.retire(l.segments[0])
		l.segments = l.segments[1:]
	}
}

// Bytes is the size of the log on disk.
func (l *Log) Bytes() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = l.spare.bytes
	for _, s := range l.segments {
		n += s.size
	}
	return n
}

// HeldUp reports whether the records, without the spare file, have grown past limit bytes and the oldest segment
// cannot be deleted because of a shard.
func (l *Log) HeldUp(shard int, limit int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n int64
	for _, s := range l.segments {
		n += s.size
	}
	return n > limit && l.settled[shard] < l.segments[0].last
}

// Close syncs the log and closes its files. Next to nothing stays of one of which no record is needed. Nothing may be
// appended any more.
func (l *Log) Close() error {
	err := l.Sync(l.Last())
	l.mu.Lock()
	defer l.mu.Unlock()
	if err = errors.Join(err, l.dropSpare()); err == nil {
		l.restart()
	}
	for _, s := range l.segments {
		err = errors.Join(err, s.file.Close())
	}
	if l.reserve != nil {
		err = errors.Join(err, l.reserve.Close())
	}
	return err
}

// Work is what the log did since its start.
func (l *Log) Work() (appends, syncs int64, syncing time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appends, l.syncs, l.syncTime
}

// Safety is how many records a power cut could undo, since when, and whether the log is broken.
func (l *Log) Safety() (unsynced int64, at time.Time, broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(l.next - 1 - l.synced), l.safeAt, l.broken != nil
}

func ioError(message string, err error) error {
	code := store.CodeIO
	if isFull(err) || errors.Is(err, &store.Error{Code: store.CodeFull}) {
		code = store.CodeFull
	}
	return &store.Error{Code: code, Message: message, Err: err}
}
