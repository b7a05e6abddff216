package resp

import (
	"time"

	"larder/resp/cmd"
)

// mayGo holds a command back while the server is paused for it, behind the replies to
// those before it. It reports false if the client has gone meanwhile. The command is the next
// of the batch.
func (s *session) mayGo(e *execution) bool {
	if !s.server.pause.On() || e.refused || s.client.Monitor.Load() {
		return true
	}
	for held := false; ; held = true {
		left, changed := s.server.pause.Holds(s.writes(e))
		if left <= 0 {
			if held {
				s.judgeAgain(e)
			}
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
	if s.multi != nil && e.Spec.Has(cmd.RunsQueue) {
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
func (h host) Pause(d time.Duration, all bool) { h.pause.Begin(time.Now().Add(d), all) }

// Unpause ends it.
func (h host) Unpause() { h.pause.End() }
