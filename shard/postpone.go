package shard

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
func (s *Shard) postpone(mark store.Mark, err error) {
	there := s.base.Settled().LSN >= mark.LSN
	s.overlay.Lock()
	if !there {
		s.now = s.now.Thaw()
	}
	s.failed, s.resting = err, true
	close(s.settles)
	s.settles = nil
	s.room.follow(s)
	s.overlay.Unlock()
	if errors.Is(err, store.ErrClosed) {
		return
	}
	if outOfSpace(err) {
		s.relieve(err)
	}
	time.AfterFunc(settleRetry, s.settleAgain)
}

// relieve does what may help a base without space. One that has next to nothing to write gets the reserve, and nobody
// else may take it then. Any other has its own log copied, so that it can begin again.
func (s *Shard) relieve(cause error) {
	if s.modest() {
		s.log.GiveSpace(cause)
		return
	}
	_ = s.Checkpoint(context.Background()) // the next attempt tells
}

// modestBytes is how much a generation may have to write for the reserve to suffice, with the pages that it deletes
// from.
const modestBytes = 64 << 10

// modest reports whether what the shard has to settle puts next to nothing.
func (s *Shard) modest() bool {
	s.overlay.Lock()
	g := s.now
	g.Pin()
	s.overlay.Unlock()
	defer g.Unpin()
	return g.Puts(modestBytes) <= modestBytes
}

// spoken reports whether the reserve has been left to shards that have not settled yet: no other may take it.
func (s *Shard) spoken() bool {
	if s.log.Short() == nil {
		return false
	}
	s.room.mu.Lock()
	var failing []*Shard
	for i := range s.room.shards {
		if s.room.shards[i].failed != nil {
			failing = append(failing, s.room.shards[i].shard)
		}
	}
	s.room.mu.Unlock()
	return slices.ContainsFunc(failing, (*Shard).modest)
}

// reserved is why a generation that is about to settle had better wait: the reserve has been left to smaller ones.
func (s *Shard) reserved() error {
	if short := s.log.Short(); short != nil && !s.modest() {
		return short
	}
	return nil
}

// settleAgain ends the rest after a failed attempt.
func (s *Shard) settleAgain() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.overlay.Lock()
	s.resting = false
	closed := s.closed
	s.overlay.Unlock()
	if !closed {
		s.rotate()
	}
}
