package cull

import (
	"context"
	"time"

	"larder/store"
)

// Keys that have expired are in nobody's way but that of the limit: they are removed before a live key is evicted and before
// a write is refused. The cycle of Loop would remove them too, up to a tick later or behind others.

const (
	// deadKeys is how many expired keys are removed at a time.
	deadKeys = 32
	// deadPause is how long none are looked for once there were none, where live keys may be evicted instead: a search
	// asks every shard, and at the limit every write evicts.
	deadPause = time.Millisecond
)

// graves is what an Evictor knows of expired keys. Its mu guards it.
type graves struct {
	from  store.Expirer // nil if the engine has none
	empty time.Time     // when nothing was found last
}

// bury removes expired keys while there is too much. The caller holds mu.
func (v *Evictor) bury(ctx context.Context, tooMuch func() bool) error {
	if v.graves.from == nil || v.gauge.Fill().Volatile <= 0 {
		return nil
	}
	r := &remover{engine: v.engine, from: v.graves.from, through: v.o.Through, keys: deadKeys,
		removed: func(n int64) { v.stats.Expired.Add(n) }}
	for tooMuch() {
		_, more, err := r.step(ctx)
		if err != nil {
			return err
		}
		if !more {
			v.graves.empty = time.Now()
			break
		}
	}
	return nil
}

// buryFirst is bury for those who evict what else is too much.
func (v *Evictor) buryFirst(ctx context.Context, tooMuch func() int64) error {
	if time.Since(v.graves.empty) < deadPause {
		return nil
	}
	return v.bury(ctx, func() bool { return tooMuch() > 0 })
}

// buryFor makes room for a write where nothing may be evicted, and reserves it.
func (v *Evictor) buryFor(ctx context.Context, need int64) (ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.bury(ctx, func() bool {
		ok = ok || v.reserve(need, 0)
		return !ok
	})
	v.complain(ctx, err)
	return ok || v.reserve(need, 0)
}

func (v *Evictor) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		v.o.Report("evict", err)
	}
}
