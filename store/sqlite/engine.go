package sqlite

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"larder/store"
	"larder/store/sqlite/rowcache"
	"larder/store/sqlite/sqlfile"
)

// Options are the settings of an engine; the zero value is usable.
type Options struct {
	// CacheBytes is the memory for the page caches of all connections together; 0 means 32 MiB.
	CacheBytes int64
	// Rows remembers what was read or written lately; engines may share it. nil means 16 MiB of its own.
	Rows *rowcache.Cache
	// Readers is the number of read connections, so of Views that run at the same time; 0 means 3.
	Readers int
	// Ordered keeps the keys in the order of their names too, for Tx.Names.
	Ordered bool
	// NowMillis tells the time in Unix milliseconds; nil means the system's clock.
	NowMillis func() int64
}

func (o Options) filled() Options {
	if o.CacheBytes == 0 {
		o.CacheBytes = 32 << 20
	}
	if o.Rows == nil {
		o.Rows = rowcache.New(16 << 20)
	}
	if o.Readers <= 0 {
		o.Readers = 3
	}
	if o.NowMillis == nil {
		o.NowMillis = func() int64 { return time.Now().UnixMilli() }
	}
	return o
}

// Engine keeps one shard in one SQLite file. It may be used by many goroutines.
type Engine struct {
	path    string
	opts    Options
	hash    hasher
	writer  writer
	readers pool
	own     pool // of one reader, the writer's of the engine above: however many Views there are, it does not wait
	check   checkpointer
	rows    *rowcache.File

	clock atomic.Int64 // the largest Now given out
	// commits moves before and after every COMMIT that changes something: odd while it is under way. A snapshot
	// taken at an even count shows all there is for as long as the count stays. At an odd one nobody can
	// tell whether another View has already seen the commit, so every View renews: else a reader that
	// is left with the old snapshot would show the time before.
	commits atomic.Uint64
	closed  atomic.Bool
	fill    atomic.Pointer[store.Fill] // as of the last commit
	// logShare is what the log's file may keep, in bytes: see SetLogShare.
	logShare atomic.Int64
	heldMin  int64       // see heldMost
	full     atomic.Bool // a commit found no space: the next checkpoint shortens the log
	// shrinking: the last Sweep gave pages back, and the next goes on.
	shrinking atomic.Bool
}

// now reads the clock, but never answers less than before.
func (e *Engine) now() int64 {
	now := e.opts.NowMillis()
	for {
		last := e.clock.Load()
		if now <= last {
			return last
		}
		if e.clock.CompareAndSwap(last, now) {
			return now
		}
	}
}

// Update runs fn when it is its turn to write.
func (e *Engine) Update(ctx context.Context, _ store.Scope, fn func(store.Tx) error) error {
	return e.writer.update(ctx, func(t *tx) error { return fn(t) })
}

// Close waits for transactions in progress and closes the file. Later use gives store.ErrClosed.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return store.ErrClosed
	}
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	e.check.mu.Lock()
	defer e.check.mu.Unlock()
	e.writer.await()
	keep(e.readers.close())
	keep(e.own.close())
	if e.check.conn != nil {
		keep(e.check.conn.close())
	}
	if e.check.wal != nil {
		keep(e.check.wal.Close())
	}
	// Last, so that SQLite checkpoints and removes the log.
	if e.writer.conn != nil {
		keep(e.writer.conn.close())
	}
	return first
}

func fileSize(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}

// Borrow lends the rows that are remembered so many bytes besides their own. They follow soon.
func (e *Engine) Borrow(bytes int64) { e.rows.Borrow(bytes) }

// Exclusive runs fn on the writer's connection, outside any transaction, while no other transaction writes. It is for
// repairs: what fn changes the engine does not know of, so it must be opened anew.
func (e *Engine) Exclusive(ctx context.Context, fn func(*sqlfile.Conn) error) error {
	return e.writer.exclusive(ctx, func(c *conn) error { return fn(c.Conn) })
}
