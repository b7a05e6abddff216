package cull

import "context"

// Cull evicts until the data fits the limit, or nothing is left that the policy allows, and
// tells how many keys went meanwhile. For any goroutine.
func (v *Evictor) Cull(ctx context.Context) (int64, error) {
	before := v.stats.Evicted.Load()
	for v.Limited() && v.policy.Load().Evicts() && v.overdue() > 0 && ctx.Err() == nil {
		v.evict(ctx, backgroundKeys, v.overdue)
		if v.dry.Load() {
			break
		}
	}
	return v.stats.Evicted.Load() - before, ctx.Err()
}
