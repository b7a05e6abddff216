package main

import (
	"sync"
	"time"
)

// stalls notes how long this process did not run when it should have: on a busy machine a server that is
// as late as its judge has not broken a promise of time. For any goroutine.
type stalls struct {
	mu   sync.Mutex
	gaps []gap
}

type gap struct {
	at   time.Time
	late time.Duration
}

const stallTick = 20 * time.Millisecond

// watch goes on for ever.
func (s *stalls) watch() {
	for last := time.Now(); ; {
		time.Sleep(stallTick)
		now := time.Now()
		if late := now.Sub(last) - stallTick; late > stallTick {
			s.mu.Lock()
			s.gaps = append(s.gaps, gap{now, late})
			s.mu.Unlock()
		}
		last = now
	}
}

// longest adds up what happened in the four seconds before a time.
func (s *stalls) longest(before time.Time) (sum time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.gaps {
		if age := before.Sub(g.at); age > -g.late && age < 4*time.Second {
			sum += g.late
		}
	}
	return sum
}
