package resp

import (
	"context"

	"larder/resp/cmd"
	"larder/store"
)

// Served is the number of commands that clients have been served.
func (s *Server) Served() int64 { return s.stats.Commands.Load() }

// Expiry is the engine that active expiry must go through: it announces what it removes.
func (s *Server) Expiry() store.Engine { return &expiry{s.engine, s} }

// expiry is an engine for cull. For any goroutine.
type expiry struct {
	store.Engine
	server *Server
}

// Batch runs jobs and announces, after the commit, the keys and the fields they expired.
func (x *expiry) Batch(ctx context.Context, jobs []*store.Job) {
	expired, shrunk := make([][]store.Key, len(jobs)), make([][]shrunk, len(jobs))
	wrapped := make([]*store.Job, len(jobs))
	for i, j := range jobs {
		wrapped[i] = &store.Job{Scope: j.Scope, Write: j.Write, Fn: func(tx store.Tx) error {
			t := &expiryTx{Tx: tx, server: x.server, paused: x.server.pause.Active()}
			err := j.Fn(t)
			expired[i], shrunk[i] = t.expired, t.shrunk
			return err
		}, After: func() {
			x.server.expired(expired[i])
			x.server.shrunk(shrunk[i])
		}}
	}
	store.Batch(ctx, x.Engine, wrapped)
	for i, j := range jobs {
		if j.Err = wrapped[i].Err; j.Err == nil {
			x.server.waiters.Lost(expired[i])
		}
	}
}

// Update is a batch of one.
func (x *expiry) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	job := &store.Job{Scope: s, Write: true, Fn: fn}
	x.Batch(ctx, []*store.Job{job})
	return job.Err
}

// shrunk is a hash that has lost fields, or a set that has lost members, because their time had passed.
type shrunk struct {
	key  store.Key
	gone store.FieldsGone
}

// expiryTx remembers which keys it expired, and which lost fields. It belongs to one run of a job.
type expiryTx struct {
	store.Tx
	server  *Server
	expired []store.Key
	shrunk  []shrunk
	paused  bool // CLIENT PAUSE: nothing may change, so nothing expires
}

// Expire goes key by key: the engine only tells how many.
func (t *expiryTx) Expire(keys ...store.Key) (int, error) {
	total := 0
	if t.paused {
		return 0, nil
	}
	for _, k := range keys {
		n, err := store.Expire(t.Tx, k)
		if err != nil {
			return total, err
		}
		if n > 0 {
			t.expired = append(t.expired, k)
		}
		total += n
	}
	return total, nil
}

// ExpireFields tells those who watch the key, too.
func (t *expiryTx) ExpireFields(k store.Key, most int) (store.FieldsGone, error) {
	if t.paused {
		return store.FieldsGone{}, nil
	}
	gone, err := store.ExpireFields(t.Tx, k, most)
	if err == nil && gone.Fields > 0 {
		t.server.watches.Touch(k)
		t.shrunk = append(t.shrunk, shrunk{k, gone})
	}
	return gone, err
}

// shrunk announces hashes and sets that have lost something.
func (s *Server) shrunk(keys []shrunk) {
	heard := s.heard()
	for _, h := range keys {
		s.stats.ExpiredFields.Add(h.gone.Fields)
		s.caches.Invalidate(nil, []string{string(h.key.Name)})
		for _, event := range fieldEvents(h.gone) {
			if heard.Has(event[0]) {
				s.announce(cmd.Notice{Event: event[2:], DB: h.key.DB, Name: string(h.key.Name)})
			}
		}
	}
}

// fieldEvents are the events of fields or members that are gone because their time had passed.
func fieldEvents(gone store.FieldsGone) []string {
	event := "h:hexpired"
	if gone.Type == store.Set {
		event = "s:sexpired"
	}
	switch {
	case gone.Key:
		return []string{event, "g:del"}
	case gone.Fields > 0:
		return []string{event}
	}
	return nil
}

func (s *Server) expired(keys []store.Key) {
	heard := s.heard()
	s.stats.Expired.Add(int64(len(keys)))
	for _, k := range keys {
		s.cache.counts.Expired(k.DB)
		s.caches.Invalidate(nil, []string{string(k.Name)})
		if heard.Has('x') {
			s.announce(cmd.Notice{Event: "expired", DB: k.DB, Name: string(k.Name)})
		}
	}
}
