package journal

import (
	"context"
	"errors"
	"slices"
	"time"

	"larder/store"
)

// postpone gives what the base has not taken back to what has grown since: what is deleted or flushed by the next
// attempt need not be written any more, and that may be all that a full disk has room for. What was committed and could
// not be synced stays apart, for readers' snapshots have it.
func (e *Engine) postpone(mark store.Mark, err error) {
	there := e.base.Settled().LSN >= mark.LSN
	e.overlay.Lock()
	if !there {
		e.now = e.now.thaw()
	}
	e.failed, e.resting = err, true
	close(e.settles)
	e.settles = nil
	e.room.follow(e)
	e.overlay.Unlock()
	if errors.Is(err, store.ErrClosed) {
		return
	}
	if outOfSpace(err) {
		e.relieve(err)
	}
	time.AfterFunc(settleRetry, e.settleAgain)
}

// relieve does what may help a base without space. Its own log has room again once it has been copied. The reserve is
// left to a generation that may fit into it.
func (e *Engine) relieve(cause error) {
	if e.modest() {
		e.log.giveSpace(cause)
	}
	if c, ok := e.base.(store.Checkpointer); ok {
		_ = c.Checkpoint(context.Background()) // the next attempt tells
	}
}

// modest reports whether the shard has no more to settle than its part of the reserve.
func (e *Engine) modest() bool { return e.Bytes() <= spaceReserve/int64(len(e.room.shards)) }

// settleAgain ends the rest after a failed attempt. While the reserve is given away, only shards that it may suffice for
// try: the others would take it and fail all the same.
func (e *Engine) settleAgain() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.overlay.Lock()
	closed, failed := e.closed, e.failed
	e.overlay.Unlock()
	if closed {
		return
	}
	if outOfSpace(failed) && e.log.shortOf() != nil && !e.modest() {
		time.AfterFunc(settleRetry, e.settleAgain)
		return
	}
	e.overlay.Lock()
	e.resting = false
	e.overlay.Unlock()
	e.rotate()
}

// thaw makes the layers that did not settle grow again.
func (g *generations) thaw() *generations {
	return &generations{active: slices.Concat(g.frozen, g.active)}
}

// purge drops items that a layer holds of dead ids: their heads were removed after the layer had been frozen once.
func (g *generations) purge() {
	for i := len(g.active) - 1; i >= 0 && g.active[i].pins.Load() == 0; i-- {
		l := g.active[i]
		dead := make(map[store.ID]bool, len(l.lost))
		for id := range l.lost {
			dead[id] = true
		}
		l.clear(func(*headEntry) bool { return false }, dead)
	}
}
