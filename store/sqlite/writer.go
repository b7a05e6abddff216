package sqlite

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"larder/store"
)

// groupMax is the number of jobs from which a group takes no further calls in: the write lock and the
// memory of one transaction stay bounded.
const groupMax = 512

// call is what one caller of the writer waits for: jobs that run in one group, in order, or
// special, which runs on the writer's connection outside any transaction. It belongs to its caller
// until queued, then to the leader, and to the caller again once woken with served.
type call struct {
	ctx     context.Context
	jobs    []*store.Job
	one     store.Job
	alone   bool // shares its group with nobody
	special func(*conn) error
	panic   any // what a job panicked with
	wake    chan wakeup
}

type wakeup uint8

const (
	served wakeup = iota
	lead          // be the leader of the next group
)

// call takes a call from those that were used before.
func (w *writer) call(ctx context.Context) *call {
	c, ok := w.calls.Get().(*call)
	if !ok {
		c = &call{wake: make(chan wakeup, 1)}
	}
	c.ctx = ctx
	return c
}

// finish gives the call back, and the panic of a job to the goroutine that asked for it.
func (w *writer) finish(c *call) error {
	err, p := c.one.Err, c.panic
	clear(c.jobs)
	*c = call{jobs: c.jobs[:0], wake: c.wake}
	w.calls.Put(c)
	if p != nil {
		panic(p)
	}
	return err
}

// writer owns the only connection that writes. Callers queue; the first of them becomes the
// leader, runs all that is waiting in one SQLite transaction on its own goroutine, and
// hands leadership to the next in the queue: one caller alone waits for nobody, and many
// share the cost of a commit. Everything below the mutex belongs to the leader.
type writer struct {
	calls  sync.Pool // of *call
	mu     sync.Mutex
	queue  []*call
	busy   bool // somebody leads
	closed bool

	engine  *Engine
	conn    *conn
	group   []*call
	ledger  ledger
	nextID  int64
	idLimit int64 // ids below it are reserved in the file
	backup  backup
	// unseen tells that the group has changed heads without the transaction's methods.
	unseen bool
}

// backup is what the counters were before the transaction in progress.
type backup struct {
	ledger  ledger
	idLimit int64
}

func (w *writer) save() backup { return backup{w.ledger.clone(), w.idLimit} }

// restore also has the cache forget what was staged since the group began: more than is undone, and right.
func (w *writer) restore(b backup) {
	w.ledger, w.idLimit = b.ledger, b.idLimit
	w.engine.rows.Discard()
}

// undo ends the transaction in progress, if SQLite has not done so, and takes the counters back.
func (w *writer) undo() {
	if w.conn.DB.InTransaction() {
		_ = w.conn.Exec(w.conn.s.rollback)
	}
	w.restore(w.backup)
}

func (w *writer) start(e *Engine, c *conn) { w.engine, w.conn = e, c }

// load reads the counters.
func (w *writer) load() error {
	ids, err := w.conn.Number(`SELECT v FROM meta WHERE k = 'ids'`)
	if err != nil {
		return err
	}
	w.nextID, w.idLimit = ids, ids
	ns, err := w.conn.Number(`SELECT max(coalesce((SELECT max(ns) FROM spaces), 0), coalesce((SELECT max(ns) FROM dead_spaces), 0))`)
	if err != nil {
		return err
	}
	w.ledger.nextNS = ns + 1
	if w.ledger.pending, err = w.conn.Number(`SELECT coalesce((SELECT sum(bytes) FROM orphans), 0) + coalesce((SELECT sum(bytes) FROM dead_spaces), 0)`); err != nil {
		return err
	}
	if err := w.ledger.load(w.conn); err != nil {
		return err
	}
	w.engine.fill.set(&w.ledger)
	return nil
}

// do queues a call and returns when it is served.
func (w *writer) do(c *call) {
	if err := c.ctx.Err(); err != nil {
		c.fail(err)
		return
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		c.fail(store.ErrClosed)
		return
	}
	w.queue = append(w.queue, c)
	leading := !w.busy
	w.busy = true
	w.mu.Unlock()
	if !leading && <-c.wake == served {
		return
	}
	w.lead()
}

func (c *call) fail(err error) {
	c.one.Err = err
	for _, j := range c.jobs {
		j.Err = err
	}
}

// lead serves one group, of which the leader's own call is the first, and hands over. The group
// is left in order even if a job ends the goroutine.
func (w *writer) lead() {
	// Lets those who are about to queue do it: four times as many commands a commit, measured.
	runtime.Gosched()
	w.takeGroup()
	done := false
	defer func() {
		if !done {
			w.abandon()
		}
		w.handOver()
	}()
	w.serve()
	done = true
}

// takeGroup moves the calls of the next group from the queue.
func (w *writer) takeGroup() {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, jobs := 0, 0
	for _, c := range w.queue {
		if n > 0 && (jobs >= groupMax || c.single() || w.queue[0].single()) {
			break
		}
		n++
		jobs += len(c.jobs)
	}
	w.group = append(w.group[:0], w.queue[:n]...)
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
}

func (c *call) single() bool { return c.alone || c.special != nil }

func (w *writer) serve() {
	if f := w.group[0].special; f != nil {
		w.group[0].one.Err = f(w.conn)
		return
	}
	w.runGroup()
}

// abandon cleans up after a job that ended the leader's goroutine (runtime.Goexit, which a failing test
// does): nothing of the group is kept.
func (w *writer) abandon() {
	w.undo()
	for _, c := range w.group {
		c.fail(misuse("a transaction of the same group ended its goroutine"))
	}
}

// handOver wakes the group and makes the next caller leader. The leader's own call, the first, is
// not woken: it is running.
func (w *writer) handOver() {
	for _, c := range w.group[1:] {
		c.wake <- served
	}
	clear(w.group)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		w.queue[0].wake <- lead
		return
	}
	w.busy = false
}

// exclusive runs fn on the writer's connection outside any transaction, alone.
func (w *writer) exclusive(ctx context.Context, fn func(*conn) error) error {
	c := w.call(ctx)
	c.special = fn
	w.do(c)
	return w.finish(c)
}

// close refuses further calls and waits for those in the queue.
func (w *writer) close() {
	if w.conn == nil {
		return
	}
	_ = w.exclusive(context.Background(), func(*conn) error {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		return nil
	})
	c := w.call(context.Background())
	c.special = func(*conn) error { return nil }
	w.last(c)
}

// last queues behind the closing: whoever queued before it has been served when it returns.
func (w *writer) last(c *call) {
	w.mu.Lock()
	w.queue = append(w.queue, c)
	leading := !w.busy
	w.busy = true
	w.mu.Unlock()
	if leading || <-c.wake == lead {
		w.lead()
	}
	_ = w.finish(c)
}

// reserve returns a fresh id. Numbers are reserved in the file in blocks, in the transaction that first needs
// them, so that none is used twice whatever crashes.
func (w *writer) reserve() (int64, error) {
	if w.nextID >= w.idLimit {
		limit := w.nextID + idBlock
		s := w.conn.s.metaSet
		s.BindText(1, "ids")
		s.BindInt(2, limit)
		if err := w.conn.Exec(s); err != nil {
			return 0, err
		}
		w.idLimit = limit
	}
	w.nextID++
	return w.nextID - 1, nil
}

// idBlock is how many ids a crash may waste.
const idBlock = 1000

// panicked is the error of a job that panicked, for its neighbours in a batch.
func panicked(v any) error { return misuse(fmt.Sprintf("a transaction panicked: %v", v)) }
