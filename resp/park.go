package resp

import (
	"context"
	"time"
)

// park waits, as a blocked client, until ready is closed or the time is over (never, if limit
// is 0), and reports whether the client is still there. What it was answered so far is sent, messages reach it
// meanwhile, and nothing may be under way for it but the command that waits.
func (s *session) park(ready <-chan struct{}, limit time.Duration) (here bool) {
	s.letGo()
	defer s.hold()
	s.server.blocked.Add(1)
	defer s.server.blocked.Add(-1)
	s.client.Blocked.Store(true)
	defer s.client.Blocked.Store(false)
	peer, stop := s.guard.Watch(context.Background())
	defer stop()
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-ready:
		return true
	case <-over:
		return true
	case <-peer.Done():
	case <-s.server.done:
	}
	s.client.Killed.Store(true)
	return false
}
