package serve

import (
	"context"
	"log/slog"
	"time"

	"larder/cull"
	"larder/resp"
	"larder/resp/param"
	"larder/store"
)

// upkeep is the background work as the server's commands see it.
type upkeep struct{ *cull.Loop }

// culler is what CACHE CULL and CACHE EXPIRE do. For any goroutine.
type culler struct {
	loop  *cull.Loop
	evict *cull.Evictor
}

func (c culler) Cull(ctx context.Context) (int64, error) { return c.evict.Cull(ctx) }

func (c culler) Expire(ctx context.Context) (int64, error) { return c.loop.Expire(ctx) }

func (u upkeep) Capped() int64 { return u.Stats().CapReached.Load() }

func (u upkeep) BusyMillis() int64 {
	return time.Duration(u.Stats().Busy.Load()).Milliseconds()
}

func (u upkeep) ResetStats() {
	u.Stats().CapReached.Store(0)
	u.Stats().Busy.Store(0)
}

func (u upkeep) Overdue(ctx context.Context) (lag time.Duration, stale float64, err error) {
	o, err := u.Loop.Overdue(ctx)
	return o.Lag, o.Stale, err
}

// newUpkeep prepares expiry, sweeping, checkpoints and, with appendfsync everysec, syncs. Start
// begins with them.
func newUpkeep(engine store.Engine, params *param.Set, log *slog.Logger, t resp.Through) upkeep {
	loop := cull.New(engine, cull.Options{Through: t.Engine, Served: t.Served, Report: func(chore string, err error) {
		log.Error("background work failed and goes on", "chore", chore, "error", err)
	}})
	everySecond := func() { loop.SetSyncing(params.String("appendfsync") == "everysec") }
	everySecond()
	params.OnChange("appendfsync", func(string) error { everySecond(); return nil })
	return upkeep{loop}
}
