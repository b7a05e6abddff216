package resp

import "larder/resp/cmd"

// remember notes the keys a command is about to read, for a client that caches them. Such a
// client's commands run one by one: an invalidation that comes between the read and its reply
// must reach it behind that reply, not behind an earlier one of the same pipeline.
func (s *session) remember(e *execution) {
	if s.client.Tracking.Load() == nil {
		return
	}
	s.server.observers.Caches.Begin(s.client)
	if s.multi != nil && e.entry.Spec.Has(cmd.RunsQueue) {
		s.multi.each(s, s.rememberKeys)
	}
	s.rememberKeys(e)
}

// rememberKeys leaves out what a script reads: its commands are remembered one by one.
func (s *session) rememberKeys(e *execution) {
	if !e.Spec.Has(cmd.View) || e.scripted() || len(e.keys) == 0 {
		return
	}
	names := make([][]byte, len(e.keys))
	for i, k := range e.keys {
		names[i] = k.Name
	}
	s.server.observers.Caches.Remember(s.client, names)
}

// remembered ends what CLIENT CACHING said about a command, or a transaction, and lets those keys go that have changed
// since they were read.
func (s *session) remembered(e *execution) {
	if s.client.Tracking.Load() != nil {
		s.server.observers.Caches.End(s.client, s.moment)
	}
	if s.client.Tracking.Load() != nil && s.multi == nil && !e.entry.Spec.Has(cmd.KeepsCaching) {
		s.server.observers.Caches.Ran(s.client)
	}
}
