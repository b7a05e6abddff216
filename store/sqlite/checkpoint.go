package sqlite

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"larder/store"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

const (
	// walKept is the most that stays of the log's file when it starts again.
	walKept = 64 << 20
	// drainTime is how long a checkpoint holds writers back while Views end.
	drainTime = 10 * time.Millisecond
	// bulkTries is how often a checkpoint copies while writers go on: what they add meanwhile is the next one's.
	bulkTries = 3
)

// checkpointer moves the log into the file on a connection of its own, so that the writer's goroutine does
// neither that nor the fsyncs. One checkpoint runs at a time.
type checkpointer struct {
	mu   sync.Mutex
	conn *conn
	// wal is the log, for fsync. Closing a descriptor drops the process's locks on its file; SQLite's are on
	// the database file and -shm, never on the log, so this one may be opened beside it.
	wal *os.File
}

func (k *checkpointer) open(path string) (err error) {
	if k.conn, err = openConn(path, 1<<20); err != nil {
		return err
	}
	if k.wal, err = os.OpenFile(path+"-wal", os.O_RDWR, 0); err != nil {
		return &store.Error{Code: store.CodeIO, Message: path + "-wal could not be opened", Err: err}
	}
	return nil
}

// passive copies what no reader needs in the log any more; left is the number of pages that remain.
func (k *checkpointer) passive() (left int64, err error) {
	_, err = k.conn.Query(`PRAGMA wal_checkpoint(PASSIVE)`, func(s *capi.Stmt) { left = s.Int(1) - s.Int(2) })
	return left, err
}

// truncate copies the rest and gives the log's space back to the disk.
func (k *checkpointer) truncate(full *atomic.Bool) error {
	busy := int64(0)
	_, err := k.conn.Query(`PRAGMA wal_checkpoint(TRUNCATE)`, func(s *capi.Stmt) { busy = s.Int(0) })
	if err == nil && busy == 0 {
		full.Store(false)
	}
	return err
}

// Checkpoint moves the log into the file so that the next commit can start the log again. The bulk is
// copied while writers go on; then they wait while the rest is, and while Views in progress
// give up their snapshots. A long View only postpones the log's restart to the next call. The log's file stays, for
// the next commits, unless it has passed its share.
func (e *Engine) Checkpoint(ctx context.Context) error { return e.checkpoint(ctx, e.logShare.Load()) }

// Rest is Checkpoint for a file that has not been written to for a while: it leaves an empty WAL.
func (e *Engine) Rest(ctx context.Context) error {
	if e.logBytes() == 0 {
		return nil
	}
	return e.checkpoint(ctx, 0)
}

// Trim is Checkpoint for a log that has passed its share.
func (e *Engine) Trim(ctx context.Context) error {
	share := e.logShare.Load()
	if e.logBytes() <= share {
		return nil
	}
	return e.checkpoint(ctx, share)
}

// SetLogShare says how long the log's file may stay, in bytes; at first it is walKept, and it is never more. For any
// goroutine.
func (e *Engine) SetLogShare(bytes int64) { e.logShare.Store(min(bytes, walKept)) }

func (e *Engine) logBytes() int64 { return fileSize(e.path + "-wal") }

// checkpoint does it, and gives the log's file back to the disk if it is longer than kept bytes.
func (e *Engine) checkpoint(ctx context.Context, kept int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.check.mu.Lock()
	defer e.check.mu.Unlock()
	if e.closed.Load() {
		return store.ErrClosed
	}
	if _, err := e.copyBulk(); err != nil {
		return err
	}
	return e.writer.exclusive(ctx, func(*conn) error {
		wait, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		quiet := true
		for _, p := range [...]*pool{&e.own, &e.readers} {
			all, done := p.drain(wait)
			defer done()
			quiet = quiet && all
		}
		if size := e.logBytes(); !quiet && size > kept && size > e.heldMost() {
			e.readers.endOldest(e.commits.Load())
		}
		// With a View in progress SQLite would wait for it, and all writers with that.
		if e.full.Load() || quiet && e.logBytes() > kept {
			return e.check.truncate(&e.full)
		}
		_, err := e.check.passive()
		return err
	})
}

// copyBulk copies what it can while readers and the writer go on; left is the number of pages that remain. A reader
// keeps its snapshot from one View to the next, and nothing newer than the oldest snapshot is copied: those that
// nobody will look at again are given up first, else the whole log would be copied while everybody waits.
func (e *Engine) copyBulk() (left int64, err error) {
	for range bulkTries {
		e.readers.giveUpOld(e.commits.Load())
		e.own.giveUpOld(e.commits.Load())
		if left, err = e.check.passive(); err != nil || left == 0 {
			break
		}
	}
	return left, err
}

// Sync makes all commits survive a power cut.
func (e *Engine) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.check.mu.Lock()
	defer e.check.mu.Unlock()
	if e.closed.Load() {
		return store.ErrClosed
	}
	if err := e.check.wal.Sync(); err != nil {
		return &store.Error{Code: store.CodeIO, Message: e.check.wal.Name() + " could not be synced: " + sqlfile.SeeDevice,
			Err: err}
	}
	return nil
}
