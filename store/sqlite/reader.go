package sqlite

import (
	"context"
	"errors"
	"sync"

	"larder/store"
	"larder/store/sqlite/sqlfile"
)

// reader is a read connection that keeps a snapshot from one transaction to the next, for taking
// one costs more than reading a row from it. It belongs to the goroutine that took it from its pool.
type reader struct {
	engine *Engine
	home   *pool
	conn   *conn
	ledger ledger
	// seen is the engine's commit count when the snapshot was taken, odd if it moved meanwhile; 0 without a snapshot.
	seen uint64
}

// renew takes a new snapshot if anything was committed since the last one, or is being committed. The snapshot lives as
// long as the pin statement stands on a row: resetting and stepping one statement is cheaper than COMMIT
// and BEGIN.
func (r *reader) renew() error {
	e := r.engine
	commits := e.commits.Load()
	if r.seen == commits && commits%2 == 0 {
		return nil
	}
	r.release()
	row, err := r.conn.step(r.conn.s.pin)
	if err != nil {
		return err
	}
	if !row {
		return sqlfile.Damaged(r.conn.Path, "it has no tables", nil)
	}
	if err := r.ledger.load(r.conn); err != nil {
		r.release()
		return err
	}
	if e.commits.Load() != commits {
		commits |= 1 // which commit the snapshot has seen last cannot be told
	}
	r.seen = commits
	r.conn.hold.take(commits)
	return nil
}

// release gives the snapshot up, so that the log can be reset.
func (r *reader) release() {
	r.conn.s.pin.Reset()
	r.seen, r.conn.marked = 0, false
	r.conn.hold.drop()
}

// begin starts a transaction on a snapshot of all that has been committed.
func (r *reader) begin() (*tx, error) {
	if err := r.renew(); err != nil {
		return nil, err
	}
	t := &r.conn.tx
	t.begin(r.engine, r.conn, &r.ledger, false)
	if r.seen%2 == 0 {
		t.snapshot = r.seen
	}
	return t, nil
}

// Begin ends the transaction before it.
func (r *reader) Begin(nowMillis int64) (store.BaseTx, error) {
	if err := r.end(); err != nil {
		return nil, err
	}
	t, err := r.begin()
	if err != nil {
		return nil, err
	}
	t.now = nowMillis
	return t, nil
}

func (r *reader) end() error {
	t := &r.conn.tx
	if !t.open {
		return nil
	}
	err := t.failure
	t.end()
	return err
}

// Close ends the transaction and lets others have the connection.
func (r *reader) Close() error {
	err := r.end()
	r.home.put(r)
	return err
}

// Reader waits for a read connection.
func (e *Engine) Reader(ctx context.Context) (store.Reader, error) { return e.readers.lend(ctx) }

// OwnReader is the connection that only the engine's writer reads with. A checkpoint may have it for a moment.
func (e *Engine) OwnReader() (store.Reader, error) { return e.own.lend(context.Background()) }

// View runs fn on a snapshot that holds every Update that returned before. It does not look at the scope: who stands
// before a base holds Views to theirs.
func (e *Engine) View(ctx context.Context, _ store.Scope, fn func(store.Tx) error) error {
	r, err := e.readers.take(ctx)
	if err != nil {
		return err
	}
	defer e.readers.put(r)
	t, err := r.begin()
	if err != nil {
		return err
	}
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	return t.failure
}

// pool lends readers: the one used last first, because its page cache is the warmest. It may be
// used by many goroutines.
type pool struct {
	all  []*reader
	free chan struct{} // one for each idle reader; closed with the pool
	mu   sync.Mutex
	idle []*reader
}

// open opens n connections.
func (p *pool) open(e *Engine, n int, cacheBytes int64) error {
	p.free = make(chan struct{}, n)
	for range n {
		c, err := openConn(e.path, cacheBytes)
		if err != nil {
			return err
		}
		if err := c.prepare(e.prepared(&c.s), false); err != nil {
			return errors.Join(err, c.close())
		}
		r := &reader{engine: e, home: p, conn: c}
		p.all = append(p.all, r)
		p.put(r)
	}
	return nil
}

// take waits for a reader until ctx ends.
func (p *pool) take(ctx context.Context) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case _, ok := <-p.free:
		if !ok {
			return nil, store.ErrClosed
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	r := p.idle[last]
	p.idle = p.idle[:last]
	return r, nil
}

// lend is take for callers that read one snapshot after the other.
func (p *pool) lend(ctx context.Context) (store.Reader, error) {
	r, err := p.take(ctx)
	if err != nil {
		return nil, err // a nil *reader would be a Reader
	}
	return r, nil
}

func (p *pool) put(r *reader) {
	p.mu.Lock()
	p.idle = append(p.idle, r)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// giveUpOld releases the snapshots of idle readers that are not of the last commit: their next user takes a new one.
func (p *pool) giveUpOld(commits uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.idle {
		if r.seen != commits {
			r.release()
		}
	}
}

// drain takes as many readers as become idle before ctx ends and releases their snapshots. It tells whether these were
// all, and puts them back when done is called.
func (p *pool) drain(ctx context.Context) (all bool, done func()) {
	var got []*reader
	for len(got) < len(p.all) {
		r, err := p.take(ctx)
		if err != nil {
			break
		}
		r.release()
		got = append(got, r)
	}
	return len(got) == len(p.all), func() {
		for _, r := range got {
			p.put(r)
		}
	}
}

// close waits for every reader to come back, and closes them.
func (p *pool) close() error {
	p.drain(context.Background())
	if p.free != nil {
		close(p.free)
	}
	var errs []error
	for _, r := range p.all {
		errs = append(errs, r.conn.close())
	}
	return errors.Join(errs...)
}
