package serve

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Go's scheduler wakes another thread whenever a goroutine becomes ready and a processor is idle. For requests
// that take ten microseconds that is dear: the thread looks for work, finds little, and takes the
// core from the client that is to read the replies. So while there are only reads that take no longer half of the
// processors do, on two cores one, as with Redis; and all of them once something takes long, which is seen by a
// clock that goes late, or somebody writes, or a generation settles. Measured on two cores: docs/measurements.md.
//
// GOMAXPROCS in the environment turns this off.

const (
	tickBusy = 10 * time.Millisecond
	tickIdle = 100 * time.Millisecond
	// idleShare is the part of a tick below which the process counts as idle: ten blocked clients or ten thousand
	// should cost nothing.
	idleShare = 20
	// lateness is how much later than asked for a goroutine wakes when another one keeps the processor.
	lateness = 5 * time.Millisecond
	// holdFirst is how long all processors stay in use after something took long, and holdMost the same when that
	// happens again and again, for finding it out costs others a wait.
	holdFirst = time.Second
	holdMost  = 32 * time.Second
	// calm is how long few processors must have been enough for holdFirst to count again.
	calm = 5 * time.Second
)

// processors decides how many of them Go's scheduler may use. For any goroutine.
type processors struct {
	all, few int

	mu      sync.Mutex
	wide    bool
	hold    time.Duration
	changed time.Time // when wide last became what it is, or was confirmed
	inUse   int
}

func newProcessors(all int, now time.Time) *processors {
	return &processors{all: all, few: max(all/2, 1), wide: true, hold: holdFirst, changed: now, inUse: all}
}

// step tells how many processors are to be used from now on: late is how late this call comes, and
// occupied whether work is under way that needs a processor for itself. The caller holds mu.
func (p *processors) step(now time.Time, late time.Duration, occupied bool) int {
	switch {
	case !p.wide && (occupied || late > lateness):
		if now.Sub(p.changed) > calm {
			p.hold = holdFirst
		} else {
			p.hold = min(2*p.hold, holdMost)
		}
		p.wide, p.changed = true, now
	case p.wide && occupied:
		p.changed = now
	case p.wide && now.Sub(p.changed) > p.hold:
		p.wide, p.changed = false, now
	}
	if p.wide {
		return p.all
	}
	return p.few
}

// follow makes a step and has the scheduler follow.
func (p *processors) follow(late time.Duration, occupied bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if want := p.step(time.Now(), late, occupied); want != p.inUse {
		p.inUse = want
		runtime.GOMAXPROCS(want)
	}
}

// need has all processors used before its caller begins work that takes long: the next tick may come only when the
// scheduler takes the processor from that work.
func (p *processors) need() { p.follow(0, true) }

// tendProcessors follows the work until stop is called. Before it begins something long the engine calls what it
// passes to begins.
func tendProcessors(occupied func() bool, begins func(need func())) (stop func()) {
	all := runtime.GOMAXPROCS(0)
	if all == 1 || os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	p := newProcessors(all, time.Now())
	done := make(chan struct{})
	begins(p.need)
	go p.tend(occupied, done)
	return func() { close(done) }
}

// tend makes a step at every tick.
func (p *processors) tend(occupied func() bool, done <-chan struct{}) {
	used, tick := cpuTime(), tickBusy
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		due := time.Now().Add(tick)
		timer.Reset(tick)
		select {
		case <-done:
			return
		case <-timer.C:
		}
		late, spent := time.Since(due), cpuTime()-used
		used += spent
		// Who was late while the process did little has waited for the machine, not for a goroutine.
		p.follow(min(late, spent), occupied())
		if tick = tickBusy; spent < tick/idleShare {
			tick = tickIdle
		}
	}
}

// cpuTime is the time the process has spent on processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
