package sqlite

import (
	"context"
	"errors"
	"sync"

	"larder/store"
	"larder/store/sqlite/sqlfile"
)

// reader is a read connection that keeps a snapshot from one View to the next, for taking
// one costs more than reading a row from it. It belongs to whoever took it from the pool.
type reader struct {
	conn   *conn
	ledger ledger
	// seen is the engine's commit count when the snapshot was taken, odd if it moved meanwhile; 0 without a snapshot.
	seen   uint64
	layout uint64 // of ledger, 1 for unknown
	lent   baseReader
	own    bool // it is the journal's writer's
}

// renew takes a new snapshot if anything was committed since the last one, or is being committed. The snapshot lives as long
// as the pin statement stands on a row: resetting and stepping one statement is cheaper than COMMIT
// and BEGIN.
func (r *reader) renew(e *Engine) error {
	commits := e.commits.Load()
	if r.seen == commits && commits%2 == 0 {
		return nil
	}
	r.release()
	before := e.layout.Load()
	row, err := r.conn.step(r.conn.s.pin)
	if err != nil {
		return err
	}
	if !row {
		return sqlfile.Damaged(r.conn.Path, "it has no tables", nil)
	}
	if before%2 == 1 || before != e.layout.Load() {
		before = 1 // which layout the snapshot has cannot be told
	}
	if before != r.layout || before == 1 {
		if err := r.ledger.load(r.conn); err != nil {
			r.release()
			return err
		}
		r.layout = before
	}
	if e.commits.Load() != commits {
		commits |= 1 // which commit the snapshot has seen last cannot be told
	}
	r.seen = commits
	return nil
}

// release gives the snapshot up, so that the log can be reset.
func (r *reader) release() {
	r.conn.s.pin.Reset()
	r.seen, r.conn.marked = 0, false
}

func (r *reader) view(e *Engine, s store.Scope, fn func(store.Tx) error) error {
	t := r.begin(e, s)
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	return t.failure
}

// begin starts a transaction on the present snapshot.
func (r *reader) begin(e *Engine, s store.Scope) *tx {
	t := &r.conn.tx
	t.begin(e, r.conn, &r.ledger, s, false)
	if r.seen%2 == 0 {
		t.snapshot = r.seen
	}
	return t
}

// pool lends readers: the one used last first, because its page cache is the warmest. It may be
// used by many goroutines.
type pool struct {
	mu      sync.Mutex
	idle    []*reader
	waiting []chan *reader
	spare   sync.Pool // of empty channels
	all     []*reader
	own     chan *reader // holds the journal's writer's while it is idle
	closed  bool
}

func (p *pool) open(path string, n int, cacheBytes int64, prepared func(*statements) []preparation) error {
	p.own = make(chan *reader, 1)
	for i := range n + 1 {
		c, err := openConn(path, cacheBytes)
		if err != nil {
			return err
		}
		r := &reader{conn: c, layout: 1}
		p.all = append(p.all, r)
		if r.own = i == 0; r.own {
			p.own <- r
		} else {
			p.idle = append(p.idle, r)
		}
		if err := c.prepare(prepared(&c.s)); err != nil {
			return err
		}
	}
	return nil
}

// takeOwn lends the writer's reader, which only a checkpoint may have for a moment.
func (p *pool) takeOwn() (*reader, error) {
	r, ok := <-p.own
	if !ok {
		return nil, store.ErrClosed
	}
	return r, nil
}

func (p *pool) take(ctx context.Context) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, store.ErrClosed
	}
	if n := len(p.idle); n > 0 {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return r, nil
	}
	ch, ok := p.spare.Get().(chan *reader)
	if !ok {
		ch = make(chan *reader, 1)
	}
	p.waiting = append(p.waiting, ch)
	p.mu.Unlock()
	select {
	case r := <-ch:
		p.spare.Put(ch)
		return r, nil
	case <-ctx.Done():
		p.leave(ch)
		return nil, ctx.Err()
	}
}

// leave takes a waiter out of the queue, and gives back what it was handed meanwhile.
func (p *pool) leave(ch chan *reader) {
	p.mu.Lock()
	for i, w := range p.waiting {
		if w == ch {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			p.mu.Unlock()
			return
		}
	}
	p.mu.Unlock()
	p.put(<-ch)
}

func (p *pool) put(r *reader) {
	if r.own {
		p.own <- r
		return
	}
	p.mu.Lock()
	if len(p.waiting) > 0 {
		ch := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.mu.Unlock()
		ch <- r
		return
	}
	p.idle = append(p.idle, r)
	p.mu.Unlock()
}

// giveUpOld releases the snapshots of idle readers that are not of the last commit: their next View takes a new one.
func (p *pool) giveUpOld(commits uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.idle {
		if r.seen != commits {
			r.release()
		}
	}
	select {
	case r, ok := <-p.own:
		if !ok {
			return
		}
		if r.seen != commits {
			r.release()
		}
		p.own <- r
	default:
	}
}

// drain takes as many readers as become idle before ctx ends and releases their snapshots. The
// caller puts them back.
func (p *pool) drain(ctx context.Context) []*reader {
	var got []*reader
	if len(p.all) == 0 {
		return nil
	}
	select {
	case r, ok := <-p.own:
		if ok {
			r.release()
			got = append(got, r)
		}
	case <-ctx.Done():
	}
	for range len(p.all) - 1 {
		r, err := p.take(ctx)
		if err != nil {
			break
		}
		r.release()
		got = append(got, r)
	}
	return got
}

// close waits for every reader to come back.
func (p *pool) close() error {
	p.drain(context.Background())
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	if p.own != nil {
		close(p.own)
	}
	var errs []error
	for _, r := range p.all {
		errs = append(errs, r.conn.close())
	}
	return errors.Join(errs...)
}
