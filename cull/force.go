package cull

import (
	"context"

	"larder/store"
)

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

// Expire removes every key whose time has passed, whether active expiry is on or not, and
// tells how many. For any goroutine.
func (l *Loop) Expire(ctx context.Context) (total int64, err error) {
	e, ok := l.engine.(store.Expirer)
	if !ok {
		return 0, nil
	}
	for ctx.Err() == nil {
		now, err := l.engineNow(ctx)
		if err != nil {
			return total, err
		}
		keys, err := e.Expired(ctx, now, l.o.Keys)
		if err != nil || len(keys) == 0 {
			return total, err
		}
		n := l.expireKeys(ctx, keys)
		if total += n; n == 0 {
			return total, nil
		}
	}
	return total, ctx.Err()
}
