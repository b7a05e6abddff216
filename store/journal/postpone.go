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
		e.now = e.now.Thaw()
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

// relieve does what may help a base without space. One that has next to nothing to write gets the reserve, and nobody
// else may take it then. Any other has its own log copied, so that it can begin again.
func (e *Engine) relieve(cause error) {
	if e.modest() {
		e.log.GiveSpace(cause)
		return
	}
	_ = e.Checkpoint(context.Background()) // the next attempt tells
}

// modestBytes is how much a generation may have to write for the reserve to suffice, with the pages that it deletes from.
const modestBytes = 64 << 10

// modest reports whether what the shard has to settle puts next to nothing.
func (e *Engine) modest() bool {
	e.overlay.Lock()
	g := e.now
	g.Pin()
	e.overlay.Unlock()
	defer g.Unpin()
	return g.Puts(modestBytes) <= modestBytes
}

// spoken reports whether the reserve has been left to shards that have not settled yet: no other may take it.
func (e *Engine) spoken() bool {
	if e.log.Short() == nil {
		return false
	}
	e.room.mu.Lock()
	var failing []*Engine
	for i := range e.room.shards {
		if e.room.shards[i].failed != nil {
			failing = append(failing, e.room.shards[i].engine)
		}
	}
	e.room.mu.Unlock()
	return slices.ContainsFunc(failing, (*Engine).modest)
}

// reserved is why a generation that is about to settle had better wait: the reserve has been left to smaller ones.
func (e *Engine) reserved() error {
	if short := e.log.Short(); short != nil && !e.modest() {
		return short
	}
	return nil
}

// settleAgain ends the rest after a failed attempt.
func (e *Engine) settleAgain() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.overlay.Lock()
	e.resting = false
	closed := e.closed
	e.overlay.Unlock()
	if !closed {
		e.rotate()
	}
}
