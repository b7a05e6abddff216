package resp

import (
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
)

// pause is CLIENT PAUSE: until its end all commands wait, or those that write. For any goroutine.
type pause struct {
	on      atomic.Bool // lets commands pass without the lock
	mu      sync.Mutex
	until   time.Time
	all     bool
	changed chan struct{} // closed when the pause ends early or changes
}

// begin starts a pause. One that is on already can only become longer and wider.
func (p *pause) begin(until time.Time, all bool) {
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

func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
	p.on.Store(false)
	p.signal()
}

// signal wakes who waits, to look again. The caller holds mu.
func (p *pause) signal() {
	if p.changed != nil {
		close(p.changed)
	}
	p.changed = make(chan struct{})
}

func (p *pause) left() time.Duration { return time.Until(p.until) }

// holds tells how long commands that write, or others, have to wait from now on, 0 if they
// may run, and what is closed when it is time to ask again.
func (p *pause) holds(writing bool) (time.Duration, <-chan struct{}) {
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

// active reports whether a pause of either kind is on.
func (p *pause) active() bool {
	left, _ := p.holds(true)
	return left > 0
}

// mayGo holds a command back while the server is paused for it, behind the replies to
// those before it. It reports false if the client has gone meanwhile. The command is the next
// of the batch.
func (s *session) mayGo(e *execution) bool {
	if !s.server.pause.on.Load() || e.refused || s.client.Monitor.Load() {
		return true
	}
	for {
		left, changed := s.server.pause.holds(s.writes(e))
		if left <= 0 {
			return true
		}
		at := s.n
		s.flush()
		s.batch[0], s.batch[at] = e, s.batch[0]
		if !s.park(changed, left) {
			return false
		}
	}
}

// writes reports whether a command, or what an EXEC has queued, counts as a write for a pause.
func (s *session) writes(e *execution) bool {
	if s.multi != nil && e.Spec.Name == "EXEC" {
		return s.multi.pausable || e.mayWrite()
	}
	return e.mayWrite()
}

func (e *execution) mayWrite() bool {
	if e.Spec.MayWrite != nil {
		return e.Spec.MayWrite(e.Args)
	}
	return e.Spec.Flags&(cmd.Write|cmd.MayReplicate) != 0
}

// Pause holds clients up for some time: all of them, or those that write.
func (h host) Pause(d time.Duration, all bool) { h.pause.begin(time.Now().Add(d), all) }

// Unpause ends it.
func (h host) Unpause() { h.pause.end() }
