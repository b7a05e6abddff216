package resp

import (
	"context"
	"sync"

	"larder/resp/cmd"
	"larder/resp/cmd/caches"
	"larder/resp/lease"
	"larder/resp/lua"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/resp/table"
	"larder/store"
)

// cache is what the CACHE commands keep. For any goroutine.
type cache struct {
	saving sync.Mutex
	vault  lua.Vault // keeps the counts; nil for no longer than the server
	culler caches.Culler
}

// statsEvery is how often the counts are saved, in seconds: what a crash may lose of them.
const statsEvery = 5

// loadCounts reads what was counted before. Counts that cannot be read begin anew: they are no
// reason not to serve.
func (s *Server) loadCounts() *stat.Cache {
	var text []byte
	if s.cache.vault != nil {
		var err error
		if text, err = s.cache.vault.Load(); err != nil {
			s.log.Warn("the cache statistics cannot be read and begin anew", "error", err)
		}
	}
	return stat.NewCache(text)
}

// saveCounts writes down what has changed.
func (s *Server) saveCounts() {
	if s.cache.vault == nil {
		return
	}
	s.cache.saving.Lock()
	defer s.cache.saving.Unlock()
	if text := s.observers.Counts.Text(); text != nil {
		if err := s.cache.vault.Save(text); err != nil {
			s.log.Warn("the cache statistics cannot be saved", "error", err)
		}
	}
}

func (h host) Leases() *lease.Table { return h.observers.Leases }

func (h host) CacheStats() *stat.Cache { return h.observers.Counts }

func (h host) Sizes() []store.Size { return h.info.Sizes() }

func (h host) DiskBytes(total store.Size) int64 { return h.info.DiskBytes(total) }

var errNotHere = store.Invalid("this server does not keep up its data by itself")

// Cull evicts until the data fits.
func (h host) Cull(ctx context.Context) (int64, error) {
	if h.cache.culler == nil {
		return 0, errNotHere
	}
	return h.cache.culler.Cull(ctx)
}

// Expire removes what has expired.
func (h host) Expire(ctx context.Context) (int64, error) {
	if h.cache.culler == nil {
		return 0, errNotHere
	}
	return h.cache.culler.Expire(ctx)
}

// Step runs fn as a command of its own, in a transaction over a scope: watchers, caching
// clients and listeners learn of what it did as they do of any command.
func (h host) Step(c *cmd.Call, scope store.Scope, fn func(*cmd.Call) error) error {
	var failed error
	spec := *c.Spec
	spec.Flags = cmd.Write
	spec.Run = func(step *cmd.Call) reply.Reply {
		if failed = fn(step); failed != nil {
			return reply.Err(failed)
		}
		return reply.OK()
	}
	e := newExecution(h.Server)
	e.Call = cmd.Call{Spec: &spec, Args: c.Args, DB: c.DB, Proto: c.Proto, Client: c.Client, Owner: c.Owner,
		Heard: h.observers.Heard()}
	e.entry, e.session = &table.Entry{Spec: &spec}, c.Owner.(*session)
	e.job.Write, e.job.Scope = true, scope
	h.execute(context.Background(), e)
	if err := e.job.Err; err != nil && err != errUndo {
		return err
	}
	return failed
}
