package resp

import (
	"time"

	"larder/resp/admission"
	"larder/store"
)

// engine is the engine for the session's commands.
func (s *session) engine() store.Engine {
	if millis := s.client.Deadline.Load(); millis > 0 {
		from := s.arrived
		if from.IsZero() {
			from = time.Now()
		}
		return &admission.Punctual{Engine: s.server.engine, Until: from.Add(time.Duration(millis) * time.Millisecond),
			Late: func() { s.server.observers.Counts.TimedOut(int(s.client.DB.Load())) }}
	}
	return s.server.engine
}

// arrive notes when a pipeline has come, for those who have a deadline.
func (s *session) arrive() {
	if s.arrived = (time.Time{}); s.client.Deadline.Load() > 0 {
		s.arrived = time.Now()
	}
}
