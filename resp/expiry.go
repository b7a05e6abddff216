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

// Batch runs jobs and announces, after the commit, the keys they expired.
func (x *expiry) Batch(ctx context.Context, jobs []*store.Job) {
	expired := make([][]store.Key, len(jobs))
	wrapped := make([]*store.Job, len(jobs))
	for i, j := range jobs {
		wrapped[i] = &store.Job{Scope: j.Scope, Write: j.Write, Fn: func(tx store.Tx) error {
			t := &expiryTx{Tx: tx, paused: x.server.pause.on.Load() && x.server.pause.active()}
			err := j.Fn(t)
			expired[i] = t.expired
			return err
		}, After: func() { x.server.expired(expired[i]) }}
	}
	store.Batch(ctx, x.Engine, wrapped)
	for i, j := range jobs {
		if j.Err = wrapped[i].Err; j.Err == nil {
			x.server.lost(expired[i])
		}
	}
}

// Update is a batch of one.
func (x *expiry) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	job := &store.Job{Scope: s, Write: true, Fn: fn}
	x.Batch(ctx, []*store.Job{job})
	return job.Err
}

// expiryTx remembers which keys it expired. It belongs to one run of a job.
type expiryTx struct {
	store.Tx
	expired []store.Key
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
