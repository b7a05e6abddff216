package waiting

import (
	"sync"
	"sync/atomic"
	"time"
)

// Pause is CLIENT PAUSE: until its end all commands wait, or those that write. For any goroutine.
type Pause struct {
	on      atomic.Bool // lets commands pass without the lock
	mu      sync.Mutex
	until   time.Time
	all     bool
	changed chan struct{} // closed when the pause ends early or changes
}

// Begin starts a pause. One that is on already can only become longer and wider.
func (p *Pause) Begin(until time.Time, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left() > 0 {
		all = all || p.all
		if until.Before(p.until) {
			until = p.until
		}
	}
	p.until, p.all = until, all
	p.signal()
	p.on.Store(true)
}

// End ends a pause.
func (p *Pause) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
	p.on.Store(false)
	p.signal()
}

// signal wakes who waits, to look again. The caller holds mu.
func (p *Pause) signal() {
	if p.changed != nil {
		close(p.changed)
	}
	p.changed = make(chan struct{})
}

func (p *Pause) left() time.Duration { return time.Until(p.until) }

// Holds tells how long commands that write, or others, have to wait from now on, 0 if they
// may run, and what is closed when it is time to ask again.
func (p *Pause) Holds(writing bool) (time.Duration, <-chan struct{}) {
	if !p.on.Load() {
		return 0, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.left()
	if left <= 0 {
		p.on.Store(false)
	}
	if left <= 0 || !writing && !p.all {
		return 0, nil
	}
	return left, p.changed
}

// On reports whether there may be one; every command asks.
func (p *Pause) On() bool { return p.on.Load() }

// Active reports whether a pause of either kind is on.
func (p *Pause) Active() bool {
	left, _ := p.Holds(true)
	return left > 0
}
