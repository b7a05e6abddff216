package serve

import (
	"log/slog"
	"time"

	"larder/cull"
	"larder/resp"
	"larder/resp/param"
	"larder/store"
)

// budget keeps the data within `maxmemory`, as the server's commands see it.
type budget struct{ *cull.Evictor }

// Evictions are the numbers for INFO.
func (b budget) Evictions() (keys int64, total, current time.Duration) {
	total, current = b.Stats().Exceeded()
	return b.Stats().Evicted.Load(), total, current
}

// CullTime is what evicting has taken since the start.
func (b budget) CullTime() time.Duration { return time.Duration(b.Stats().Busy.Load()) }

// newBudget makes the parameters of eviction take effect, now and when they change.
func newBudget(engine store.Engine, params *param.Set, log *slog.Logger, t resp.Through) budget {
	v := cull.NewEvictor(engine, cull.EvictOptions{
		Through: t.Engine, Uses: t.Recency,
		Report: func(chore string, err error) {
			log.Error("background work failed and goes on", "chore", chore, "error", err)
		},
		Loud: func(policy string, used, limit int64) {
			log.Warn("The data has reached maxmemory: from now on keys are evicted", "policy", policy, "used", used,
				"maxmemory", limit)
		},
	})
	b := budget{v}
	apply := map[string]func(){
		"maxmemory-policy":  func() { v.SetPolicy(params.String("maxmemory-policy")) },
		"maxmemory-samples": func() { v.SetSamples(params.Int("maxmemory-samples")) },
		"cull-limit":        func() { v.SetBurst(params.Int("cull-limit")) },
		"maxmemory":         func() { b.limit(params, log) },
	}
	for name, fn := range apply {
		fn()
		params.AfterChange(name, func(string) error { fn(); return nil }) // an eviction under way may keep it waiting
	}
	return b
}

func (b budget) limit(params *param.Set, log *slog.Logger) {
	limit := params.Bytes("maxmemory")
	if used := b.Used(); limit > 0 && used > limit {
		log.Warn("maxmemory is smaller than the data: keys are evicted, or writes refused, depending on maxmemory-policy",
			"maxmemory", limit, "used", used)
	}
	b.SetLimit(limit)
}
