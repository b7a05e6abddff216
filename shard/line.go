package shard

import (
	"runtime"
	"slices"
	"sync"
)

// line is the queue of writers that wait for the next group. A writer that finds no leader becomes the leader: it
// runs everything that has gathered and passes leadership on, so that no client works for others for ever, and a
// client that is alone does not wait. For any goroutine.
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
	return &ticket{turn: make(chan signal, 1)}
}

func (l *line) giveBack(t *ticket) {
	*t = ticket{turn: t.turn}
	l.tickets.Put(t)
}

// run returns when the ticket's jobs are done.
func (o *Order) run(t *ticket) {
	for {
		switch o.pass(t) {
		case fetch:
			o.fetch(t)
		case look:
			if o.look(t) {
				return
			}
		case apart:
			o.stage(t)
		default:
			return
		}
	}
}

// pass goes through the line once: done, or what the caller is to do before the next time.
func (o *Order) pass(t *ticket) signal {
	l := &o.line
	l.mu.Lock()
	if !l.led {
		l.led = true
		l.mu.Unlock()
		return o.lead(t)
	}
	l.waiting = append(l.waiting, t)
	l.mu.Unlock()
	if s := <-t.turn; s != lead {
		return s
	}
	return o.lead(t)
}

// lead runs a group: its own ticket and those that gather while the others get a chance to run. The next group runs
// while this one waits for the disk. The effects of a group happen after those of the group before it.
func (o *Order) lead(own *ticket) signal {
	runtime.Gosched()
	tickets := o.line.gather(own)
	before, happened := *o.pending, make(chan struct{})
	o.pending = &happened
	jobs, rest := o.commit(tickets)
	tickets = tickets[:len(tickets)-len(rest)]
	seen := o.newest.Load()
	o.line.handOn(rest)
	if o.careful() {
		if err := o.log.Sync(seen); err != nil {
			fail(jobs, err)
		}
	}
	<-before
	for _, j := range jobs {
		if j.Err == nil && j.After != nil {
			o.happening.Store(j.Moment)
			j.After()
		}
	}
	close(happened)
	for _, t := range tickets[1:] {
		t.turn <- t.outcome()
	}
	return own.outcome()
}

func (t *ticket) outcome() signal {
	switch {
	case t.missing != nil:
		return fetch
	case t.looks:
		return look
	case t.staged != nil:
		return apart
	}
	return done
}

func (l *line) gather(own *ticket) []*ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), groupMax)
	tickets := make([]*ticket, 0, n+1)
	tickets = append(append(tickets, own), l.waiting[:n]...)
	l.waiting = append(l.waiting[:0], l.waiting[n:]...)
	return tickets
}

// handOn makes the next waiting writer the leader, if there is one. Writers that were gathered and have not run yet
// come first.
func (l *line) handOn(rest []*ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.Insert(l.waiting, 0, rest...)
	if len(l.waiting) == 0 {
		l.led = false
		return
	}
	next := l.waiting[0]
	l.waiting = append(l.waiting[:0], l.waiting[1:]...)
	next.turn <- lead
}
