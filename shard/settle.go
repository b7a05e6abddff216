package shard

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

// waitForRoom waits, before anything is held, until there is room for a group, and returns what the group may not
// write.
func (s *Shard) waitForRoom() (strait, error) {
	var late <-chan time.Time
	for {
		freed, st := s.room.wait(s.index)
		if st.grow != nil {
			s.Stalls.Add(1)
		}
		if freed == nil {
			return st, nil
		}
		if late == nil {
			late = time.After(roomPatience)
		}
		s.Stalls.Add(1)
		select {
		case <-freed:
		case <-late:
			return st, errNoRoom(nil)
		}
	}
}

// settleFull begins to settle what has grown while the room got full.
func (s *Shard) settleFull() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.rotate()
	s.room.answered(s.index)
}

// rotate freezes the active generation and begins to settle it, unless one is settling or
// there is nothing to settle, or the last attempt has just failed. The caller holds writing.
func (s *Shard) rotate() {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	if s.settles != nil || s.resting || !s.now.Frozen() && s.now.Empty() {
		s.room.follow(s)
		return
	}
	if !s.now.Frozen() {
		if s.failed != nil {
			s.now = s.now.Compact()
		}
		s.now = s.now.Freeze()
		s.firstID = s.nextID
	}
	s.settles = make(chan struct{})
	s.room.follow(s)
	go s.settle(s.now, store.Mark{LSN: s.now.FrozenLast(), NextID: s.nextID, Note: s.order.numbering().String()})
}

// settle tries to hand the frozen generation down.
func (s *Shard) settle(g *memtable.Stack, mark store.Mark) {
	if fn := s.began.Load(); fn != nil {
		(*fn)()
	}
	start := time.Now()
	if err := s.handDown(g, mark); err != nil {
		s.postpone(mark, err)
		return
	}
	s.log.Step("settle after commit")
	s.Settles.Add(1)
	s.SettleTime.Add(int64(time.Since(start)))
	s.overlay.Lock()
	s.now, s.failed = s.now.Settled(), nil
	s.recount()
	s.room.follow(s)
	s.overlay.Unlock()
	s.log.Settled(s.index, mark.LSN)
	s.trim()
	s.overlay.Lock()
	close(s.settles)
	s.settles = nil
	s.room.follow(s)
	s.overlay.Unlock()
}

// trim has a base fold its own log when that has passed its share. No other generation settles instead of this one
// until it has, or under full-speed writing the logs of all shards would stand at their longest together.
func (s *Shard) trim() {
	if t, ok := s.base.(store.Trimmer); ok && !s.spoken() {
		_ = t.Trim(context.Background()) // the regular checkpoint tells
	}
}

// handDown writes the frozen layers to the base. Log before data, always: the base never makes durable what the log
// could still lose.
func (s *Shard) handDown(g *memtable.Stack, mark store.Mark) error {
	if err := s.reserved(); err != nil {
		return err
	}
	if err := s.log.Sync(mark.LSN); err != nil {
		return err
	}
	return s.base.Settle(context.Background(), func(tx store.BaseTx) error {
		if err := tx.SetMark(mark); err != nil {
			return err
		}
		s.log.Step("settle has begun")
		if err := g.Apply(tx); err != nil {
			return err
		}
		s.log.Step("settle before commit")
		return nil
	})
}

func (s *Shard) settling() bool {
	s.overlay.Lock()
	defer s.overlay.Unlock()
	return s.settles != nil
}

// drain settles everything in the memtable and waits for it, but not for a base that does not take it. The caller holds
// writing.
func (s *Shard) drain() error {
	deadline := time.After(roomPatience)
	for {
		s.rotate()
		s.overlay.Lock()
		settles, failed, resting := s.settles, s.failed, s.resting
		s.overlay.Unlock()
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

func (s *Shard) shrunk() bool {
	below := s.baseFill().Data
	return below-s.fill.data.Load() > max(below/shrunkShare, 1<<20)
}

// tend settles a generation that has been lying idle, so that a quiet server keeps
// neither memory nor log. It is called about once a second.
func (s *Shard) tend() {
	if !s.writing.TryLock() {
		return
	}
	defer s.writing.Unlock()
	last := s.present().Newest()
	idle := last == s.lastSeen
	s.lastSeen = last
	s.release(idle || s.shrunk())
}

// keepUp has the log go on without its oldest segment, if this shard is what holds it up. It is called when a segment
// is begun: at full speed a second is too long to wait for the next tend.
func (s *Shard) keepUp() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.release(false)
}

// release tells the log what it need not keep for this shard any more, and settles if it must, or if it is due.
// The caller holds writing.
func (s *Shard) release(due bool) {
	g := s.present()
	switch {
	case g.Empty() && !g.Frozen():
		s.log.Settled(s.index, s.log.Last())
	case due || s.log.HeldUp(s.index, s.logLimit.Load()):
		s.rotate()
	}
}
