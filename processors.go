package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// Go's scheduler wakes another thread whenever a goroutine becomes ready and a processor is idle. For requests
// that take ten microseconds that is dear: the thread looks for work, finds little, and takes the
// core from the client that is to read the replies. So while there is only such work half of the processors do,
// on two cores one, as with Redis; and all of them once something takes long, which is seen by a
// clock that goes late, or a generation settles. Measured on two cores: ARCHITECTURE.md.
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

// processors decides how many of them Go's scheduler may use. It belongs to its goroutine.
type processors struct {
	all, few int
	wide     bool
	hold     time.Duration
	changed  time.Time // when wide last became what it is, or was confirmed
}

// step tells how many processors are to be used from now on: late is how late this call comes, and
// occupied whether work is under way that needs a processor for itself.
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

// tendProcessors follows the work until stop is called.
func tendProcessors(occupied func() bool) (stop func()) {
	all := runtime.GOMAXPROCS(0)
	if all == 1 || os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	p := &processors{all: all, few: max(all/2, 1), wide: true, hold: holdFirst, changed: time.Now()}
	done := make(chan struct{})
	go p.tend(occupied, done)
	return func() { close(done) }
}

func (p *processors) tend(occupied func() bool, done <-chan struct{}) {
	inUse, used, tick := p.all, cpuTime(), tickBusy
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
		if want := p.step(time.Now(), min(late, spent), occupied()); want != inUse {
			inUse = want
			runtime.GOMAXPROCS(inUse)
		}
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
