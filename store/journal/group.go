package journal

import (
	"encoding/binary"
	"runtime"
	"sync"

	"larder/store"
)

// queue collects the jobs that wait for the next group. Whoever finds it idle leads: it
// runs everything that has gathered, and hands on, so that nobody works for others for ever
// and one client alone waits for nobody.
type queue struct {
	mu      sync.Mutex
	waiting []*ticket
	led     bool
	tickets sync.Pool
}

// ticket is one caller's jobs. turn carries true when the caller must lead, false when
// its jobs are done.
type ticket struct {
	jobs []*store.Job
	turn chan bool
	own  store.Job // of a caller with one job
	ones [1]*store.Job
}

func (q *queue) ticket() *ticket {
	if t, ok := q.tickets.Get().(*ticket); ok {
		return t
	}
	return &ticket{turn: make(chan bool, 1)}
}

func (q *queue) giveBack(t *ticket) {
	t.jobs, t.own, t.ones[0] = nil, store.Job{}, nil
	q.tickets.Put(t)
}

// groupMax bounds the tickets of a group.
const groupMax = 1024

func (e *Engine) run(t *ticket) {
	q := &e.queue
	q.mu.Lock()
	if !q.led {
		q.led = true
		q.mu.Unlock()
		e.lead(t)
		return
	}
	q.waiting = append(q.waiting, t)
	q.mu.Unlock()
	if lead := <-t.turn; lead {
		e.lead(t)
	}
}

// lead runs a group: its own ticket and what gathers while the others get a chance to run. The next group runs while
// this one waits for the disk.
func (e *Engine) lead(own *ticket) {
	runtime.Gosched()
	q := &e.queue
	q.mu.Lock()
	n := min(len(q.waiting), groupMax)
	group := append([]*ticket{own}, q.waiting[:n]...)
	q.waiting = append(q.waiting[:0], q.waiting[n:]...)
	q.mu.Unlock()

	var jobs []*store.Job
	for _, t := range group {
		jobs = append(jobs, t.jobs...)
	}
	seen := e.commit(jobs)
	e.handOn()
	if e.careful() {
		if err := e.log.Sync(seen); err != nil {
			fail(jobs, err)
		}
	}
	for _, t := range group[1:] {
		t.turn <- false
	}
}

// handOn has the next of those who wait lead, or nobody.
func (e *Engine) handOn() {
	q := &e.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.led = false
		return
	}
	next := q.waiting[0]
	q.waiting = append(q.waiting[:0], q.waiting[1:]...)
	next.turn <- true
}

// careful reports whether a record must be on stable storage before anybody is answered who wrote it or has seen it.
func (e *Engine) careful() bool { return SyncMode(e.sync.Load()) == Always }

// commit runs a group and publishes it, and returns the newest record that its jobs have seen. Jobs that are too large
// for the overlay run afterwards, each by itself, straight on the base.
func (e *Engine) commit(jobs []*store.Job) (seen uint64) {
	if err := e.waitForRoom(); err != nil {
		fail(jobs, err)
		return 0
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.closed {
		fail(jobs, store.ErrClosed)
		return 0
	}
	for len(jobs) > 0 {
		n := e.attempt(jobs)
		if n < len(jobs) {
			jobs[n].Err = e.direct(jobs[n])
			n++
		}
		jobs = jobs[n:]
	}
	return e.present().newest()
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

// publish appends the group's record and lets others see it. Who has seen it waits for the disk if every write
// must: see careful.
func (e *Engine) publish() error {
	e.payload = section(e.emptyPayload(), e.shard, e.rec.buf)
	lsn, err := e.log.Append(e.payload)
	if err != nil {
		return err
	}
	e.log.step("before publish")
	e.absorb(lsn)
	if e.log.crowded() {
		return e.log.Sync(lsn)
	}
	return nil
}

// emptyPayload is the buffer for the next record. The caller holds writing.
func (e *Engine) emptyPayload() []byte {
	if cap(e.payload) > bufferKept {
		e.payload = nil
	}
	return e.payload[:0]
}

// absorb makes the group visible.
func (e *Engine) absorb(lsn uint64) {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	e.fill.add(e.group.grown)
	next, taken := e.now.push(e.group, lsn)
	e.now = next
	e.room.follow(e)
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
