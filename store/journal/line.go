package journal

import (
	"runtime"
	"sync"

	"larder/store"
)

// line is where writers wait for the next group. Whoever finds nobody leading leads: it runs everything that has
// gathered and hands on, so that nobody works for others for ever and one client alone waits for nobody.
// For any goroutine.
type line struct {
	mu      sync.Mutex
	waiting []*ticket
	led     bool
	tickets sync.Pool
}

func (l *line) ticket() *ticket {
	if t, ok := l.tickets.Get().(*ticket); ok {
		return t
	}
	return &ticket{turn: make(chan bool, 1)}
}

func (l *line) giveBack(t *ticket) {
	t.jobs, t.own, t.ones[0] = nil, store.Job{}, nil
	l.tickets.Put(t)
}

// run returns when the ticket's jobs are done.
func (o *Order) run(t *ticket) {
	l := &o.line
	l.mu.Lock()
	if !l.led {
		l.led = true
		l.mu.Unlock()
		o.lead(t)
		return
	}
	l.waiting = append(l.waiting, t)
	l.mu.Unlock()
	if lead := <-t.turn; lead {
		o.lead(t)
	}
}

// lead runs a group: its own ticket and those that gather while the others get a chance to run. The next group runs
// while this one waits for the disk. What the group has led to happens behind what the one before it has led to.
func (o *Order) lead(own *ticket) {
	runtime.Gosched()
	group, jobs := o.line.gather(own)
	before, done := *o.pending, make(chan struct{})
	o.pending = &done
	seen := o.commit(jobs)
	o.line.handOn()
	if o.careful() {
		if err := o.log.Sync(seen); err != nil {
			fail(jobs, err)
		}
	}
	<-before
	for _, j := range jobs {
		if j.Err == nil && j.After != nil {
			j.After()
		}
	}
	close(done)
	for _, t := range group[1:] {
		t.turn <- false
	}
}

func (l *line) gather(own *ticket) (group []*ticket, jobs []*store.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), groupMax)
	group = make([]*ticket, 0, n+1)
	group = append(append(group, own), l.waiting[:n]...)
	l.waiting = append(l.waiting[:0], l.waiting[n:]...)
	if n == 0 {
		return group, own.jobs
	}
	for _, t := range group {
		jobs = append(jobs, t.jobs...)
	}
	return group, jobs
}

// handOn has the next of those who wait lead, or nobody.
func (l *line) handOn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.led = false
		return
	}
	next := l.waiting[0]
	l.waiting = append(l.waiting[:0], l.waiting[1:]...)
	next.turn <- true
}
