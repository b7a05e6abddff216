package cull

import (
	"context"
	"time"

	"larder/store"
)

// Expired keys matter only to the limit: they are removed before a live key is evicted and before a write is refused.
// The cycle of Loop would remove them too, up to a tick later or behind others.

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

// remover removes expired keys a few at a time; nil if there can be none.
func (v *Evictor) remover() *remover {
	if v.graves.from == nil || v.gauge.Fill().Volatile <= 0 {
		return nil
	}
	return &remover{engine: v.engine, from: v.graves.from, through: v.o.Through, keys: deadKeys,
		removed: func(n int64) { v.stats.Expired.Add(n) }}
}

// bury removes about most expired keys while there is too much, and reports whether there may be more of them: then no
// live key need go. The caller holds mu.
func (v *Evictor) bury(ctx context.Context, most int, tooMuch func() int64) (more bool, err error) {
	if time.Since(v.graves.empty) < deadPause {
		return false, nil
	}
	r := v.remover()
	if r == nil {
		return false, nil
	}
	more = true
	for left := int64(most); more && err == nil && left > 0 && tooMuch() > 0; {
		var n int64
		n, more, err = r.step(ctx)
		left -= n
	}
	if !more && err == nil {
		v.graves.empty = time.Now()
	}
	return more, err
}

// buryFor makes room for a write where nothing else may go, and reserves it. It takes as many expired keys as that
// needs: the write would be refused.
func (v *Evictor) buryFor(ctx context.Context, need int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.reserve(need, 0) { // who held mu has made room
		return true
	}
	r := v.remover()
	for more := r != nil; more; {
		var err error
		_, more, err = r.step(ctx)
		v.complain(ctx, err)
		if v.reserve(need, 0) {
			return true
		}
	}
	return false
}

// complain reports an error, but not one that the caller's end brought about.
func (v *Evictor) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		v.o.Report("evict", err)
	}
}
