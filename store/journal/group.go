package journal

import (
	"context"
	"encoding/binary"
	"runtime"
	"sync"

	"larder/store"
)

// queue collects the jobs that wait for the next group. Whoever finds it idle leads: it
// runs everything that has gathered, and hands on when its own jobs are done, so that
// nobody works for others for ever and one client alone waits for nobody.
type queue struct {
	mu      sync.Mutex
	waiting []*ticket
	led     bool
}

// ticket is one caller's jobs. turn carries true when the caller must lead, false when
// its jobs are done.
type ticket struct {
	jobs []*store.Job
	turn chan bool
}

// groupMax bounds the tickets of a group.
const groupMax = 1024

func (e *Engine) run(jobs []*store.Job) {
	q := &e.queue
	q.mu.Lock()
	if !q.led {
		q.led = true
		q.mu.Unlock()
		e.log.busy.Add(1)
		e.lead(&ticket{jobs: jobs})
		return
	}
	t := &ticket{jobs: jobs, turn: make(chan bool, 1)}
	q.waiting = append(q.waiting, t)
	q.mu.Unlock()
	if lead := <-t.turn; lead {
		e.lead(t)
	}
}

// lead runs a group: its own ticket and what gathers while the others get a chance to run.
func (e *Engine) lead(own *ticket) {
	runtime.Gosched()
	q := &e.queue
	q.mu.Lock()
	n := min(len(q.waiting), groupMax)
	group := append([]*ticket{own}, q.waiting[:n]...)
	q.waiting = append(q.waiting[:0], q.waiting[n:]...)
	q.mu.Unlock()

	e.commit(group)
	for _, t := range group[1:] {
		t.turn <- false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.led = false
		e.log.busy.Add(-1)
		return
	}
	next := q.waiting[0]
	q.waiting = append(q.waiting[:0], q.waiting[1:]...)
	next.turn <- true
}

// commit runs a group and publishes it. Jobs that are too large for the overlay run
// afterwards, each by itself, straight on the base.
func (e *Engine) commit(group []*ticket) {
	var jobs []*store.Job
	for _, t := range group {
		jobs = append(jobs, t.jobs...)
	}
	if err := e.waitForRoom(); err != nil {
		fail(jobs, err)
		return
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.closed {
		fail(jobs, store.ErrClosed)
		return
	}
	for len(jobs) > 0 {
		n := e.attempt(jobs)
		if n < len(jobs) {
			jobs[n].Err = e.direct(jobs[n])
			n++
		}
		jobs = jobs[n:]
	}
}

// attempt runs jobs in one group and commits them. It returns how many it has dealt with:
// all, or those before one that is too large. When a job fails after it has written, the
// group is run again without it, as a group keeps no undo log.
func (e *Engine) attempt(jobs []*store.Job) int {
	var failed map[*store.Job]error
	for {
		n, spoilt, err := e.tryGroup(jobs, failed)
		switch {
		case err != nil:
			fail(jobs[:n], err)
			return n
		case spoilt == nil:
			return n
		}
		if failed == nil {
			failed = map[*store.Job]error{}
		}
		failed[spoilt] = spoilt.Err
	}
}

// tryGroup runs jobs over a fresh layer, appends the record and publishes it. spoilt is a
// job that failed after writing: then nothing was committed.
func (e *Engine) tryGroup(jobs []*store.Job, failed map[*store.Job]error) (n int, spoilt *store.Job, err error) {
	e.group.reset()
	e.rec.reset()
	n = len(jobs)
	err = e.over(func(top store.BaseTx, now *generations) {
		w := e.writer(top, now)
		w.rec = e.rec
		n, spoilt = runJobs(w, jobs, failed)
		e.rec = w.rec
	})
	e.group.dropLoose()
	if err != nil || spoilt != nil || len(e.rec.buf) == 0 {
		return n, spoilt, err
	}
	return n, nil, e.publish()
}

// over runs fn over the present state; for the holder of writing.
func (e *Engine) over(fn func(top store.BaseTx, now *generations)) error {
	g := e.present()
	return e.base.View(context.Background(), store.Whole(), func(low store.Tx) error {
		top, err := g.over(low.(store.BaseTx), e.base.Hash)
		if err == nil {
			fn(top, g)
		}
		return err
	})
}

func (e *Engine) writer(top store.BaseTx, now *generations) *writer {
	return &writer{merged: merged{layer: e.group, low: top, hash: e.base.Hash}, engine: e, now: now}
}

// runJobs runs each job once. It stops before one that is too large, and at one that
// failed after writing.
func runJobs(w *writer, jobs []*store.Job, failed map[*store.Job]error) (int, *store.Job) {
	for i, j := range jobs {
		if err, known := failed[j]; known {
			j.Err = err
			continue
		}
		w.wrote, w.large = false, false
		j.Err = runJob(w, j)
		switch {
		case w.large && !w.wrote:
			return i, nil
		case w.large:
			return cutAt(w, jobs, failed, i)
		case j.Err != nil && w.wrote:
			return i, j
		}
	}
	return len(jobs), nil
}

// cutAt runs the jobs before i again: the one at i wrote before it turned out too large.
func cutAt(w *writer, jobs []*store.Job, failed map[*store.Job]error, i int) (int, *store.Job) {
	w.layer.reset()
	w.rec.reset()
	n, spoilt := runJobs(w, jobs[:i], failed)
	return n, spoilt
}

func runJob(w *writer, j *store.Job) error {
	w.scope = &j.Scope
	if j.Write {
		return j.Fn(w)
	}
	return j.Fn(&w.merged)
}

// publish appends the group's record, waits for the disk if every write must, and only
// then lets readers see it.
func (e *Engine) publish() error {
	lsn, err := e.log.Append(section(nil, e.shard, e.rec.buf))
	if err != nil {
		return err
	}
	if SyncMode(e.sync.Load()) == Always || e.log.crowded() {
		if err := e.log.syncTogether(lsn); err != nil {
			e.absorb(lsn)
			return err
		}
	}
	e.log.step("before publish")
	e.absorb(lsn)
	return nil
}

// absorb makes the group visible.
func (e *Engine) absorb(lsn uint64) {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	e.fill.add(e.group.grown)
	next, taken := e.now.push(e.group, lsn)
	e.now = next
	if next.bytes() > e.limit/claimShare {
		e.lend(false)
	}
	if taken {
		e.group = newLayer()
	}
}

// section appends a shard's part of a record: shard, length, operations.
func section(dst []byte, shard int, ops []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(shard))
	dst = binary.AppendUvarint(dst, uint64(len(ops)))
	return append(dst, ops...)
}
