package journal

import (
	"context"
	"time"

	"larder/store"
	"larder/store/memtable"
)

const (
	// roomPatience is how long a group waits for a generation to settle before it gives up.
	roomPatience = 30 * time.Second
	// settleRetry is the pause after a failed settle.
	settleRetry = time.Second
)

// waitForRoom waits, before anything is held, until there is room for a group, and returns what the group may not write.
func (e *Engine) waitForRoom() (strait, error) {
	var late <-chan time.Time
	for {
		freed, s := e.room.wait(e.shard)
		if s.grow != nil {
			e.Stalls.Add(1)
		}
		if freed == nil {
			return s, nil
		}
		if late == nil {
			late = time.After(roomPatience)
		}
		e.Stalls.Add(1)
		select {
		case <-freed:
		case <-late:
			return s, errNoRoom(nil)
		}
	}
}

// settleFull begins to settle what has grown while the room got full.
func (e *Engine) settleFull() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.rotate()
	e.room.answered(e.shard)
}

// rotate freezes the active generation and begins to settle it, unless one is settling or
// there is nothing to settle, or the last attempt has just failed. The caller holds writing.
func (e *Engine) rotate() {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	if e.settles != nil || e.resting || !e.now.Frozen() && e.now.Empty() {
		e.room.follow(e)
		return
	}
	if !e.now.Frozen() {
		if e.failed != nil {
			e.now = e.now.Compact()
		}
		e.now = e.now.Freeze()
		e.firstID = e.nextID
	}
	e.settles = make(chan struct{})
	e.room.follow(e)
	go e.settle(e.now, store.Mark{LSN: e.now.FrozenLast(), NextID: e.nextID})
}

// settle tries to hand the frozen generation down.
func (e *Engine) settle(g *memtable.Stack, mark store.Mark) {
	if fn := e.began.Load(); fn != nil {
		(*fn)()
	}
	start := time.Now()
	if err := e.handDown(g, mark); err != nil {
		e.postpone(mark, err)
		return
	}
	e.log.Step("settle after commit")
	e.Settles.Add(1)
	e.SettleTime.Add(int64(time.Since(start)))
	e.overlay.Lock()
	e.now, e.failed = e.now.Settled(), nil
	e.recount()
	e.room.follow(e)
	e.overlay.Unlock()
	e.log.Settled(e.shard, mark.LSN)
	e.trim()
	e.overlay.Lock()
	close(e.settles)
	e.settles = nil
	e.room.follow(e)
	e.overlay.Unlock()
}

// trim has a base fold its own log when that has passed its share. No other generation settles instead of this one until
// it has, or under full-speed writing the logs of all shards would stand at their longest together.
func (e *Engine) trim() {
	if t, ok := e.base.(store.Trimmer); ok && !e.spoken() {
		_ = t.Trim(context.Background()) // the regular checkpoint tells
	}
}

// handDown writes the frozen layers to the base. Log before data, always: the base never makes durable what the journal could
// still lose.
func (e *Engine) handDown(g *memtable.Stack, mark store.Mark) error {
	if err := e.reserved(); err != nil {
		return err
	}
	if err := e.log.Sync(mark.LSN); err != nil {
		return err
	}
	return e.base.Settle(context.Background(), func(tx store.BaseTx) error {
		if err := tx.SetMark(mark); err != nil {
			return err
		}
		e.log.Step("settle has begun")
		if err := g.Apply(tx); err != nil {
			return err
		}
		e.log.Step("settle before commit")
		return nil
	})
}

func (e *Engine) settling() bool {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	return e.settles != nil
}

// drain settles everything in the memtable and waits for it, but not for a base that does not take it. The caller holds
// writing.
func (e *Engine) drain() error {
	deadline := time.After(roomPatience)
	for {
		e.rotate()
		e.overlay.Lock()
		settles, failed, resting := e.settles, e.failed, e.resting
		e.overlay.Unlock()
		switch {
		case resting:
			return errNoRoom(failed)
		case settles == nil:
			return nil
		}
		select {
		case <-settles:
		case <-deadline:
			return errNoRoom(failed)
		}
	}
}

// shrunkShare is the part of the base's data from which on it settles early that so much less is left: only
// then can the file be swept and become shorter.
const shrunkShare = 64

func (e *Engine) shrunk() bool {
	below := e.baseFill().Data
	return below-e.fill.data.Load() > max(below/shrunkShare, 1<<20)
}

// tend settles a generation that has been lying idle, so that a quiet server keeps
// neither memory nor journal. It is called about once a second.
func (e *Engine) tend() {
	if !e.writing.TryLock() {
		return
	}
	defer e.writing.Unlock()
	last := e.present().Newest()
	idle := last == e.lastSeen
	e.lastSeen = last
	e.release(idle || e.shrunk())
}

// keepUp has the log go on without its oldest segment, if this shard is what holds it up. It is called when a segment is
// begun: at full speed a second is too long to wait for the next tend.
func (e *Engine) keepUp() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.release(false)
}

// release tells the log what it need not keep for this shard any more, and settles if it must, or if it is due.
// The caller holds writing.
func (e *Engine) release(due bool) {
	g := e.present()
	switch {
	case g.Empty() && !g.Frozen():
		e.log.Settled(e.shard, e.log.Last())
	case due || e.log.HeldUp(e.shard, e.logLimit.Load()):
		e.rotate()
	}
}
